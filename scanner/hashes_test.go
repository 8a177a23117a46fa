package scanner

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/ioc"
)

// hashRows are rows of text cells with hashes in many spellings, some of which
// are indicators, as JSON objects; columns are those of the first four.
func hashRows(columns []string, n int) (rows []string, cells [][]string, iocs []string) {
	r := rand.New(rand.NewPCG(7, 8))
	digits := func() string {
		return fmt.Sprintf("%016x%016x%016x%016x", r.Uint64(), r.Uint64(), r.Uint64(), r.Uint64())[:[]int{32, 40, 64}[r.IntN(3)]]
	}
	var known []string
	for range 12 {
		known = append(known, digits())
	}
	for k := range n {
		var row []string
		for range 3 {
			h := known[r.IntN(len(known))]
			if r.IntN(2) == 0 {
				h = digits()
			}
			switch r.IntN(12) {
			case 0:
				h = strings.ToUpper(h)
			case 1:
				h = " " + h
			case 2:
				h = "sha256=" + h + ";"
			case 3:
				h += "0"
			case 4:
				h = ""
			}
			row = append(row, h)
		}
		var b strings.Builder
		fmt.Fprintf(&b, `{"%s":"2026-05-20T10:00:%02d.%03dZ"`, columns[0], k%60, k/60)
		for i, c := range row {
			fmt.Fprintf(&b, `,"%s":"%s"`, columns[i+1], c)
		}
		for _, c := range columns[4:] {
			fmt.Fprintf(&b, `,"%s":"x"`, c)
		}
		rows, cells = append(rows, b.String()+"}"), append(cells, row)
	}
	return rows, cells, known
}

// The hunt of DeviceFileEvents is an exact comparison of three columns: with KQL
// that is what every format gives, and else what hits say of the hunt.
func TestKQLHashes(t *testing.T) {
	columns := []string{"Timestamp", "SHA256", "SHA1", "MD5", "FileName", "FolderPath", "ActionType", "DeviceName"}
	rows, cells, known := hashRows(columns, 300)
	want, loose := map[string]bool{}, 0
	for n, row := range cells {
		for _, c := range row {
			if slices.Contains(known, c) {
				want[fmt.Sprint(n+1, " ", c)] = true
			} else if slices.ContainsFunc(known, func(h string) bool { return strings.Contains(strings.ToLower(c), h) && len(c)%2 == 0 }) {
				loose++
			}
		}
	}
	if len(want) < 50 || loose < 10 {
		t.Fatalf("%d and %d proves little", len(want), loose)
	}
	set := indicators(t, append(known, "198.51.100.7", "evil.example")...)
	all := rowsAs(t, columns, rows)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		for _, kql := range []bool{true, false} {
			s := &Scan{Indicators: set, KQL: kql, Table: "DeviceFileEvents", Threads: 2, Formats: formats.Options{BlockSize: 4000}}
			if kql {
				s.Columns = ColumnsHunt
			}
			got := map[string]bool{}
			lines, _ := sweep(t, s, formats.Bytes("x", all[name]))
			for _, l := range lines {
				record, h := decoded(t, unsourced(t, l))
				if h.Hunt {
					got[fmt.Sprint(record, " ", h.Indicator.Value)] = true
				}
				if kql && (!h.Hunt || len(h.Matches) == 0 || h.Matches[0].Class != ClassHash || h.Matches[0].Value != h.Indicator.Value) {
					t.Errorf("%s: %s", name, l)
				}
			}
			if !kql && len(lines) <= len(got) {
				t.Errorf("%s: no hit but those of the hunt", name)
			}
			if !maps.Equal(got, want) {
				t.Errorf("%s, kql %v: %d hits of the hunt, want %d", name, kql, len(got), len(want))
			}
		}
	}
}

