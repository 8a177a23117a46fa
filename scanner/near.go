package scanner

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// maxNearMisses bounds how many near misses are kept apart: the first ones by
// their names, so that the number of workers does not show. The rows of others
// are counted.
const maxNearMisses = 1000

// NearMisses are values of matched columns that no indicator matches but that
// one comes near: an address of the same /24 (/64 of IPv6), a name under the
// same registrable domain, or, under PortStrict, the right address with another
// port. They are looked for in columns of addresses, lists of them, names and
// URLs, whatever the time window and the rules say of their rows; those of
// ports, wherever an address was found, within the window. It belongs to one
// goroutine; merge adds up those of several.
type NearMisses struct {
	by     map[nearKey]*NearMiss
	bound  nearKey // no key beyond it is among the first; zero where all are
	Others int64   // rows of near misses that are not kept apart
}

type nearKey struct{ table, column, value string }

func (a nearKey) compare(b nearKey) int {
	return cmp.Or(strings.Compare(a.table, b.table), strings.Compare(a.column, b.column), strings.Compare(a.value, b.value))
}

// A NearMiss is one such value.
type NearMiss struct {
	Table, Column string
	Value         string        // in normal form; with :port where the port is what differs
	Indicator     ioc.Indicator // the first in the list that is near
	More          int           // further ones that are as near
	Why           string
	Rows          int64
	First         Source // the first record that shows it
	at            nearAt
}

// nearAt orders the rows of a scan.
type nearAt struct{ input, seq, row int }

func (a nearAt) before(b nearAt) bool {
	return cmp.Or(cmp.Compare(a.input, b.input), cmp.Compare(a.seq, b.seq), cmp.Compare(a.row, b.row)) < 0
}

// NewNearMisses returns an empty collection.
func NewNearMisses() *NearMisses { return &NearMisses{by: map[nearKey]*NearMiss{}} }

// List returns the near misses by table, column and value.
func (n *NearMisses) List() []*NearMiss {
	n.cut()
	keys := slices.SortedFunc(maps.Keys(n.by), nearKey.compare)
	list := make([]*NearMiss, len(keys))
	for i, k := range keys {
		list[i] = n.by[k]
	}
	return list
}

// find returns the near miss of a key, nil where it is beyond the bound. make
// is called for a new one.
func (n *NearMisses) find(k nearKey, make func() *NearMiss) *NearMiss {
	if m := n.by[k]; m != nil {
		return m
	}
	if n.bound != (nearKey{}) && k.compare(n.bound) > 0 {
		return nil
	}
	if len(n.by) >= 2*maxNearMisses {
		n.cut()
		if k.compare(n.bound) > 0 {
			return nil
		}
	}
	m := make()
	n.by[nearKey{m.Table, m.Column, m.Value}] = m // its own texts: those of k may live no longer than the row
	return m
}

// cut leaves the first ones. What has been dropped once can never be among
// them again, so the counts of those that stay are exact.
func (n *NearMisses) cut() {
	if len(n.by) <= maxNearMisses {
		return
	}
	keys := slices.SortedFunc(maps.Keys(n.by), nearKey.compare)
	for _, k := range keys[maxNearMisses:] {
		n.Others += n.by[k].Rows
		delete(n.by, k)
	}
	n.bound = keys[maxNearMisses-1]
}

func (n *NearMisses) merge(o *NearMisses) {
	n.Others += o.Others
	for k, m := range o.by {
		have := n.find(k, func() *NearMiss { return m })
		switch {
		case have == nil:
			n.Others += m.Rows
		case have != m:
			have.Rows += m.Rows
			if m.at.before(have.at) {
				have.First, have.at = m.First, m.at
			}
		}
	}
}

// nearby is what a worker needs to look for near misses.
type nearby struct {
	around *ioc.Neighbourhood
	found  *NearMisses
	cells  []uint32 // of a run
	values []nearValue
	refs   []formats.Ref
	rows   []nearRow // of the block in hand
	name   []byte
}

// nearValue is one near value of a cell.
type nearValue struct {
	cell  uint32
	value string
	near  ioc.Near
	more  int
}

type nearRow struct {
	row   uint32
	group *keyGroup
	value nearValue
}

