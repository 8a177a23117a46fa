package formats

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/parquet-go/parquet-go/format"
)

// Parquet files. What the footer, the page headers and the encodings mean
// comes from parquet-go. Pages are walked here, so that nothing is read that was
// not asked for, and no length in a damaged or hostile file is believed before
// its bytes are there.
//
// A key column with a dictionary is handed out as its dictionary: 41,000
// values instead of a million rows. Only when a value matches are the pages of
// codes read. A writer may give its dictionary up part way; the pages after
// that are handed out one by one.
//
// Lists, structs and maps are printed as JSON. Columns nested beyond bounds are
// not read; a note names them. How values are printed: see printer.
//
// To read the code, start here, then parquet_reader.go (key columns) and
// parquet_late.go (late columns); parquet_chunk.go walks the pages of both.
// parquet_share.go has several workers look through one group together.
var Parquet = Format{
	Name: "parquet",
	Sniff: func(head []byte) bool {
		return bytes.HasPrefix(head, []byte("PAR1")) || bytes.HasPrefix(head, []byte("PARE"))
	},
	Open: openParquet,
}

// ErrEncrypted is the cause of errors about Parquet files and columns that
// only a key would open.
var ErrEncrypted = errors.New("encrypted Parquet")

const (
	maxFooter = 256 << 20 // bytes
	// A group of more rows than a block is claimed in pieces. So is a smaller one if
	// the file has few groups: a file should have fileClaims claims, so that all cores
	// are kept busy, but no piece of less than a block's rows divided by leastShare.
	leastShare = 4
	fileClaims = 16
	// Groups with columns of lists are walked from their start to each piece, so
	// their pieces are larger. So are those of groups that are not looked through
	// together.
	walkedRows = 1 << 20
	groupBytes = 128 << 20
	// No block has more rows than this, however few bytes they take.
	maxBlockRows = 16 << 20
	// No file has more rows. A footer may claim any number at no cost, in each of its
	// groups, and every maxBlockRows of them make a claim.
	maxRows = 1 << 40
)

type parquetSource struct {
	c      *Content
	footer *pqFooter
	info   Info
	part   *Part
	claims []pqClaim
	next   atomic.Int64

	mu    sync.Mutex
	spare [][]sharedColumn // of groups that are done
}

// A pqClaim is what one block covers: rows of a group.
type pqClaim struct {
	group  int
	lo, hi int64
	size   int64
}

func openParquet(c *Content, o Options) (src Source, err error) {
	defer recovered(&err)
	if c.At == nil {
		return nil, errors.New("a Parquet file must be readable at any position")
	}
	b, end, err := footerBytes(c.At, c.Len)
	if err != nil {
		return nil, err
	}
	ft, err := readFooter(b, end)
	if err != nil {
		return nil, fmt.Errorf("footer: %w", err)
	}
	if name := ft.elsewhere(); name != "" {
		return nil, fmt.Errorf("a summary (_metadata) of other files without rows of its own: they lie in %s", name)
	}
	s := &parquetSource{c: c, footer: ft, part: &Part{}}
	var nested []string
	for i := range ft.columns {
		col := &ft.columns[i]
		s.part.Columns = append(s.part.Columns, col.name)
		if col.unread() {
			nested = append(nested, col.name)
		}
	}
	s.info = Info{Input: c.Input, Format: "parquet", Compression: c.Compression, Encoding: c.Encoding, Size: c.Size, Parts: []*Part{s.part}}
	if s.info.Unread = nested; len(nested) > 0 {
		s.info.Notes = append(s.info.Notes, "columns not read because they are nested: "+strings.Join(nested, ", "))
	}
	s.plan(o)
	s.sample()
	if events, err := s.takeEvents(o); events != nil || err != nil {
		return events, err
	}
	return s, nil
}

// takeEvents opens what the records hold as JSON if that shows records of a known table;
// nil if it does not.
func (s *parquetSource) takeEvents(o Options) (Source, error) {
	if search := newJSONSearch(o); !search.enabled() || len(s.claims) == 0 || o.isTable(s.part) {
		return nil, nil
	}
	all := Want{Late: [][]Column{allColumns(s.part.Columns)}}
	r := s.NewReader(all).(*parquetReader)
	defer r.t.u.close()
	r.start(0)
	sample := Part{Columns: s.part.Columns}
	sample.addSample(r, all.Late[0], s.claims[0].hi-s.claims[0].lo)
	columns := newEventColumns(sample.Columns, sample.Sample, o)
	if len(columns.hold) == 0 {
		return nil, nil
	}
	c := *s.c
	c.remarks = s.info.Notes
	lines := &recordReader{r: s.NewReader(all), columns: columns}
	return c.openEvents(columns, lines, o)
}

// elsewhere names another file that has the rows, "" if this one has some.
func (ft *pqFooter) elsewhere() (name string) {
	for i := range ft.groups {
		for _, c := range ft.groups[i].chunks {
			if name = c.remote; name == "" {
				return ""
			}
		}
	}
	return name
}

