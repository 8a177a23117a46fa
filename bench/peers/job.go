package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// A job is one file to be searched for the data set's indicators.
type job struct {
	path   string // of the file
	file   string // as the truth names it
	table  string
	format string // csv, jsonl or parquet
	columns
	size  int64
	truth map[int64]bool // records with a hit in a structured column
}

// columns are those that peers look at, by what they hold.
type columns struct{ address, list, name, host, url, json []string }

// levels are the columns of each table: those of the KQL hunts, and those that
// iocsweep matches by default as far as any product of the data fills them.
var levels = map[string]map[string]columns{
	"hunt": {
		"CommonSecurityLog":   {address: []string{"SourceIP", "DestinationIP"}},
		"DeviceNetworkEvents": {address: []string{"RemoteIP"}},
		"DnsEvents":           {name: []string{"Name"}},
	},
	"wide": {
		"CommonSecurityLog": {
			address: []string{"SourceIP", "DestinationIP", "SourceTranslatedAddress", "DestinationTranslatedAddress", "RemoteIP", "MaliciousIP",
				"DeviceCustomIPv6Address1", "DeviceCustomIPv6Address2", "DeviceCustomIPv6Address3", "DeviceCustomIPv6Address4"},
			name: []string{"SourceDnsDomain", "DestinationDnsDomain"},
			host: []string{"SourceHostName", "DestinationHostName", "DestinationNTDomain"},
			url:  []string{"RequestURL"},
		},
		"DeviceNetworkEvents": {
			address: []string{"RemoteIP", "LocalIP", "InitiatingProcessRemoteSessionIP"},
			url:     []string{"RemoteUrl"},
			json:    []string{"AdditionalFields"},
		},
		"DnsEvents": {
			address: []string{"ClientIP", "MaliciousIP"},
			list:    []string{"IPAddresses"},
			name:    []string{"Name"},
		},
	},
}

// all are all the columns.
func (c columns) all() []string {
	return slices.Concat(c.address, c.list, c.name, c.host, c.url, c.json)
}

// findJobs lists the files of a data set that peers can read, to be searched
// in the columns of a level.
func findJobs(dir, level string) ([]*job, error) {
	if levels[level] == nil {
		return nil, fmt.Errorf("%q is no level of columns: have hunt, wide", level)
	}
	entries, err := os.ReadDir(filepath.Join(dir, "logs"))
	if err != nil {
		return nil, err
	}
	var jobs []*job
	for _, e := range entries {
		table, kind, _ := strings.Cut(e.Name(), ".")
		format := kind[strings.LastIndexByte(kind, '.')+1:]
		cols, known := levels[level][table]
		if format != "csv" && format != "jsonl" && format != "parquet" || !known {
			continue
		}
		info, err := e.Info()
		if err != nil {
			return nil, err
		}
		jobs = append(jobs, &job{
			path: filepath.Join(dir, "logs", e.Name()), file: "logs/" + e.Name(), table: table, format: format,
			columns: cols, size: info.Size(), truth: map[int64]bool{},
		})
	}
	return jobs, readTruth(filepath.Join(dir, "truth.tsv"), jobs)
}

func readTruth(path string, jobs []*job) error {
	byFile := map[string]*job{}
	for _, j := range jobs {
		byFile[j.file] = j
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		cells := strings.Split(lines.Text(), "\t")
		if n == 1 || len(cells) != 7 {
			continue
		}
		column, _, _ := strings.Cut(cells[2], ".")
		if j := byFile[cells[0]]; j != nil && cells[6] == "yes" && slices.Contains(j.all(), column) {
			record, err := strconv.ParseInt(cells[1], 10, 64)
			if err != nil {
				return fmt.Errorf("%s:%d: %w", path, n, err)
			}
			j.truth[record] = true
		}
	}
	return lines.Err()
}

// readFeed returns the indicators of a plain list: addresses without ports,
// and names.
func readFeed(path string) (addrs, names []string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		v := lines.Text()
		switch {
		case strings.HasPrefix(v, "["): // [v6]:port
			addrs = append(addrs, v[1:strings.IndexByte(v, ']')])
		case strings.Count(v, ":") > 1:
			addrs = append(addrs, v)
		case strings.IndexFunc(v, func(r rune) bool { return r != '.' && r != ':' && (r < '0' || r > '9') }) < 0:
			a, _, _ := strings.Cut(v, ":")
			addrs = append(addrs, a)
		default:
			names = append(names, v)
		}
	}
	return addrs, names, lines.Err()
}