// nearRun looks for near misses in the cells of a run that hold no indicator.
// w.cells are those that do.
func (w *worker) nearRun(k *planKey, g int, run *formats.Run) error {
	n, group := w.near, &k.groups[g]
	n.cells, n.values = n.cells[:0], n.values[:0]
	for i, c := range run.Cells {
		if c.Len == 0 {
			continue
		}
		if _, holds := slices.BinarySearch(w.cells, uint32(i)); holds {
			continue
		}
		before := len(n.values)
		n.cell(group.kind, uint32(i), run.Cell(i))
		if len(n.values) > before {
			n.cells = append(n.cells, uint32(i))
		}
	}
	if len(n.cells) == 0 {
		return nil
	}
	refs, err := run.Rows(n.cells, n.refs[:0])
	if err != nil {
		return err
	}
	n.refs = refs
	for _, ref := range refs {
		at, _ := slices.BinarySearchFunc(n.values, ref.Cell, func(v nearValue, cell uint32) int { return cmp.Compare(v.cell, cell) })
		for ; at < len(n.values) && n.values[at].cell == ref.Cell; at++ {
			n.rows = append(n.rows, nearRow{ref.Row, group, n.values[at]})
		}
	}
	return nil
}

// cell adds the near values of one cell.
func (n *nearby) cell(kind ioc.Kind, i uint32, cell []byte) {
	add := func(addr netip.Addr, name []byte) {
		near, more, ok := n.around.Of(addr, string(name))
		if !ok {
			return
		}
		value := string(name)
		if addr.IsValid() {
			value = addr.String()
		}
		n.values = append(n.values, nearValue{i, value, near, more})
	}
	switch kind {
	case ioc.KindIP:
		if a, _, ok := ioc.ParseAddr(cell); ok {
			add(a, nil)
		}
	case ioc.KindIPList:
		for _, member := range strings.FieldsFunc(string(cell), func(r rune) bool { return strings.ContainsRune(",; []\"", r) }) {
			if a, _, ok := ioc.ParseAddr([]byte(member)); ok {
				add(a, nil)
			}
		}
	case ioc.KindHost, ioc.KindURL:
		if h, ok := ioc.AppendHost(n.name[:0], cell); ok {
			add(h.Addr, h.Name)
		}
	case ioc.KindDomain:
		if name, ok := ioc.AppendDomain(n.name[:0], cell); ok {
			add(netip.Addr{}, name)
		}
	}
}

// nearBlock counts the near misses of the block in hand, of the rows whose
// table has the column.
func (w *worker) nearBlock(in *input, b formats.Block, def int8) {
	n := w.near
	for i := range n.rows {
		r := &n.rows[i]
		t := def
		if len(w.tables) > 0 && w.tables[r.row] != unsaid {
			t = w.tables[r.row]
		}
		if t < 0 || r.group.use(int(t)) == nil {
			continue
		}
		v := &r.value
		w.nearMiss(nearKey{in.plan.tables[t].Name, r.group.use(int(t)).Column, v.value}, in, nearAt{in.n, b.Seq, int(r.row)},
			func() formats.Pos { return w.place(w.reader.Pos(r.row)) },
			func() *NearMiss { return &NearMiss{Indicator: v.near.Indicator, More: v.more, Why: v.near.Why()} })
	}
	n.rows = n.rows[:0]
}

// nearMiss counts a row of a near miss. pos says where the row is, make makes
// the near miss but for its key.
func (w *worker) nearMiss(k nearKey, in *input, at nearAt, pos func() formats.Pos, make func() *NearMiss) {
	n := w.near.found
	m := n.find(k, func() *NearMiss {
		m := make()
		m.Table, m.Column, m.Value = k.table, strings.Clone(k.column), strings.Clone(k.value)
		return m
	})
	if m == nil {
		n.Others++
		return
	}
	if m.Rows == 0 || at.before(m.at) {
		p := pos()
		m.First, m.at = Source{Input: in.in, Record: p.Record, Line: p.Line, Group: p.Group}, at
	}
	m.Rows++
}

// nearPort counts a row that has the address of an indicator, but not its port.
func (w *worker) nearPort(in *input, f *finding, k *table.Key, e *element, i *ioc.Indicator, port int) {
	value, why := i.Addr().String(), "the same address, but the row has no port: --port-match strict asks for it"
	if port >= 0 {
		value = netip.AddrPortFrom(i.Addr(), uint16(port)).String()
		why = "the same address with another port, which --port-match strict leaves out"
	}
	name := in.plan.tables[f.Table].Name
	// Records, not blocks, order the findings that have waited.
	w.nearMiss(nearKey{name, member(k.Column, e.Member), value}, in, nearAt{in.n, int(f.Record), f.N},
		func() formats.Pos { return formats.Pos{Record: f.Record, Line: f.Line, Group: f.Group} },
		func() *NearMiss { return &NearMiss{Indicator: i.Clone(), Why: why} })
}
