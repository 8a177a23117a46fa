package feed

import (
	"bytes"
	"encoding/csv"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/iocsweep/iocsweep/ioc"
)

// FuzzFeed reads any bytes as every kind. What is taken must be in normal form,
// stand on a line that is there, and be the same however the bytes arrive.
func FuzzFeed(f *testing.F) {
	for _, name := range []string{"threatfox.csv", "threatfox.json", "threatfox-api.json", "threatfox.jsonl", "list.txt", "typed.csv", "expiring.csv",
		"defender.csv", "spread.csv", "bare.csv", "page.txt", "misp.json", "stix20.json", "stix21.jsonl", "upload.json", "openioc.ioc", "zeek.intel",
		"adblock.txt", "dnsmasq.conf", "unbound.conf", "rpz.zone", "feodo.json", "urlhaus.json", "microsoft.json", "sslbl.csv", "report.md",
		"report.html"} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, false, uint16(len(data)/3))
	}
	f.Add([]byte("{\"type\":\"ip\",\"value\":\"203.0.113.7\",\"feeds\":[\"a:1\"]}\n"), true, uint16(1))
	f.Add([]byte("ioc,port\n203.0.113.7,\"8\n\"\n2001:db8::1,443\n\"x\n"), true, uint16(8))
	f.Add([]byte("[{\"ioc\":\"a.example.net\",\"ioc_type\":\"domain\"}]"), false, uint16(2))
	f.Add([]byte("From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\n--x\nContent-Transfer-Encoding: quoted-printable\n\na[.]exam=\nple[.]net\n--x\n"+
		"Content-Type: text/html\nContent-Transfer-Encoding: base64\n\nYVsuXWV4YW1wbGVbLl1uZXQK\n--x--\n"), false, uint16(3))
	f.Add([]byte(`{"results":[{"tags":["m"],"indicators":[{"indicator":"203.0.113.7","is_active":1}]},{"ips":["203.0.113.8","a"]},["x"]]}`), false, uint16(4))
	f.Add([]byte("sep=;\ntype;value;to_ids\ndomain|ip;a.example.net|203.0.113.7;1\nip-dst;203.0.113.8;0\n"), false, uint16(5))
	f.Add([]byte("\rt"), true, uint16(85))
	f.Fuzz(func(t *testing.T, data []byte, broad bool, piece uint16) {
		// A carriage return alone may end a line, too, see oldLines.
		breaks := bytes.Count(data, []byte("\n")) + bytes.Count(data, []byte("\r")) - bytes.Count(data, []byte("\r\n"))
		names := Names() // one at a time: there are many
		for _, format := range []string{names[int(piece)%len(names)], ""} {
			o := Options{Format: format, ForceBroad: broad}
			list, reports, _ := readBy(t, []Source{of(string(data))}, o, []int{int(piece) + 1}, []int{1 + int(piece)%3})
			r := &reports[0]
			if r.Taken != len(list) {
				t.Fatalf("%s: taken %d of %d", format, r.Taken, len(list))
			}
			sum, types := 0, 0
			for _, n := range r.Reasons {
				sum += n
			}
			for _, n := range r.ByType {
				types += n
			}
			if sum != r.Skipped+r.Rejected || types != r.Taken || len(r.Rejects) != r.Rejected || len(r.Reasons) > maxReasons+1 {
				t.Fatalf("%s: counts do not add up: %+v", format, r)
			}
			for _, w := range slices.Concat(r.Rejects, r.Warnings) {
				if w.Line < 1 || len(w.Text) > maxShown || !utf8.ValidString(w.Text) || len(w.Reason) > 300 {
					t.Fatalf("%s: unbounded %+v", format, w)
				}
			}
			for i := range list {
				checkIndicator(t, &list[i], broad)
				// Unpacked text may have more lines than its packed bytes.
				if place := list[i].Feeds[0]; bytes.IndexByte(data, 0) < 0 && !packed(data) {
					var line int
					for _, c := range strings.TrimPrefix(place, "feed:") {
						line = line*10 + int(c-'0')
					}
					if line < 1 || line > breaks+1 {
						t.Fatalf("%s: %s of %d lines", format, place, breaks+1)
					}
				}
			}
			slow := Source{Path: "feed", Open: func() (io.ReadCloser, error) {
				return io.NopCloser(iotest.HalfReader(bytes.NewReader(data))), nil
			}}
			same(t, "in halves", list, reports, nil, []Source{slow}, o)
		}
	})
}

