package scanner

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// A table that is not known is swept where the scan asks for it: every cell, typed by
// what it holds, as JSON or else as text. Its definition is made for each input from
// the names of the columns. Hits depend neither on the order of columns nor on which of
// them the head shows, so that all formats give the same.

// maxTables is how many tables fit into the int8 that says which one a row is of,
// with a generic one behind them.
const maxTables = math.MaxInt8

// choose finds the table that the scan names. For generic, known tables stay
// what they are.
func (r *run) choose() error {
	if n := len(r.tables); n > maxTables {
		return fmt.Errorf("%d table definitions: %d is the most", n, maxTables)
	}
	if r.Scan.Table == "" {
		return nil
	}
	if r.forced = table.ByName(r.tables, r.Scan.Table); r.forced != nil {
		return nil
	}
	if !strings.EqualFold(r.Scan.Table, table.GenericName) {
		return fmt.Errorf("unknown table %q", r.Scan.Table)
	}
	if r.KQL {
		return errors.New("matching as KQL does needs a table's hunt: generic has none")
	}
	r.generic = true
	return nil
}

// Ruled returns the tables whose fields rules may name: those of the scan, and
// a generic one if unknown tables are swept.
func (s *Scan) Ruled() []*table.Table {
	tables := s.Tables
	if tables == nil {
		tables = table.Builtin()
	}
	if strings.EqualFold(s.Table, table.GenericName) && table.ByName(tables, s.Table) == nil {
		tables = append(slices.Clip(tables), table.Generic(nil, true))
	}
	return tables
}

// addGeneric adds the table of rows that are of no known one, as the last of the
// plan's.
func (r *run) addGeneric(p *plan, parts []*formats.Part, fixed bool) {
	var columns []string
	for _, n := range columnNames(parts) {
		columns = append(columns, n.bare)
	}
	p.generic = int8(len(p.tables))
	p.tables = append(slices.Clip(p.tables), r.genericOf(columns, !fixed))
}

// A madeGeneric is a generic table with what it was made for.
type madeGeneric struct {
	columns []string
	open    bool
	table   *table.Table
}

// genericOf returns the generic table of such columns, as table.Generic makes it.
// Inputs with the same columns share it, and with it what is planned for it.
func (r *run) genericOf(columns []string, open bool) *table.Table {
	made, ok := r.generics.find(func(m *madeGeneric) bool { return m.open == open && slices.Equal(m.columns, columns) })
	if !ok {
		made = madeGeneric{columns, open, table.Generic(columns, open)}
		r.generics.keep(made)
	}
	return made.table
}

// isGeneric says whether a part for which detect gave this error is swept all the same,
// and notes in the report how.
func (r *run) isGeneric(in *input, p *plan, part *formats.Part, err error) bool {
	var unknown *unknownTable
	if p.generic < 0 || !errors.As(err, &unknown) {
		return false
	}
	if p.name == "" {
		p.name = unknown.table
	}
	time, host := p.tables[p.generic].Guessed(bareNames(part.Columns))
	what := "table not known"
	if unknown.table != "" {
		what = "table " + unknown.table + " not known"
	}
	in.mu.Lock()
	in.report.note(Printable(fmt.Sprintf("%s, swept as generic: time from %s, host from %s", what, cmp.Or(time, "no column"), cmp.Or(host, "no column"))))
	in.mu.Unlock()
	return true
}

// planGeneric lists the keys of the generic table: every column, or, where
// records may have others, the whole record.
func (p *plan) planGeneric(names []name, fixed bool) {
	if p.generic < 0 {
		return
	}
	add := func(c formats.Column, name string, g keyGroup) {
		i := slices.IndexFunc(p.want.Keys, func(o formats.Column) bool { return o.N == c.N })
		if i < 0 {
			i = len(p.keys)
			p.want.Keys = append(p.want.Keys, c)
			p.keys = append(p.keys, planKey{n: i, name: name})
		}
		p.use(&p.keys[i], g, int(p.generic), &table.Key{Column: name, Role: "any", Level: table.Deep})
	}
	if !fixed {
		add(formats.Column{N: formats.WholeRecord}, "", keyGroup{how: howRecord, rest: true})
		return
	}
	for _, n := range names {
		add(formats.Column{Name: n.bare, N: n.n}, n.bare, keyGroup{how: howJSON, rest: true})
	}
}

// record is the key that is the whole record, -1 without one.
func (p *plan) record() int {
	return slices.IndexFunc(p.want.Keys, func(c formats.Column) bool { return c.N == formats.WholeRecord })
}

// holdRecord is holdJSON for a whole record: what holds a candidate is a column
// of it, or stands in one.
func (w *worker) holdRecord(key, g int, cell []byte) part {
	if len(cell) > 0 && cell[0] == '[' {
		columns := w.now.block.Part.Columns
		at := elements{array: cell}
		for i := range w.json {
			c := &w.json[i]
			if n := at.before(int(c.Off)); n < len(columns) {
				bare, _ := formats.Undecorated(columns[n])
				c.Key = strings.TrimSuffix(bare+"."+c.Key, ".")
			}
		}
		return w.holdJSON(key, g)
	}
	for i := range w.json {
		k := &w.json[i].Key
		*k = w.now.in.plan.trimEnvelope(*k)
		// A portal writes the zone behind the name of a time.
		*k, _ = formats.Undecorated(*k)
	}
	return w.holdJSON(key, g)
}

// trimEnvelope cuts the name of the envelope off that of a column: properties.RemoteIP
// is RemoteIP.
func (p *plan) trimEnvelope(name string) string {
	if n := len(p.envelope); len(name) > n+1 && name[n] == '.' && strings.EqualFold(name[:n], p.envelope) {
		return name[n+1:]
	}
	return name
}

