package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"os"
	"runtime"
	"strings"
)

// loop does the job as a plain Go program would: the standard library's
// readers, one goroutine, maps.
type loop struct {
	addrs map[netip.Addr]bool
	names map[string]bool
}

func newLoop(addrs, names []string) *loop {
	l := &loop{map[netip.Addr]bool{}, map[string]bool{}}
	for _, a := range addrs {
		if a, err := netip.ParseAddr(a); err == nil {
			l.addrs[a] = true
		}
	}
	for _, n := range names {
		l.names[n] = true
	}
	return l
}

func (l *loop) addr(cell string) bool {
	if cell == "" {
		return false
	}
	a, err := netip.ParseAddr(cell)
	if err != nil {
		p, err := netip.ParseAddrPort(cell)
		if err != nil {
			return false
		}
		a = p.Addr()
	}
	return l.addrs[a.Unmap()]
}

func (l *loop) name(cell string) bool {
	if cell == "" {
		return false
	}
	n := strings.ToLower(strings.TrimSuffix(cell, "."))
	for {
		if l.names[n] {
			return true
		}
		i := strings.IndexByte(n, '.')
		if i < 0 {
			return false
		}
		n = n[i+1:]
	}
}

func (l *loop) host(cell string) bool {
	if i := strings.Index(cell, "://"); i >= 0 {
		cell = cell[i+3:]
	}
	if i := strings.IndexAny(cell, "/?#"); i >= 0 {
		cell = cell[:i]
	}
	if i := strings.LastIndexByte(cell, '@'); i >= 0 {
		cell = cell[i+1:]
	}
	if l.addr(strings.Trim(cell, "[]")) || l.addr(cell) {
		return true
	}
	if i := strings.IndexByte(cell, ':'); i >= 0 {
		cell = cell[:i]
	}
	return l.name(cell)
}

func (l *loop) fields(cell string) bool {
	if cell == "" || cell == "{}" {
		return false
	}
	var f struct {
		Query, Host, URI, Answers string
		ServerName                string `json:"server_name"`
	}
	if json.Unmarshal([]byte(cell), &f) != nil {
		return false
	}
	if l.name(f.Query) || l.host(f.Host) || l.host(f.URI) || l.host(f.ServerName) {
		return true
	}
	var answers []string
	if f.Answers != "" && json.Unmarshal([]byte(f.Answers), &answers) == nil {
		for _, a := range answers {
			if l.addr(a) || l.name(a) {
				return true
			}
		}
	}
	return false
}

// row is whether a row hits; get returns a cell by the column's name.
func (l *loop) row(j *job, get func(string) string) bool {
	for _, c := range j.Address {
		if l.addr(get(c)) {
			return true
		}
	}
	for _, c := range j.List {
		for a := range strings.SplitSeq(get(c), ",") {
			if l.addr(strings.TrimSpace(a)) {
				return true
			}
		}
	}
	for _, c := range j.Name {
		if l.name(get(c)) {
			return true
		}
	}
	for _, c := range j.Host {
		if l.addr(get(c)) || l.name(get(c)) {
			return true
		}
	}
	for _, c := range j.URL {
		if l.host(get(c)) {
			return true
		}
	}
	for _, c := range j.JSON {
		if l.fields(get(c)) {
			return true
		}
	}
	return false
}

func (l *loop) count(j *job) (rows int64, err error) {
	list, err := l.records(j)
	return int64(len(list)), err
}

func (l *loop) records(j *job) (list []int64, err error) {
	f, err := os.Open(j.path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, 1<<20)
	switch j.format {
	case "csv":
		return l.csv(j, in)
	case "jsonl":
		return l.jsonl(j, in)
	}
	return nil, fmt.Errorf("%s: the standard library has no reader for %s", j.path, j.format)
}

func (l *loop) csv(j *job, in io.Reader) (list []int64, err error) {
	r := csv.NewReader(in)
	r.ReuseRecord = true
	head, err := r.Read()
	if err != nil {
		return nil, err
	}
	at := map[string]int{}
	for i, h := range head {
		at[h] = i
	}
	for n := int64(1); ; n++ {
		record, err := r.Read()
		if err == io.EOF {
			return list, nil
		}
		if err != nil {
			return list, err
		}
		if l.row(j, func(c string) string { return record[at[c]] }) {
			list = append(list, n)
		}
	}
}

func (l *loop) jsonl(j *job, in io.Reader) (list []int64, err error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 1<<20), 16<<20)
	for n := int64(1); lines.Scan(); n++ {
		text := lines.Bytes()
		var m map[string]json.RawMessage
		if err := json.Unmarshal(text, &m); err != nil {
			return list, err
		}
		if p, ok := m["properties"]; ok {
			m = nil
			if err := json.Unmarshal(p, &m); err != nil {
				return list, err
			}
		}
		get := func(c string) string {
			v := m[c]
			if len(v) == 0 || bytes.Equal(v, []byte("null")) {
				return ""
			}
			var s string
			if v[0] != '"' || json.Unmarshal(v, &s) != nil {
				return string(v)
			}
			return s
		}
		if l.row(j, get) {
			list = append(list, n)
		}
	}
	return list, lines.Err()
}

func (l *loop) close() {}

func (l *loop) version() (string, error) { return runtime.Version(), nil }
