package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"io"
	"net/netip"
	"os"
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
	for _, c := range j.address {
		if l.addr(get(c)) {
			return true
		}
	}
	for _, c := range j.list {
		for a := range strings.SplitSeq(get(c), ",") {
			if l.addr(strings.TrimSpace(a)) {
				return true
			}
		}
	}
	for _, c := range j.name {
		if l.name(get(c)) {
			return true
		}
	}
	for _, c := range j.host {
		if l.addr(get(c)) || l.name(get(c)) {
			return true
		}
	}
	for _, c := range j.url {
		if l.host(get(c)) {
			return true
		}
	}
	for _, c := range j.json {
		if l.fields(get(c)) {
			return true
		}
	}
	return false
}

func (l *loop) count(j *job) (rows int64, err error) {
	f, err := os.Open(j.path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, 1<<20)
	if j.format == "jsonl" {
		return l.jsonl(j, in)
	}
	r := csv.NewReader(in)
	r.ReuseRecord = true
	head, err := r.Read()
	if err != nil {
		return 0, err
	}
	at := map[string]int{}
	for i, h := range head {
		at[h] = i
	}
	for {
		record, err := r.Read()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		if l.row(j, func(c string) string { return record[at[c]] }) {
			rows++
		}
	}
}

func (l *loop) jsonl(j *job, in *bufio.Reader) (rows int64, err error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 1<<20), 16<<20)
	for lines.Scan() {
		text := lines.Bytes()
		var m map[string]json.RawMessage
		if err := json.Unmarshal(text, &m); err != nil {
			return rows, err
		}
		if p, ok := m["properties"]; ok {
			m = nil
			if err := json.Unmarshal(p, &m); err != nil {
				return rows, err
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
			rows++
		}
	}
	return rows, lines.Err()
}
