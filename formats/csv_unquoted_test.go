package formats

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"regexp"
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
		{"mysql --batch", "a\tb\nNULL\t\"\n\"\tc:\\\\x\\\\y\n", `|" "|c:\x\y`, "escaped"},
		{"INTO OUTFILE", "a\tb\nx\\\ty\t1\ny\\\nz\t2\n", "x>y|1 y/z|2", "escaped"},
		{"QUOTE_NONE", "a,b\r\nx\\,\\\"y\\\",1\r\nz,\\\\\r\n", `x,"y"|1 z|\`, "escaped"},
		{"bars", "a|b\n\"x\\|y|1\n2|3\n", `"x|y|1 2|3`, "escaped"},
		{"no escapes", "a\tb\n\"c:\\users\\x.exe\" -k\t1\n\"\t2\n\"x\t3\n", `"c:\users\x.exe" -k|1 "|2 "x|3`, "quotes are text"},
		{"end without line break", "a\tb\n\"x\ty\\\\\n2\t\\N", `"x|y\ 2|`, "escaped"},
		{"end without line feed", "a\tb\r\n\\N\tx\r\n2\t\\N\r", `|x 2|`, "escaped"},
		{"far behind", "a\tb\n1\t\\N\n" + many + "\"x\t\\\\\\n\n", "1| " + strings.Repeat("x|y ", headSize) + `"x|\;`, "escaped"},
		{"escaped by quotes", "\"a\",\"b\",\"c\"\n\"N,\"x \"\"N,\",\"N\n\"y\",\"N,\"N\n\"N,\"N,\"N\n" + strings.Repeat("\"N,\"z\",\"N\r\n", headSize) + "\"N,\"N,\"N", `|x "N, y| | ` + strings.Repeat("|z ", headSize) + "|", "nulls"},
		{"an N in a cell", "a,b\n\"x,\"\"N,\",N\n\"N\",2\n", `x,"N,|N N|2`, ""},
		{"numbered rows", "\"a\",\"b\"\n\"1\",\"x\",\"y\"\n\"2\",\"z\",\"\"\n", "x|y z|", ""},
		{"numbered rows, escaped quotes", "\"a\"\t\"b\"\n1\t\"x\"\t\"y\"\n2\t\"z \\\"w\\\"\"\t\"\"\n", `x|y z "w"|`, "backslashes"},
		{"a separator behind each record", "a,b\n1,x,\n1,y,\n", "1|x 1|y", ""},
		{"a separator behind each numbered record", "a,b\n1,x,\n2,,\n3,y,", "1|x 2| 3|y", ""},
		{"numbers below an empty name", ",a,b\n1,x,y,z\n2,z,w,z\n", "x|y z|w", ""},
		{"a separator in a numbered record", "a,b,c\n1,x,y,z\n2,z,w\n", "1|x 2|z", ""},
		{"numbered rows that begin with empty cells", "b,a\n1,x,\n2,,\n3,y,z\n", "|x | z|y", ""},
		{"quoted cells", "a\tb\n\"x \"\"y\"\"\"\tc:\\\\x\n\"z\t\"\t2\n", `x "y"|c:\\x z>|2`, ""},
		{"quoted cells and stray quotes", "a\tb\n\"x\"y\"\t\"1\"\n\"z\"\t\"2\"\n", `x"y|1 z|2`, ""},
		{"few quoted cells and a stray quote", "a\tb\n\"x \"\"y\"\"\"\t1\n\"z\t2\nx\t3\nx\t4\nx\t5\n", `x "y"|1 "z|2 x|3 x|4 x|5`, ""},
		{"accounts", "a\tb\ncorp\\bob\t1\ncorp\\nora\t2\n", `corp\bob|1 corp\nora|2`, ""},
		{"paths", "a\tb\nc:\\users\\new\t1\n\\\\server\\x\t2\n", `c:\users\new|1 \\server\x|2`, ""},
		{"shares", "a\tb\n\\\\dc01\\netlogon\t1\ndir \\\\10.0.0.5\\new\t2\n\\\\\t3\n", `\\dc01\netlogon|1 dir \\10.0.0.5\new|2 \\|3`, ""},
		{"shares, escaped", "a\tb\n\\\\\\\\dc01\\\\netlogon\t1\n", `\\dc01\netlogon|1`, "escaped"},
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

// splitUnquoted is what an unquotedReader and a reader of CSV do together, the plain way.
func splitUnquoted(u *unquoted, text string) (rows [][]string) {
	var row []string
	cell := ""
	end := func() {
		if cell == u.null {
			cell = ""
		}
		plain := ""
		for i := 0; i < len(cell); i++ {
			c := cell[i]
			if c == '\\' && u.escapes && i+1 < len(cell) {
				i++
				var known bool
				if c, known = u.unescape(cell[i]); !known && c != '"' {
					plain += `\`
				}
			}
			plain += string([]byte{c})
		}
		row, cell = append(row, plain), ""
	}
	for i := 0; i <= len(text); i++ {
		switch {
		case i == len(text) || text[i] == '\n':
			cell = strings.TrimSuffix(cell, "\r")
			if end(); len(row) > 1 || row[0] != "" {
				rows = append(rows, row)
			}
			row = nil
		case text[i] == u.sep:
			end()
		case text[i] == '\\' && u.escapes && i+1 < len(text):
			cell += text[i : i+2]
			i++
		default:
			cell += text[i : i+1]
		}
	}
	return rows
}

// FuzzUnquoted holds that what is rewritten is CSV with the cells that the text has,
// whatever pieces it comes in.
func FuzzUnquoted(f *testing.F) {
	for _, s := range []string{"a\tb\\\tc\n", "\\\n\\N\tx\\\\\n", "\"x\ty\"\"\t\"\"\r\n", "x\r\n\\\r\ny\r", "\\", "\r", "\r\r\n\\r\\n\\t\"", "\\r\\n\\\n", "NULL\t\\N\t\\\"\n\n\t\n", "c:\\q\\0\xff\t\\\r"} {
		f.Add(s, uint8(1), true)
		f.Add(strings.ReplaceAll(s, "\t", "|"), uint8(7), false)
	}
	f.Fuzz(func(t *testing.T, text string, piece uint8, escapes bool) {
		if len(text) > 2000 {
			return
		}
		u := unquoted{sep: "\t|,"[piece%3], escapes: escapes, null: []string{"", `\N`, "NULL"}[piece%5%3]}
		r := &unquotedReader{unquoted: u, r: strings.NewReader(text), max: DefaultMaxRecord, in: make([]byte, 1+piece%64)}
		out, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		oracle := csv.NewReader(bytes.NewReader(out))
		oracle.Comma, oracle.LazyQuotes, oracle.FieldsPerRecord = rune(u.sep), true, -1
		got, err := oracle.ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		// encoding/csv makes \r\n in quotes \n, and drops a \r before the end of all.
		lines := regexp.MustCompile(`(\\r)+\\n`)
		plain := func(rows [][]string) string { return lines.ReplaceAllString(fmt.Sprintf("%q", rows), `\n`) }
		if got, want := plain(got), plain(splitUnquoted(&u, text)); got != want {
			t.Errorf("got  %s\nwant %s\nin %q\nout %q", got, want, text, out)
		}
	})
}
