package scanner

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// FuzzCells holds scans against look-ups of single cells. A cell is made up from the seed,
// and an indicator is taken that it holds: what turns cells away before they are looked
// up has been made for sets that hold nothing of them. The cell stands in each column of
// one table that may be matched, in CSV, JSON Lines and Parquet; the scan finds it in
// those where [ioc.Set.Match] does, with the indicator alone, also searched for as text,
// and among others.
func FuzzCells(f *testing.F) {
	seeds := uint64(150)
	if raced {
		seeds = 20
	}
	for seed := range seeds {
		f.Add(seed)
	}
	var others []ioc.Indicator
	for n := range 200 {
		others = append(others, parsed(f, []string{"f%d.filler%[1]d.test", "192.0.2.%d", "http://filler%d.test/x", "2001:db8:%x::1", "%032x"}[n%5], n+1))
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 1))
		if seed%2 == 0 {
			siftAlways(t)
		}
		cell := madeCell(r)
		held := heldIn(cell)
		if len(held) == 0 {
			return
		}
		one := held[r.IntN(len(held))]
		set := ioc.NewSet(append([]ioc.Indicator{one}, others[:r.IntN(2)*len(others)]...))
		tables := table.Builtin()
		x := newCellSheet(r, tables[r.IntN(len(tables))], cell)
		want := x.lookedUp(set, one)
		for format, write := range map[string]func() []byte{"CSV": x.csv, "JSON Lines": x.jsonl, "Parquet": x.parquet} {
			got := make([]bool, len(x.rows))
			s := Scan{Indicators: set, Columns: ColumnsDeep, Table: x.table.Name, Threads: 1, Each: func(h *Hit) error {
				if sameIndicator(h.Indicator, &one) || slices.ContainsFunc(h.Also, func(a Also) bool { return sameIndicator(a.Indicator, &one) }) {
					got[h.Source.Record-1] = true
				}
				return nil
			}}
			s.Formats.BlockSize = r.IntN(2) * r.IntN(300)
			if _, err := s.Run(context.Background(), []formats.Input{formats.Bytes("x", write())}); err != nil {
				t.Fatal(err)
			}
			for i, row := range x.rows {
				if got[i] != want[i] {
					t.Errorf("%s, %s, %s: %s in %q: found is %v, want %v", format, x.table.Name, row.column, one.Value, row.cell, got[i], want[i])
				}
			}
		}
	})
}

