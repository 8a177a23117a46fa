package scanner

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/iocsweep/iocsweep/bench/gen"
	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/scanner/rule"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// A page is a URL as one compares it who has net/url: host with port, and path.
type page struct{ host, path string }

// pageOf takes a cell apart. It says false where there is no path.
func pageOf(cell string) (p page, ok bool) {
	cell = strings.Trim(cell, ` "`)
	if !strings.Contains(cell, "://") {
		cell = "http://" + strings.TrimPrefix(cell, "//")
	}
	u, err := url.Parse(cell)
	if err != nil || u.Path == "" || u.Path == "/" {
		return p, false
	}
	p.host, p.path = strings.TrimSuffix(strings.ToLower(u.Hostname()), "."), u.EscapedPath()
	if port := u.Port(); port != "" && port != "80" && port != "443" {
		p.host += ":" + port
	}
	return p, strings.Trim(p.host, "abcdefghijklmnopqrstuvwxyz0123456789.-:") == ""
}

// Columns that hold URLs and hashes.
var (
	urlColumns  = []string{"RequestURL", "RemoteUrl"}
	hashColumns = []string{"FileHash", "InitiatingProcessMD5", "InitiatingProcessSHA1", "InitiatingProcessSHA256"}
)

// Every format finds the URLs and hashes that a plain loop finds.
func TestPlainLoopOfTypes(t *testing.T) {
	for _, gt := range []*gen.Table{gen.CommonSecurityLog, gen.DeviceNetworkEvents} {
		t.Run(gt.Name, func(t *testing.T) {
			rows := generated(gt, 300, 0.3, 0.2)
			cell := func(r *gen.Row, column string) string {
				if !slices.ContainsFunc(gt.Columns, func(c gen.Column) bool { return c.Name == column }) {
					return ""
				}
				return string(r.Cell(gt.Column(column)))
			}
			// Every few rows give an indicator: a page, the folder above it, a
			// hash.
			pages, hashes := map[string]page{}, map[string]bool{}
			var values []string
			for n, r := range rows {
				for _, c := range urlColumns {
					p, ok := pageOf(cell(r, c))
					if !ok || n%3 != 0 {
						continue
					}
					if folder := p.path[:strings.LastIndexByte(p.path, '/')]; n%2 == 0 && folder != "" {
						p.path = folder
					}
					text := "http://" + p.host + p.path
					if _, again := pages[text]; !again {
						pages[text] = p
						values = append(values, text)
					}
				}
				for _, c := range hashColumns {
					if v := cell(r, c); v != "" && n%7 == 0 && !hashes[v] {
						hashes[v] = true
						values = append(values, strings.ToUpper(v))
					}
				}
			}
			want := map[string]bool{}
			for _, r := range rows {
				for _, c := range urlColumns {
					p, ok := pageOf(cell(r, c))
					best := ""
					for text, o := range pages {
						under := p.path == o.path || strings.HasPrefix(p.path, o.path+"/")
						if ok && p.host == o.host && under && len(text) > len(best) {
							best = text
						}
					}
					if best != "" {
						want[fmt.Sprint(r.N, " ", c, " url ", best)] = true
					}
				}
				for _, c := range hashColumns {
					if v := cell(r, c); hashes[v] {
						want[fmt.Sprint(r.N, " ", c, " hash ", v)] = true
					}
				}
			}
			if len(want) < len(rows)/20 {
				t.Fatalf("only %d values to find", len(want))
			}
			set := indicators(t, values...)
			inputs := everyFormat(t, rows)
			for _, name := range slices.Sorted(maps.Keys(inputs)) {
				got := map[string]bool{}
				lines, _ := sweep(t, &Scan{Indicators: set, Threads: 2, Formats: formats.Options{BlockSize: 5000}}, inputs[name]())
				for _, line := range lines {
					record, h := decoded(t, unsourced(t, line))
					for _, m := range h.Matches {
						got[fmt.Sprint(record, " ", m.Column, " ", m.Class, " ", h.Indicator.Value)] = true
					}
				}
				for w := range want {
					if !got[w] {
						t.Errorf("%s: missed %s", name, w)
					}
				}
				for g := range got {
					if !want[g] {
						t.Errorf("%s: invented %s", name, g)
					}
				}
			}
		})
	}
}