// footerBytes reads the footer and says where it begins.
func footerBytes(at io.ReaderAt, size int64) (b []byte, start int64, err error) {
	if size < 12 {
		return nil, 0, ErrTruncated
	}
	var tail [8]byte
	if _, err := at.ReadAt(tail[:], size-8); err != nil && err != io.EOF {
		return nil, 0, err
	}
	switch string(tail[4:]) {
	case "PAR1":
	case "PARE":
		return nil, 0, ErrEncrypted
	default:
		return nil, 0, fmt.Errorf("no footer at the end: %w", ErrTruncated)
	}
	n := int64(binary.LittleEndian.Uint32(tail[:]))
	switch {
	case n > size-12:
		return nil, 0, fmt.Errorf("%w: footer of %d bytes in a file of %d", errMetadata, n, size)
	case n > maxFooter:
		return nil, 0, fmt.Errorf("%w: footer of %d bytes", ErrTooLarge, n)
	}
	b = make([]byte, n)
	if _, err := at.ReadAt(b, size-8-n); err != nil && err != io.EOF {
		return nil, 0, err
	}
	return b, size - 8 - n, nil
}

// pieces returns into how many blocks a group is cut, and whether its pieces are looked
// through together. count is how many groups of the file have rows.
func (s *parquetSource) pieces(g *pqGroup, count int64, o Options) (n int64, shared bool) {
	if g.rows > maxBlockRows || slices.ContainsFunc(s.footer.columns, func(c pqColumn) bool { return c.list != nil || c.tree != nil }) {
		n = max((g.rows+walkedRows-1)/walkedRows, min(g.size/groupBytes, g.rows/(walkedRows/8)), 1)
	} else {
		most := o.blockRows()
		least := max(most/leastShare, 1)
		n = max((g.rows+most-1)/most, min(fileClaims/count, g.rows/least), 1)
		shared = true
	}
	// A group that claims more rows than its bytes could make sense of must
	// not make millions of pieces.
	n = min(n, 1+g.size/256)
	return n, shared && n > 1
}

// plan makes the list of claims. A group without rows has none.
func (s *parquetSource) plan(o Options) {
	total, count := int64(0), int64(0)
	for i := range s.footer.groups {
		g := &s.footer.groups[i]
		total += g.size
		if g.rows > 0 {
			count++
		}
	}
	size := s.c.Size
	if size < 0 {
		size = s.c.Len
	}
	done, given := int64(0), int64(0)
	for i := range s.footer.groups {
		g := &s.footer.groups[i]
		if g.rows == 0 {
			continue
		}
		pieces, shared := s.pieces(g, count, o)
		rows := min(max((g.rows+pieces-1)/pieces, 1), maxBlockRows)
		if shared {
			g.shared = &pqShared{rows: g.rows}
			g.shared.pieces.Store(int32((g.rows + rows - 1) / rows))
		}
		for lo := int64(0); lo < g.rows; lo += rows {
			hi := min(lo+rows, g.rows)
			share := float64(done) + float64(g.size)*float64(hi)/float64(g.rows)
			to := int64(float64(size) * share / float64(max(total, 1)))
			s.claims = append(s.claims, pqClaim{group: i, lo: lo, hi: hi, size: max(to-given, 0)})
			given = max(to, given)
		}
		done += g.size
	}
	if n := len(s.claims); n > 0 {
		s.claims[n-1].size += max(size-given, 0)
	}
}

// sample reads the first cells of the text columns that tell tables and times
// apart: a page or two.
func (s *parquetSource) sample() {
	if len(s.claims) == 0 {
		return
	}
	// A typed time shows nothing that its type does not say.
	cols := slices.DeleteFunc(tellingColumns(s.part.Columns), func(c Column) bool {
		col := &s.footer.columns[c.N]
		return col.nested || col.phys != format.ByteArray
	})
	if len(cols) == 0 || len(cols) > 8 {
		return
	}
	r := s.NewReader(Want{Late: [][]Column{cols}}).(*parquetReader)
	defer r.t.u.close()
	r.start(0)
	s.part.addSample(r, cols, s.claims[0].hi-s.claims[0].lo)
}

func (s *parquetSource) Info() Info { return s.info }

func (s *parquetSource) Close() error { return s.c.Close() }

func (s *parquetSource) NewReader(w Want) Reader {
	r := &parquetReader{s: s, claim: -1, keep: w.Keep, only: w.Only}
	r.t.reset(s.c.At)
	r.runs, r.find.codes, r.find.ords = r.eachRun, r.rowsOfCodes, r.rowsOfOrds
	for _, c := range w.Keys {
		r.keys = append(r.keys, pqKey{col: findColumn(s.part.Columns, c)})
	}
	for _, stage := range w.Late {
		r.stages = append(r.stages, r.lateStage(stage))
	}
	return r
}

// recovered, deferred, turns a panic into an error. Nothing in a file may stop a
// sweep, and the libraries' decoders panic on data that no writer wrote. What is only too
// large, as an arrowLimit says, is not malformed.
func recovered(err *error) {
	switch p := recover().(type) {
	case nil:
	case error:
		if *err = p; !errors.Is(p, ErrTooLarge) {
			*err = fmt.Errorf("%w: %v", errMetadata, p)
		}
	default:
		*err = fmt.Errorf("%w: %v", errMetadata, p)
	}
}