// parsed is the indicator that a format and a number make.
func parsed(t testing.TB, format string, n int) ioc.Indicator {
	t.Helper()
	i, err := ioc.Parse(fmt.Sprintf(format, n))
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// madeCell is a cell as columns have them: one address, name or URL in some spelling, or
// several with something between them.
func madeCell(r *rand.Rand) string {
	pick := func(list ...string) string { return list[r.IntN(len(list))] }
	host := func() string {
		switch r.IntN(7) {
		case 0:
			return fmt.Sprintf("%d.%d.%d.%d", r.IntN(256), r.IntN(256), r.IntN(256), r.IntN(256))
		case 1:
			groups := make([]string, 8)
			for i := range groups {
				groups[i] = fmt.Sprintf(pick("%x", "%04x", "%X"), r.IntN(1<<r.IntN(17)))
			}
			if n := 1 + r.IntN(6); r.IntN(2) == 0 {
				groups = slices.Replace(groups, n, n+1+r.IntN(7-n), "")
			}
			return fmt.Sprintf(pick("%s", "[%s]"), strings.Join(groups, ":"))
		}
		var labels []string
		for range 1 + r.IntN(1+r.IntN(4)) {
			label := make([]byte, 1+r.IntN(1+r.IntN(40)))
			for i := range label {
				label[i] = "abcdefghijklmnopqrstuvwxyz0123456789-_"[r.IntN(26+r.IntN(13))]
			}
			labels = append(labels, string(label))
		}
		name := strings.Join(labels, ".") + pick("", ".com", ".example", ".co.uk", ".xn--p1ai")
		switch r.IntN(8) {
		case 0:
			return strings.ToUpper(name)
		case 1:
			return name + "."
		case 2:
			return strings.Replace(name, "a", "\u00fc", 1)
		}
		return name
	}
	cell := host()
	if r.IntN(2) == 0 {
		cell = pick("http://", "https://", "HTTP://", "ftp://", "") + pick("", "", "u@", "u:p@") + cell + pick("", ":80", ":8443") +
			pick("", "/", "/x", "/x/y?a=1&b=2", "?q", "#f", "/a%20b/../c")
	}
	if r.IntN(6) == 0 {
		cell = fmt.Sprintf(pick("%s,%s", "%s; %s", "see %s and %s", "a=%s;b=%s", " %s %s ", "user@%s %s", "(%s) %s"), cell, host())
	}
	if r.IntN(8) == 0 {
		cell = pick("", "MD5=", "x ") + fmt.Sprintf("%0*x", 32+8*r.IntN(2), r.Uint64()) + pick("", ",", " "+cell)
	}
	return cell
}

// heldIn are indicators that a cell holds as a whole, or between its separators: the
// address and a network round it, the name and those above it, the URL and those above it.
func heldIn(cell string) (held []ioc.Indicator) {
	add := func(text string) {
		if i, err := ioc.ParseBroad(text); err == nil {
			held = append(held, i)
		}
	}
	for _, part := range append(strings.FieldsFunc(cell, func(r rune) bool { return strings.ContainsRune(" ,;=()", r) }), cell) {
		if h, ok := ioc.AppendHost(nil, []byte(part)); ok && h.Addr.IsValid() {
			a := h.Addr.Unmap()
			add(a.String())
			add(fmt.Sprintf("%s/%d", a, a.BitLen()/2+4))
		} else if ok {
			for name, more := string(h.Name), true; more; _, name, more = strings.Cut(name, ".") {
				add(name)
			}
		}
		url, _ := ioc.AppendURL(nil, []byte(part))
		for n := range url {
			if n+1 == len(url) || url[n] == '/' || url[n+1] == '?' {
				add(string(url[:n+1]))
			}
		}
		add(part) // a hash
	}
	return held
}

// A cellSheet has one cell in all columns of a table that may be matched, in a row of its
// own each.
type cellSheet struct {
	table   *table.Table
	cell    string
	columns []string
	rows    []cellRow
}

// A cellRow has a cell in one column only. JSON holds its text as a member.
type cellRow struct {
	column, cell string
	kind         ioc.Kind // of the text
}

func newCellSheet(r *rand.Rand, t *table.Table, cell string) *cellSheet {
	x := &cellSheet{table: t, cell: cell, columns: []string{t.Times[0]}}
	for _, k := range t.Keys {
		if k.Level == table.Never {
			continue
		}
		x.columns = append(x.columns, k.Column)
		if k.JSON == nil {
			x.rows = append(x.rows, cellRow{k.Column, cell, k.Kind})
		}
		for _, m := range k.JSON {
			members := []string{`"direction":"Out"`, `"uid":"Cdho2lyniukyx"`, `"TTLs":"[596.0]"`, `"AA":false`, `"trans_id":11514`}
			members = slices.Insert(members, r.IntN(len(members)+1), fmt.Sprintf("%q:%s", m.Key, quoted(cell)))
			x.rows = append(x.rows, cellRow{k.Column, "{" + strings.Join(members, ",") + "}", m.Kind})
		}
	}
	x.rows = append(x.rows, x.rows...) // JSON keys that were met before are stepped over
	return x
}

func quoted(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// lookedUp says of each row whether its cell holds an indicator of a set.
func (x *cellSheet) lookedUp(set *ioc.Set, one ioc.Indicator) (found []bool) {
	for _, row := range x.rows {
		found = append(found, slices.ContainsFunc(set.Match(row.kind, []byte(x.cell), nil), func(c ioc.Candidate) bool {
			return slices.ContainsFunc(set.Indicators(c.Entry), func(i *ioc.Indicator) bool { return sameIndicator(i, &one) })
		}))
	}
	return found
}

// all calls each with the cells of every row, by column.
func (x *cellSheet) all(each func(cells map[string]string)) {
	for _, row := range x.rows {
		each(map[string]string{x.columns[0]: "2026-05-20T00:00:00Z", row.column: row.cell})
	}
}

func (x *cellSheet) csv() []byte {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Write(x.columns)
	x.all(func(cells map[string]string) {
		var record []string
		for _, c := range x.columns {
			record = append(record, cells[c])
		}
		w.Write(record)
	})
	w.Flush()
	return b.Bytes()
}

func (x *cellSheet) jsonl() []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	x.all(func(cells map[string]string) {
		if err := e.Encode(cells); err != nil {
			panic(err)
		}
	})
	return b.Bytes()
}

func (x *cellSheet) parquet() []byte {
	schema := parquet.Group{}
	for i, c := range x.columns {
		if schema[c] = parquet.Optional(parquet.String()); i%2 == 0 {
			schema[c] = parquet.Encoded(schema[c], &parquet.RLEDictionary)
		}
	}
	var b bytes.Buffer
	w := parquet.NewGenericWriter[map[string]any](&b, parquet.NewSchema("x", schema))
	x.all(func(cells map[string]string) {
		row := map[string]any{}
		for c, cell := range cells {
			row[c] = cell
		}
		if _, err := w.Write([]map[string]any{row}); err != nil {
			panic(err)
		}
	})
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}