func packed(data []byte) bool {
	return bytes.HasPrefix(data, []byte{0x1f, 0x8b}) || bytes.HasPrefix(data, []byte("BZh")) || bytes.HasPrefix(data, []byte{0x28, 0xb5})
}

func checkIndicator(t *testing.T, i *ioc.Indicator, broad bool) {
	t.Helper()
	parse := ioc.Parse
	if broad {
		parse = ioc.ParseBroad
	}
	if i.Type == ioc.URL {
		parse = ioc.ParseURL // a/0 is one where it is known to be one
	}
	again, err := parse(i.Value)
	if err != nil || again.Type != i.Type || again.Value != i.Value || again.Prefix != i.Prefix || again.Port != i.Port {
		t.Fatalf("%s %q reads again as %s %q, error %v", i.Type, i.Value, again.Type, again.Value, err)
	}
	if i.Confidence < -1 || i.Confidence > 100 || i.Compromised < -1 || i.Compromised > 1 || len(i.Tags) > maxTags || len(i.Feeds) > maxPlaces {
		t.Fatalf("out of bounds: %+v", i)
	}
	for _, s := range append([]string{i.Malware, i.ThreatType}, i.Tags...) {
		if len(s) > maxMeta || !utf8.ValidString(s) || s != Clean(s) {
			t.Fatalf("text %q is not clean", s)
		}
	}
}

// FuzzPattern reads any text as a STIX pattern. What it gives is what stands
// between quotes somewhere in it.
func FuzzPattern(f *testing.F) {
	for _, s := range []string{
		"[ipv4-addr:value = '203.0.113.7']", "[a:b='c'AND(d:e!='f\\'g'OR NOT h:i IN('j','k'))]REPEATS 2 TIMES",
		"([a:b.'c d'[*].e LIKE '%.x'] FOLLOWEDBY [EXISTS a:b]) WITHIN 5 SECONDS START t'x' STOP t'y'",
		"[network-traffic:dst_ref.value = '203.0.113.7' AND network-traffic:dst_port = 23]", strings.Repeat("(", 500), strings.Repeat("[a:b=1 AND (", 300),
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parsePattern(text)
		if err != nil {
			return
		}
		e := newEntry(1)
		p.emit(&e, text, func(e *Entry) {
			if e.Fate == Usable && len(e.Value) > len(text) {
				t.Errorf("%q of %q", e.Value, text)
			}
		})
	})
}

// FuzzRecords compares well-formed tables with encoding/csv. Known differences:
// ours trims blanks round cells, drops comments and blank records, and joins
// lines within bounds only.
func FuzzRecords(f *testing.F) {
	f.Add("a,b\n1,\"x,y\"\n\"q\"\"q\",\"two\nlines\"\n")
	f.Add("a;b\n,\n\"\",x\n")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.ContainsAny(text, "\r\v\f#\u0085\u00a0") || len(text) > 10000 || strings.Count(text, "\n") > 50 {
			return
		}
		std := csv.NewReader(strings.NewReader(text))
		std.FieldsPerRecord = -1
		std.TrimLeadingSpace = true
		want, err := std.ReadAll()
		if err != nil {
			return
		}
		var got [][]string
		c := newRecordReader(strings.NewReader(text), ',')
		for {
			cells, _, err := c.next()
			if err == errOpenQuote {
				return // a quoted cell of more lines than are joined
			}
			if err != nil {
				break
			}
			var record []string
			for _, cell := range cells {
				record = append(record, string(cell))
			}
			got = append(got, record)
		}
		want = slices.DeleteFunc(want, func(r []string) bool { return len(r) == 1 && strings.TrimSpace(r[0]) == "" })
		got = slices.DeleteFunc(got, func(r []string) bool { return len(r) == 1 && r[0] == "" })
		for _, r := range want {
			for i := range r {
				r[i] = strings.TrimSpace(r[i])
			}
		}
		if !slices.EqualFunc(got, want, slices.Equal) {
			t.Fatalf("%q\ngot  %q\nwant %q", text, got, want)
		}
	})
}