// A URL leads what matches its cell; the port of a URL in the row says nothing,
// the one in the cell does.
func TestURLLeads(t *testing.T) {
	s := &Scan{Indicators: indicators(t, "http://1.2.3.4:81/a", "http://1.2.3.4:81/a/b", "1.2.3.4:81", "1.2.3.4", "http://evil.example/x", "evil.example", "https://evil.example/x")}
	got, _ := sweep(t, s, jsonl("x.jsonl",
		`{`+csl+`,"SourceIP":"10.0.0.1","DestinationIP":"10.0.0.2","RequestURL":"http://1.2.3.4:81/a/b/c"}`,
		`{`+csl+`,"SourceIP":"10.0.0.1","DestinationIP":"10.0.0.2","DestinationPort":80,"RequestURL":"1.2.3.4/a"}`,
		`{`+csl+`,"SourceIP":"10.0.0.1","DestinationIP":"10.0.0.2","RequestURL":"http://www.evil.example/x"}`,
		`{`+csl+`,"SourceIP":"10.0.0.1","DestinationIP":"10.0.0.2","RequestURL":"HTTP://evil.example/x?y"}`))
	var lines []string
	for _, line := range got {
		lines = append(lines, short(t, line))
	}
	slices.Sort(lines)
	want := []string{
		"evil.example RequestURL=http://www.evil.example/x(dst,subdomain)",
		"http://1.2.3.4:81/a RequestURL=1.2.3.4/a(dst,url) also 1.2.3.4(ip) also 1.2.3.4:81(ip-only)",
		"http://1.2.3.4:81/a/b RequestURL=http://1.2.3.4:81/a/b/c(dst,url) also http://1.2.3.4:81/a(url) also 1.2.3.4:81(ip:port) also 1.2.3.4(ip)",
		"http://evil.example/x RequestURL=HTTP://evil.example/x?y(dst,url) also https://evil.example/x(url) also evil.example(domain)",
	}
	if !slices.Equal(lines, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(lines, "\n"), strings.Join(want, "\n"))
	}
}

// Hash columns hold several, and are read only where a hash is looked for.
func TestHashColumns(t *testing.T) {
	const md5, sha1 = "44d88612fea8a8f36de82e1278abb02f", "3395856ce81f2b7382dee72602f798b642f14140"
	row := `{` + csl + `,"SourceIP":"1.2.3.4","DestinationIP":"10.0.0.2","FileHash":"SHA1=` + strings.ToUpper(sha1) + `,MD5=` + md5 + `"}`
	got, _ := sweep(t, &Scan{Indicators: indicators(t, md5, sha1)}, jsonl("x.jsonl", row))
	if len(got) != 2 || short(t, got[0]) != sha1+" FileHash="+strings.ToUpper(sha1)+"(file,hash)" || short(t, got[1]) != md5+" FileHash="+md5+"(file,hash)" {
		t.Errorf("got %q", got)
	}
	if !strings.Contains(got[0], `"FileHash":"SHA1=`) {
		t.Errorf("no cell in %s", got[0])
	}
	if got, _ := sweep(t, &Scan{Indicators: indicators(t, md5), Columns: ColumnsHunt}, jsonl("x.jsonl", row)); len(got) != 0 {
		t.Errorf("hunt columns: %q", got)
	}
	for _, c := range []struct {
		set  *ioc.Set
		read bool
	}{{indicators(t, md5), true}, {indicators(t, "1.2.3.4", "evil.example", "http://evil.example/x"), false}} {
		s := &Scan{Indicators: c.set}
		for _, tb := range table.Builtin() {
			for _, column := range s.ColumnsOf(tb) {
				if hash := tb.Holds(column) == "hash"; hash && !c.read {
					t.Errorf("%s.%s is read", tb.Name, column)
				}
			}
			if tb.Name == "DeviceNetworkEvents" && c.read && !slices.Contains(s.ColumnsOf(tb), "InitiatingProcessSHA256") {
				t.Error("InitiatingProcessSHA256 is not read")
			}
		}
	}
}

// TestRulesKnowTheWords: what hits say in few words is what rules may ask for.
func TestRulesKnowTheWords(t *testing.T) {
	words := map[string][]string{"match.class": classNames[:], "who.outcome": {"allowed", "blocked", "failed", "resolved", "not-resolved", "unknown"}}
	for k := ioc.IP; k <= ioc.Hash; k++ {
		words["indicator.type"] = append(words["indicator.type"], k.String())
	}
	for d := table.Unknown; d <= table.Internal; d++ {
		words["who.direction"] = append(words["who.direction"], d.String())
	}
	for field, list := range words {
		for _, word := range append(slices.Clone(list), "other") {
			r, err := rule.Inline(1, fmt.Sprintf("%s = '%s'", field, word))
			if err != nil {
				t.Fatal(err)
			}
			never := slices.ContainsFunc((&rule.Reader{Tables: table.Builtin()}).Lint([]*rule.Rule{r})[0], func(w rule.Warning) bool { return w.Lint == "never-true" })
			if never != (word == "other") {
				t.Errorf("%s: never true is %t", r.When, never)
			}
		}
	}
}
