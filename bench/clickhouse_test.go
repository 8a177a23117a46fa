package main

import (
	"strings"
	"testing"

	"github.com/iocsweep/iocsweep/bench/gen"
)

// The queries are held against the truth where clickhouse is installed; here
// only their shape is.
func TestClickhouseQuery(t *testing.T) {
	for _, test := range []struct {
		file     string
		numbered bool
		want     []string
	}{
		{"logs/DnsEvents.csv", false, []string{
			"SELECT count() FROM (SELECT ClientIP, MaliciousIP, IPAddresses, Name, ", "'CSVWithNames', 'ClientIP String, MaliciousIP String, ",
			"WHERE ClientIP IN addrs\n OR ", "p1[6] IN addrs", "arraySlice(p2, -3), '.') IN names", "max_threads=3",
		}},
		{"logs/DnsEvents.parquet", true, []string{"SELECT record FROM (", "ifNull(t.Name, '') AS Name", "'Parquet', 'ClientIP Nullable(String), ", "rowNumberInAllBlocks() + 1 AS record", "max_threads=1"}},
		{"logs/DeviceNetworkEvents.jsonl", false, []string{"ifNull(properties.RemoteIP, '') AS RemoteIP", "'properties Tuple(RemoteIP Nullable(String), "}},
		{"logs/DeviceNetworkEvents.flat.jsonl", false, []string{"ifNull(t.RemoteIP, '') AS RemoteIP", "'JSONEachRow', 'RemoteIP Nullable(String), "}},
	} {
		j := &job{data: &gen.Dataset{Dir: "/it's/data"}, file: test.file, table: strings.TrimPrefix(strings.SplitN(test.file, ".", 2)[0], "logs/"),
			format: test.file[strings.LastIndexByte(test.file, '.')+1:]}
		got := clickhouseQuery(j, "/it's/feed.txt", 3, test.numbered)
		for _, want := range append(test.want, `file('/it\'s/feed.txt', 'LineAsString'`, "CREATE TABLE names (v String) ENGINE = Set;") {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %q in\n%s", test.file, want, got)
			}
		}
		if strings.Count(got, "(") != strings.Count(got, ")") {
			t.Errorf("%s: brackets in\n%s", test.file, got)
		}
	}
}
