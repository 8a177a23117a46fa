package formats

import (
	"bytes"
	"encoding/csv"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// slowRecord is firstRecord by encoding/csv alone.
func slowRecord(text []byte, sep byte) ([]string, int, error) {
	r := csv.NewReader(bytes.NewReader(text))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord = rune(sep), true, -1
	cells, err := r.Read()
	return cells, int(r.InputOffset()), err
}

// slowValue is isValue that parses every cell as everything.
func slowValue(cell string) bool {
	cell = strings.TrimSpace(cell)
	switch strings.ToLower(cell) {
	case "":
		return false
	case "null", "true", "false":
		return true
	}
	if _, err := strconv.ParseFloat(cell, 64); err == nil {
		return strings.ContainsAny(cell, "0123456789")
	}
	if _, err := netip.ParseAddr(cell); err == nil {
		return true
	}
	if _, err := netip.ParseAddrPort(cell); err == nil {
		return true
	}
	if strings.Contains(cell, "://") || strings.HasPrefix(cell, "{") || strings.HasPrefix(cell, "[") {
		return true
	}
	if c := cell[0]; c >= '0' && c <= '9' && strings.ContainsAny(cell, "-/:") {
		return true
	}
	return len(cell) == 36 && strings.Count(cell, "-") == 4 && cell[8] == '-' && cell[23] == '-'
}

func FuzzCSVHead(f *testing.F) {
	for _, s := range []string{"A,B,C\n1,2,3\n", "A;B\r\n", "A\tB", "A|B\r", "\r\r\n", "\n", "", "a", ",\n", "\"a\",b\n", "a \"b\",c\n", "x,\"y\nz\",w\n",
		"TRUE,nuLL,fal\u017fe,NaN,Inf,+inf,-1e5,.5,0x1p-2,1_0,1e999,12", "10.0.0.1,::1,fe80::1%eth0,[::1]:80,1.2.3.4:5,1.2.3,ff:1,a.b,+1.2.3.4",
		"2024-01-02,1/2,https://x,{x,[y,01234567-0123-0123-0123-0123456789ab,a1234567-0123-0123-0123-0123456789ab,Source IP,EventData.Ip", "a,b\x00c,\xff\n,\u2028\n",
		"\"a\",\"b\"\r\n1,2\n", "\"a\"\"b\",\"\"\"\",\"\"", "\"a\" b\",c\"d\n", "\"a\",\"b\",c\n\"d\"\n", "\"a\",\r", "\"\r\n\"", "\"\"\"", "\"a\";\"b\"\t\"c\"|\"d\"\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, sep := range []byte(csvSeparators + "_\x00\r") {
			if cells, _ := lineRecord(text, sep); cells == nil {
				if names, _ := looseNames(text, sep); names != nil {
					continue // where encoding/csv goes on in the next line
				}
			}
			cells, n, err := firstRecord(text, sep)
			want, wantN, wantErr := slowRecord(text, sep)
			if (err == nil) != (wantErr == nil) {
				t.Fatalf("%q by %q: %v, want %v", text, sep, err, wantErr)
			}
			if err == nil && (n != wantN || !slices.Equal(cells, want)) {
				t.Fatalf("%q by %q: %q %d, want %q %d", text, sep, cells, n, want, wantN)
			}
			for _, c := range want {
				if got := isValue(c); got != slowValue(c) {
					t.Fatalf("%q is a value: %t", c, got)
				}
			}
		}
	})
}

// Columns are named in many languages, and by programs of all kinds.
func TestColumnNames(t *testing.T) {
	for cell, want := range map[string]bool{
		"Source IP": true, "Größe (KB)": true, "時刻": true, "$time": true, "@timestamp": true, "_raw": true, "bytes:out": true, "TimeGenerated [UTC]": true,
		"": false, "7days": false, "-x": false, "a&b": false, "a1234567-0123-0123-0123-0123456789ab": false, "ff::1": false,
	} {
		if isColumnName(cell) != want {
			t.Errorf("%q names a column: %t", cell, !want)
		}
	}
}
