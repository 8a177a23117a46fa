package rule

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding/unicode"
)

// Rules and lists in the encodings that Windows writes say the same.
func TestEncodings(t *testing.T) {
	const rules = "exclusions:\r\n  - name: bücher\r\n    reason: r\r\n    when: source_ip = '10.0.0.1'\r\n"
	const values = "bücher\r\nfw1\r\n"
	for name, mark := range map[string]string{"utf-8": "", "utf-8 with a mark": "\ufeff", "utf-16le": "le", "utf-16be": "be"} {
		encode := func(s string) string {
			switch mark {
			case "le":
				s, _ = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(s)
			case "be":
				s, _ = unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().String(s)
			default:
				s = mark + s
			}
			return s
		}
		got, err := Load(strings.NewReader(encode(rules)), "x.yaml")
		if err != nil || len(got) != 1 || got[0].Name != "bücher" {
			t.Errorf("%s: %v, %v", name, got, err)
		}
		path := filepath.Join(t.TempDir(), "list.txt")
		if err := os.WriteFile(path, []byte(encode(values)), 0o600); err != nil {
			t.Fatal(err)
		}
		l, err := readList(path)
		if err != nil || len(l.values) != 2 || l.values[0].Text != "bücher" {
			t.Errorf("%s: %+v, %v", name, l, err)
		}
	}
}
