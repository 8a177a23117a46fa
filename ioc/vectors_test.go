package ioc

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

// vectors reads a vector file: a header row, tabs, \uXXXX and \t escapes.
func vectors(t testing.TB, name string, rows int) [][]string {
	t.Helper()
	b, err := os.ReadFile("../testdata/vectors/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var out [][]string
	for _, line := range strings.Split(strings.TrimSuffix(string(b), "\n"), "\n")[1:] {
		cells := strings.Split(line, "\t")
		for i, c := range cells {
			cells[i] = unescape(c)
		}
		out = append(out, cells)
	}
	if len(out) < rows {
		t.Fatalf("%s: %d rows, want %d at least", name, len(out), rows)
	}
	return out
}

// unescape decodes \uXXXX and \t; any other backslash is one.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+5 < len(s) && s[i+1] == 'u' {
			if r, err := strconv.ParseUint(s[i+2:i+6], 16, 32); err == nil {
				b.WriteRune(rune(r))
				i += 5
				continue
			}
		}
		if s[i] == '\\' && i+1 < len(s) && s[i+1] == 't' && i+2 == len(s) {
			b.WriteByte('\t')
			i++
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func TestIPCellVectors(t *testing.T) {
	for _, v := range vectors(t, "ip_cells.tsv", 39) {
		t.Run(v[2], func(t *testing.T) {
			got := "REJECT"
			if a, port, ok := ParseAddr([]byte(v[0])); ok {
				got = a.String()
				if port >= 0 {
					got += fmt.Sprintf(" port=%d", port)
				}
			}
			if got != v[1] {
				t.Errorf("%q: got %s, want %s", v[0], got, v[1])
			}
		})
	}
}

func TestURLHostVectors(t *testing.T) {
	for _, v := range vectors(t, "url_hosts.tsv", 13) {
		t.Run(v[0], func(t *testing.T) {
			h, ok := AppendHost(nil, []byte(v[0]))
			if !ok {
				t.Fatal("no host")
			}
			got, kind := string(h.Name), "domain"
			if h.Addr.IsValid() {
				got, kind = h.Addr.String(), "ip"
			}
			if got != v[1] || kind != v[2] {
				t.Errorf("got %s %s, want %s %s", kind, got, v[2], v[1])
			}
			if v[3] == "port 8080" && h.Port != 8080 {
				t.Errorf("port %d", h.Port)
			}
		})
	}
}

// A scheme's name before digits is a host with a port, unless no port is that long.
func TestHostOrScheme(t *testing.T) {
	for cell, want := range map[string]string{
		"http:80": "http 80", "http:80/x": "http 80", "http:65535/x": "http 65535", "ftp:21": "ftp 21",
		"http:123456/x": "0.1.226.64 -1", "http:2957085447/x": "176.65.139.7 -1", "http:2957085447": "176.65.139.7 -1",
		"http:176.65.139.7/x": "176.65.139.7 -1", "HTTPS:/evil.example/": "evil.example -1", "wss:evil.example:80": "evil.example 80",
		"http://2001:db8::7/": "2001:db8::7 -1", "evil.example:": "evil.example -1", "evil.example:99999": "",
		"mailto:evil.example": "", "gopher://evil.example:70/": "evil.example 70", "http://:80/": "",
	} {
		h, ok := AppendHost(nil, []byte(cell))
		got := fmt.Sprint(string(h.Name), " ", h.Port)
		if h.Addr.IsValid() {
			got = fmt.Sprint(h.Addr, " ", h.Port)
		}
		if !ok {
			got = ""
		}
		if got != want {
			t.Errorf("%s: got %q, want %q", cell, got, want)
		}
	}
}

func TestDomainVectors(t *testing.T) {
	for _, v := range vectors(t, "domains.tsv", 28) {
		t.Run(v[0], func(t *testing.T) {
			got := "REJECT"
			if name, ok := AppendDomain(nil, []byte(v[0])); ok {
				got = string(name)
			}
			if got != v[1] {
				t.Errorf("got %s, want %s", got, v[1])
			}
		})
	}
}

func TestDefangVectors(t *testing.T) {
	for _, v := range vectors(t, "defang.tsv", 70) {
		t.Run(v[0], func(t *testing.T) {
			got := Refang(v[0])
			if got != v[1] {
				t.Errorf("got %s, want %s", got, v[1])
			}
			if again := Refang(got); again != got {
				t.Errorf("refanged twice: %s", again)
			}
		})
	}
}

func TestHasAndSuffixVectors(t *testing.T) {
	yes := map[bool]string{true: "yes", false: "no"}
	for _, v := range vectors(t, "has_vs_suffix.tsv", 52) {
		t.Run(v[0]+" has "+v[1], func(t *testing.T) {
			cell := []byte(v[0])
			if got := yes[Has(cell, v[1])]; got != v[2] {
				t.Errorf("has: got %s, want %s", got, v[2])
			}
			if len(v[1]) > 0 && v[1][0] >= '0' && v[1][0] <= '9' {
				return // an address is no domain indicator
			}
			ind, err := ParseBroad(v[1])
			if err != nil {
				t.Fatal(err)
			}
			s := NewSet([]Indicator{ind})
			if got := yes[len(s.Match(KindDomain, cell, nil)) > 0]; got != v[3] {
				t.Errorf("suffix: got %s, want %s", got, v[3])
			}
			if got := yes[len(s.Match(KindURL, cell, nil)) > 0]; got != v[4] {
				t.Errorf("suffix of the host: got %s, want %s", got, v[4])
			}
			if ind.Value == v[1] {
				if got := yes[len(s.HasAny(cell, nil)) > 0]; got != v[2] {
					t.Errorf("has_any: got %s, want %s", got, v[2])
				}
			}
		})
	}
}

// One root dot belongs to a name, in whatever form; two are an empty label.
func TestRootDots(t *testing.T) {
	for cell, want := range map[string]string{
		"bücher.example.": "xn--bcher-kva.example", "bücher.example。": "xn--bcher-kva.example", "example\uff0ecom\uff0e": "example.com",
		"bücher.example..": "", "bücher.example。.": "", "bücher.example.。": "", "bücher.example。。": "", "example.com..": "",
	} {
		if got, _ := AppendDomain(nil, []byte(cell)); string(got) != want {
			t.Errorf("%s: %q, want %q", cell, got, want)
		}
	}
}