// A portal's result of the hunt of hashes compares like others.
func TestParityHashes(t *testing.T) {
	const md5 = "44d88612fea8a8f36de82e1278abb02f"
	header := []string{"Timestamp", "DeviceName", "FileName", "FolderPath", "SHA256", "ActionType"}
	row := []string{"2026-05-20T10:00:00Z", "pc", "a.exe", "C:", strings.Repeat("ab", 32), "FileCreated"}
	for _, c := range []struct {
		name, md5, process string
		kql                bool
		portal             [][]string
		want               string
	}{
		{"same", md5, "", false, [][]string{row}, "1 both"},
		{"same with KQL", md5, "", true, [][]string{row}, "1 both"},
		{"capitals", strings.ToUpper(md5), "", false, nil, "0 both, 1 only scan [1 spelling]"},
		{"capitals with KQL", strings.ToUpper(md5), "", true, nil, "0 both"},
		{"process", "", md5, false, nil, "0 both, 1 only scan [1 other column]"},
		{"none", "", "", true, [][]string{row}, "0 both, 1 only portal [1 no indicator]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &Scan{Indicators: indicators(t, md5), KQL: c.kql}
			if c.kql {
				s.Columns = ColumnsHunt
			}
			export := [][]string{append(header[:6:6], "SHA1", "MD5", "InitiatingProcessMD5"), append(row[:6:6], "", c.md5, c.process)}
			p := compared(t, s, csvOf(t, "portal.csv", append([][]string{header}, c.portal...)...), csvOf(t, "export.csv", export...))
			if got := said(p); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// Few spellings are looked for by what files prove of themselves. A column that
// holds hashes in one table and addresses in another proves nothing.
func TestSpellings(t *testing.T) {
	r := &run{Scan: &Scan{KQL: true, Indicators: indicators(t, "198.51.100.7:4444", "198.51.100.7", "evil.example", "44D88612FEA8A8F36DE82E1278ABB02F")}}
	in, hash := keyGroup{how: howIn, kind: ioc.KindIP}, keyGroup{how: howIn, kind: ioc.KindHash}
	s := r.spellings()
	for _, c := range []struct {
		groups []keyGroup
		want   string
	}{
		{[]keyGroup{in}, "[198.51.100.7]"},
		{[]keyGroup{hash}, "[44d88612fea8a8f36de82e1278abb02f]"},
		{[]keyGroup{hash, in}, "[]"},
		{[]keyGroup{in, {how: howHas}}, "[]"},
	} {
		if got := s.of(c.groups); fmt.Sprint(got) != c.want || c.want == "[]" && got != nil {
			t.Errorf("%v: %v, want %s", c.groups, got, c.want)
		}
	}
}

// An unknown table gives the hashes that a plain search of its cells gives, in
// every format, and by the same name.
func TestGenericHashes(t *testing.T) {
	columns := []string{"EventTime", "digest", "note", "c", "host", "more"}
	rows, cells, known := hashRows(columns, 200)
	for n := range rows {
		switch n % 4 {
		case 1: // as JSON in the cell
			rows[n] = strings.Replace(rows[n], `"more":"x"`, `"more":"{\"f\":{\"h\":[\"`+known[n%len(known)]+`\"]}}"`, 1)
			cells[n] = append(cells[n], known[n%len(known)])
		case 2: // part of a longer one
			rows[n] = strings.Replace(rows[n], `"more":"x"`, `"more":"`+known[n%len(known)]+`00"`, 1)
		}
	}
	words := func(c string) []string {
		return strings.FieldsFunc(strings.ToLower(c), func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < '0' || r > '9')
		})
	}
	want := map[string]bool{}
	for n, row := range cells {
		for i, c := range row {
			for _, w := range words(c) {
				if slices.Contains(known, w) {
					want[fmt.Sprint(n+1, " ", append(columns[1:4:4], "more.f.h")[i], " ", w)] = true
				}
			}
		}
	}
	if len(want) < 200 {
		t.Fatalf("%d proves little", len(want))
	}
	set := indicators(t, append(known, "198.51.100.7")...)
	all := rowsAs(t, columns, rows)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		got := map[string]bool{}
		lines, _ := sweep(t, &Scan{Indicators: set, Table: "generic", Threads: 3, Formats: formats.Options{BlockSize: 3000}}, formats.Bytes("x", all[name]))
		for _, l := range lines {
			record, h := decoded(t, unsourced(t, l))
			for _, m := range h.Matches {
				if got[fmt.Sprint(record, " ", m.Column, " ", h.Indicator.Value)] = true; m.Class != ClassHash || h.Who.Host != "x" {
					t.Errorf("%s: %s", name, l)
				}
			}
		}
		if !maps.Equal(got, want) {
			for w := range want {
				if !got[w] {
					t.Errorf("%s: missed %s", name, w)
					break
				}
			}
			t.Errorf("%s: %d found, want %d", name, len(got), len(want))
		}
	}
}