// elements counts the elements of a well-formed JSON array. It goes on from the
// last offset, so that offsets in ascending order cost one pass.
type elements struct {
	array       []byte
	off         int // the last one asked for
	i, n, depth int // i is beyond off where off is inside a string
}

// before returns how many elements end before an offset.
func (e *elements) before(off int) int {
	if off < e.off {
		*e = elements{array: e.array}
	}
	e.off = off
	for ; e.i < min(off, len(e.array)); e.i++ {
		switch e.array[e.i] {
		case '"':
			for e.i++; e.i < len(e.array) && e.array[e.i] != '"'; e.i++ {
				if e.array[e.i] == '\\' {
					e.i++
				}
			}
		case '[', '{':
			e.depth++
		case ']', '}':
			e.depth--
		case ',':
			if e.depth == 1 {
				e.n++
			}
		}
	}
	return e.n
}

// plainPorts notes the cells of a row that may be ports, by the plain names of
// their columns.
func (r *room) plainPorts(f *finding) {
	if r.ports == nil {
		r.ports = map[string]string{}
	}
	clear(r.ports)
	for _, c := range f.All {
		if plain := table.PlainColumn(c.Name); strings.HasSuffix(plain, "port") || strings.HasSuffix(plain, "number") || strings.HasSuffix(plain, "p") {
			if _, ok := r.ports[plain]; !ok {
				r.ports[plain] = c.Value
			}
		}
	}
}

// genericPlace says in which column an element stands, and at which port: that
// of the column whose name fits the address's, -1 without one.
func (r *room) genericPlace(p *plan, e *element) (column string, port int) {
	key := &p.keys[e.Key]
	switch {
	case key.groups[e.Group].how == howRecord:
		column = e.Member
	case e.Member != "":
		column = key.name + "." + e.Member
	default:
		column = key.name
	}
	for _, plain := range table.PortColumns(column) {
		if cell, ok := r.ports[plain]; ok {
			return column, parsePort(cell)
		}
	}
	return column, -1
}

// genericRow is what the hits of a generic table show of a row.
func (r *room) genericRow(f *finding, h *Hit, of RowDetail) []Cell {
	if of == RowAll {
		return f.All
	}
	r.cells = genericCells(r.cells[:0], f, h, of == RowHunt)
	return r.cells
}

// genericCells appends what a hit of a generic table shows: its time, its host,
// the columns that matched, and one of each sort that a responder asks next.
func genericCells(out []Cell, f *finding, h *Hit, huntOnly bool) []Cell {
	seen := map[Cell]bool{}
	add := func(c Cell) {
		if !seen[c] {
			seen[c] = true
			out = append(out, c)
		}
	}
	// A name with dots may be a column or lead into its JSON.
	matched := map[string]bool{}
	for i := range h.Matches {
		column := h.Matches[i].Column
		matched[column] = true
		dots := 0
		for n := 0; n < len(column) && dots < maxNesting; n++ {
			if column[n] == '.' {
				matched[column[:n]] = true
				dots++
			}
		}
	}
	time, _, _ := strings.Cut(h.TimeBasis, ":")
	var shown [16]Cell // by sort
	for pass := range 3 {
		for _, c := range f.All {
			c.Name, _ = formats.Undecorated(c.Name)
			switch {
			case pass == 0 && strings.EqualFold(c.Name, time):
				add(c)
			case pass == 1 && c.Value == h.Who.Host && table.IsHost(c.Name):
				add(c)
			case pass == 2 && matched[c.Name]:
				add(c)
			case pass == 2:
				if n, ok := table.Shown(c.Name); ok && shown[n].Name == "" {
					shown[n] = c
				}
			}
		}
	}
	if huntOnly {
		return out
	}
	for _, c := range shown {
		if c.Name != "" {
			add(c)
		}
	}
	return out
}

// genericName is the table that a row names, else the one that its file names.
func genericName(p *plan, f *finding) string {
	for _, column := range discriminating {
		for _, c := range f.All {
			if strings.EqualFold(c.Name, column) && (column != category || p.labelled || table.IsHunting(c.Value)) {
				if name, ok := table.TypeName(c.Value); ok {
					return name
				}
			}
		}
	}
	if p.name != "" {
		return p.name
	}
	return table.GenericName
}

// distinctMatches leaves out matches that repeat others. How often a cell holds a value is not
// known of strings in JSON that are escaped.
func distinctMatches(list []Match) []Match {
	if len(list) < 2 {
		return list
	}
	seen := make(map[Match]bool, len(list))
	return slices.DeleteFunc(list, func(m Match) bool {
		shown := Match{Column: m.Column, Role: m.Role, Value: m.Value, Class: m.Class}
		before := seen[shown]
		seen[shown] = true
		return before
	})
}

// genericIdentity is the ID of a hit of a generic table: the table, the time
// cut to milliseconds, the host, what matched and where, the indicator.
func genericIdentity(h *Hit) string {
	b := append([]byte(h.Table.Name), 0)
	if h.HasTime {
		b = h.Time.Milli().Append(b)
	}
	b = append(append(append(b, 0), h.Who.Host...), 0)
	var places []string
	for _, m := range h.Matches {
		places = append(places, m.Column+"\x00"+strings.TrimSpace(m.Value)+"\x00")
	}
	slices.Sort(places)
	for _, s := range places {
		b = append(b, s...)
	}
	b = append(append(b, h.Indicator.Type.String()...), 0)
	b = append(append(b, h.Indicator.Value...), 0)
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}
