package formats

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// What programs write that quote no cell is read as it was, line by line; what quotes
// cells, or may do so, is read as ever.
func TestCSVUnquoted(t *testing.T) {
	many := strings.Repeat("x\ty\n", headSize) // beyond what shows how cells are written
	for _, c := range []struct{ name, text, want, note string }{
		{"PostgreSQL", "a\tb\n\"x\" y\t{\"q\":\"[\\\\\"z\\\\\"]\"}\n\\N\tc:\\\\t\\n1\\t2\nNULL\t\"\n", `"x" y|{"q":"[\"z\"]"} |c:\t;1>2 NULL|"`, "escaped"},
		{"PostgreSQL, no quotes", "a\tb\nc:\\\\x\t1\n\\N\t2\n", `c:\x|1 |2`, "escaped"},
		{"mysql --batch", "a\tb\nNULL\t\"\n\"\tc:\\\\x\n", `|" "|c:\x`, "escaped"},
		{"INTO OUTFILE", "a\tb\nx\\\ty\t1\ny\\\nz\t2\n", "x>y|1 y/z|2", "escaped"},
		{"QUOTE_NONE", "a,b\r\nx\\,\\\"y\\\",1\r\nz,\\\\\r\n", `x,"y"|1 z|\`, "escaped"},
		{"bars", "a|b\n\"x\\|y|1\n2|3\n", `"x|y|1 2|3`, "escaped"},
		{"no escapes", "a\tb\n\"c:\\users\\x.exe\" -k\t1\n\"\t2\n\"x\t3\n", `"c:\users\x.exe" -k|1 "|2 "x|3`, "quotes are text"},
		{"end without line break", "a\tb\n\"x\ty\\\\\n2\t\\N", `"x|y\ 2|`, "escaped"},
		{"far behind", "a\tb\n1\t\\N\n" + many + "\"x\t\\\\\\n\n", "1| " + strings.Repeat("x|y ", headSize) + `"x|\;`, "escaped"},
		{"escaped by quotes", "\"a\",\"b\",\"c\"\n\"N,\"x \"\"N,\",\"N\n\"y\",\"N,\"N\n\"N,\"N,\"N\n" + strings.Repeat("\"N,\"z\",\"N\r\n", headSize) + "\"N,\"N,\"N", `|x "N, y| | ` + strings.Repeat("|z ", headSize) + "|", "nulls"},
		{"an N in a cell", "a,b\n\"x,\"\"N,\",N\n\"N\",2\n", `x,"N,|N N|2`, ""},
		{"numbered rows", "\"a\",\"b\"\n\"1\",\"x\",\"y\"\n\"2\",\"z\",\"\"\n", "x|y z|", ""},
		{"numbered rows, escaped quotes", "\"a\"\t\"b\"\n1\t\"x\"\t\"y\"\n2\t\"z \\\"w\\\"\"\t\"\"\n", `x|y z "w"|`, "backslashes"},
		{"a separator behind each record", "a,b\n1,x,\n1,y,\n", "1|x 1|y", ""},
		{"quoted cells", "a\tb\n\"x \"\"y\"\"\"\tc:\\\\x\n\"z\t\"\t2\n", `x "y"|c:\\x z>|2`, ""},
		{"quoted cells and stray quotes", "a\tb\n\"x\"y\"\t\"1\"\n\"z\"\t\"2\"\n", `x"y|1 z|2`, ""},
		{"accounts", "a\tb\ncorp\\bob\t1\ncorp\\nora\t2\n", `corp\bob|1 corp\nora|2`, ""},
		{"paths", "a\tb\nc:\\users\\new\t1\n\\\\server\\x\t2\n", `c:\users\new|1 \\server\x|2`, ""},
		{"JSON", "a\tb\n{\"q\":\"c:\\\\x\"}\t1\n", `{"q":"c:\\x"}|1`, ""},
	} {
		for _, stream := range []bool{false, true} {
			in := Bytes("x", []byte(c.text))
			if stream {
				in = Stdin(iotest.HalfReader(strings.NewReader(c.text)))
			}
			src, err := Open(in, Options{Format: "csv", BlockSize: 4000})
			if err != nil {
				t.Fatal(c.name, err)
			}
			r := src.NewReader(Want{Late: [][]Column{{{N: -1, Name: "a"}, {N: -1, Name: "b"}}}})
			var rows []string
			for {
				b, err := r.Next()
				if err == io.EOF {
					break
				}
				if err != nil {
					t.Fatal(c.name, err)
				}
				for row := range uint32(b.Rows) {
					g, err := r.Fetch(0, []uint32{row})
					if err != nil {
						t.Fatal(c.name, err)
					}
					rows = append(rows, fmt.Sprintf("%s|%s", g.Cell(0, 0), g.Cell(0, 1)))
				}
			}
			got := strings.NewReplacer("\r", ";", "\n", "/", "\t", ">").Replace(strings.Join(rows, " "))
			if got != c.want {
				t.Errorf("%s, stream %v: %.300q, want %.300q", c.name, stream, got, c.want)
			}
			if notes := strings.Join(src.Info().Notes, " "); !strings.Contains(notes, c.note) || c.note == "" && notes != "" {
				t.Errorf("%s, stream %v: %q", c.name, stream, notes)
			}
			src.Close()
		}
	}
}
