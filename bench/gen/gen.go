// Package gen makes telemetry that was never recorded: rows of
// CommonSecurityLog, DeviceNetworkEvents and DnsEvents as real exports have
// them, with hits and near misses planted among innocent rows, and says of
// each planted value whether it is to be found.
//
// One stream of rows feeds every format, so that the same rows can be had as
// CSV, JSON Lines, Parquet and Arrow:
//
//	feed := &gen.Feed{Seed: 1, N: 1000}
//	for row := range gen.Rows(gen.DnsEvents, 500, gen.Options{Seed: 1, Feed: feed, Hits: 0.1}) {
//		csv.Write(row)
//		parquet.Write(row)
//	}
//
// The same options give the same rows, on every machine and in every release
// of Go: all chance comes from one PCG, and nothing is taken from a map's
// order or a clock. Rows are built by appending to one buffer, because a 10 GB
// file is to be made in the time that it takes to write it.
package gen

import (
	"iter"
	"math/rand/v2"
	"slices"
)

// A Type is what the cells of a column are. Formats without types write all of
// them as text.
type Type uint8

// The types of columns.
const (
	String  Type = iota
	Int          // 32 bits
	Long         // 64 bits
	Real         // text with at most two decimals, so that it survives a float64
	Bool         // true or false
	Time         // 100 ns ticks since 1970-01-01 UTC; as text 2026-05-20T14:02:12.4790551Z
	Dynamic      // JSON text
)

// A Column of a table.
type Column struct {
	Name string
	Type Type
}

// A Table is one of the tables that can be made.
type Table struct {
	Name    string
	Columns []Column // in the order of the product's own export
	fill    func(*maker, *Row)
	hits    []plant
	near    []plant
	index   map[string]int
}

// Column returns the number of the column of that name, or -1.
func (t *Table) Column(name string) int {
	if i, ok := t.index[name]; ok {
		return i
	}
	return -1
}

// Options says what rows to make.
type Options struct {
	Seed uint64
	// Feed is where planted indicators come from. Without it nothing is planted.
	Feed *Feed
	// Hits and Near are the shares of rows, from 0 to 1, in which something is
	// planted that is to be found, or that only looks so. No row has both.
	Hits, Near float64
}

// A Row is one record. It belongs to whoever made it and lives until the next
// row is made.
type Row struct {
	Table *Table
	N     int64 // number of the record in its stream, from 1
	// Truth is what was planted in the row.
	Truth []Planted

	buf   []byte
	cells []span
	ticks []int64 // by column; only those of type Time mean anything
}

type span struct{ off, end uint32 }

// A Planted value is one line of the truth.
type Planted struct {
	Column    string // as reports name it: RemoteIP, AdditionalFields.query
	Value     string // the cell, or the member of the list, JSON or text
	Indicator string // normal form of the indicator that leads
	Class     string // ip, ip:port, ip-only, domain, subdomain; term or "" for near misses
	Hit       Found
}

// Found says at which level of columns a planted value is a hit.
type Found uint8

// The three answers.
const (
	No   Found = iota // looks like an indicator, is none
	Yes               // in a structured column
	Deep              // in free text: only where that is searched
)

// String is the answer as the truth file has it.
func (f Found) String() string { return [...]string{"no", "yes", "deep"}[f] }

// Cell returns the text of a cell, empty for null. It lives as long as the row.
func (r *Row) Cell(column int) []byte {
	s := r.cells[column]
	return r.buf[s.off:s.end:s.end]
}

// Ticks returns the time of a cell in units of 100 ns since 1970-01-01 UTC. It
// means something only for a column of type Time whose cell is not empty.
func (r *Row) Ticks(column int) int64 { return r.ticks[column] }

// Clone returns a copy that lives on.
func (r *Row) Clone() *Row {
	c := *r
	c.Truth, c.buf, c.cells, c.ticks = slices.Clone(r.Truth), slices.Clone(r.buf), slices.Clone(r.cells), slices.Clone(r.ticks)
	return &c
}

func (r *Row) reset() {
	r.buf = r.buf[:0]
	clear(r.cells)
	r.Truth = r.Truth[:0]
}

// Rows makes n rows; n < 0 makes them without end. Each lives until the next.
func Rows(t *Table, n int64, o Options) iter.Seq[*Row] {
	return func(yield func(*Row) bool) {
		m := newMaker(t, o)
		r := &Row{Table: t, cells: make([]span, len(t.Columns)), ticks: make([]int64, len(t.Columns))}
		for r.N = 1; n < 0 || r.N <= n; r.N++ {
			r.reset()
			t.fill(m, r)
			m.plant(t, r)
			if !yield(r) {
				return
			}
		}
	}
}

// A maker is what lasts from row to row: chance, the clock, and pools of
// values that repeat.
type maker struct {
	rnd   rand.PCG
	o     Options
	now   int64 // ticks
	pools *pools

	hit, miss int // next spelling of each, so that even few rows show them all
}

func newMaker(t *Table, o Options) *maker {
	m := &maker{o: o, now: 1777_680_000 * 1e7} // 2026-05-02T00:00:00Z
	// The table's name goes into the seed, or two tables of one seed would
	// be the same dice thrown over different words.
	h := uint64(14695981039346656037)
	for _, c := range []byte(t.Name) {
		h = (h ^ uint64(c)) * 1099511628211
	}
	m.rnd.Seed(o.Seed, h)
	m.pools = newPools()
	return m
}

// n returns a number in [0, k). The slight bias of the multiplication does not
// matter here, and it is several times faster than rejecting.
func (m *maker) n(k int) int {
	return int((m.rnd.Uint64() >> 32) * uint64(k) >> 32)
}

// skewed returns a number in [0, k) of which small ones are far more frequent:
// a few hosts make most of the traffic, and most are rarely seen.
func (m *maker) skewed(k int) int {
	u := m.rnd.Uint64() >> 32
	return int((u * u >> 32) * u >> 32 * uint64(k) >> 32)
}

// chance is true with the given probability in 1024ths.
func (m *maker) chance(of1024 int) bool { return m.rnd.Uint64()&1023 < uint64(of1024) }
