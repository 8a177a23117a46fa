// Package formats reads exported log tables: CSV, JSON Lines, JSON documents,
// Parquet, Arrow IPC and Avro containers, plain or compressed. It knows bytes and cells; it
// knows nothing of indicators, and it starts no goroutine that outlives a call.
//
// An [Input] names something to open. [Open] looks at its first bytes and
// returns a [Source]. Every worker takes its own [Reader] from the Source and
// calls Next until io.EOF: each call claims one [Block] of records that no
// other Reader gets. For a block the Reader hands out the key cells of all its
// rows, column by column ([Reader.Runs]), then, for the few rows that are
// still of interest, their late cells ([Reader.Fetch]), positions and raw text.
//
//	src, err := formats.Open(in, formats.Options{})
//	r := src.NewReader(formats.Want{Keys: cols})
//	for {
//		b, err := r.Next()
//		for run, err := range r.Runs() { ... run.Cells ... }
//	}
//
// A cell is always text, as a person would read it: readers of binary formats
// print numbers, booleans and times. JSON null, a missing key, an unquoted null
// in CSV and an empty cell are the same: a cell of length zero.
//
// Where to start reading: formats.go has the types, walk.go finds inputs, open.go
// opens one and takes its wrappings off. lines.go shares text out among readers;
// csv.go, jsonl.go and json.go are its formats. parquet.go and arrow.go are the binary
// ones, whose values print.go turns into text. json_events.go and record_events.go read
// records inside what others have written round them. Each format has a few files of its
// own, csv_*.go and so on. Package simd has the kernels.
package formats

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
)

// A Source is one opened input. It is shared by all workers and safe for
// concurrent use; Close is called once, after the last Reader has finished.
type Source interface {
	Info() Info
	// NewReader returns a Reader for one goroutine. Columns that the input
	// lacks have empty cells.
	NewReader(Want) Reader
	Close() error
}

// A Reader reads blocks of one Source. It belongs to one goroutine and owns
// all bytes that it hands out.
type Reader interface {
	// Next claims and splits the next block. It returns io.EOF once the source
	// is drained. Any other error concerns the whole rest of the source (read
	// error, truncated archive): the source ends after it, and the blocks
	// before it stand.
	Next() (Block, error)
	// Runs yields the key cells of all rows of the block, each key at least
	// once (several times where a format stores a column in pieces). A Run
	// lives until the next is yielded. An error means that this key could not
	// be read in this block; the other keys still follow.
	Runs() iter.Seq2[*Run, error]
	// Fetch returns the late cells of some rows, ascending, of stage
	// Want.Late[stage]. The Grid lives until the next Fetch of that stage or
	// the next block. With an error it has the cells that could be read, the
	// others empty, or is nil.
	Fetch(stage int, rows []uint32) (*Grid, error)
	// Record returns every cell of one row with its name as in the file, in
	// file order. It lives until the next call of Record or Next.
	Record(row uint32) ([]Field, error)
	// Pos says where a row is, relative to the block. It is worked out only
	// when asked for.
	Pos(row uint32) Pos
	// Raw returns the undecoded bytes of a row where the format has such
	// (lines, JSON objects), else nil. Lives as long as the block.
	Raw(row uint32) []byte
	// Rejects returns what could not be read or had to be repaired in the
	// block, in file order. It is complete after Runs has been drained.
	Rejects() []Reject
}

// Info describes a Source as known when it was opened.
type Info struct {
	Input       Input
	Format      string // name of the Format: csv, jsonl, json, parquet, arrow
	Compression string // gzip, zstd, bzip2, zip, avro, "" for none
	Encoding    string // utf-16le, utf-16be, windows-1252; "" for UTF-8
	Delimiter   byte   // CSV only
	NoHeader    bool   // CSV only: the file has no header of its own
	Size        int64  // bytes on disk, -1 if unknown
	// Serial is true when blocks can only be claimed one after the other at
	// the speed of one goroutine (compressed streams, standard input).
	Serial bool
	// Parts are the tables that the opened head shows; a document may bring
	// more later (see Block.Part). At least one, unless the input is empty.
	Parts []*Part
	// More is true when the document goes on behind the head that was looked at,
	// with other tables perhaps. Only documents of tables by position have it.
	More bool
	// Unshown is true when a JSON document begins with a record that is too large, so
	// that its columns, and those of the records behind it, are not known.
	Unshown bool
	// Envelope is the member of a JSON record that holds its columns: properties,
	// result, _source or body; "" where the record itself does.
	Envelope string
	// Unread are the columns whose cells cannot be read; all their cells are empty.
	Unread []string
	// Notes are things a user should know: columns that are not read because
	// they are nested, a repaired header. Some are known only once all is read.
	Notes []string
}

// A Part is one table inside a source: all records that share a column list.
// Parts are compared by pointer; they never change once published.
type Part struct {
	Name    string   // name of a result table, "" where the format has none
	Columns []string // names as in the file, in file order; names may repeat or be empty
	// Sample holds the cells of the first few records (at most 64), in the
	// order of Columns. May be empty where reading it would be expensive.
	Sample [][]string
}

// A Column names a column that is wanted. Formats with a fixed column list
// (Part.Columns of the only Part) go by N, its number there, so that repeated
// names stay apart. Where N is -1 the reader goes by Name, compared without
// regard to case and to a zone suffix such as " [UTC]" (see [BareName]).
type Column struct {
	Name string
	N    int
}

// WholeRecord in place of a Column's number asks for each record as it stands,
// an object or, in tables by position, an array. Only keys of JSON formats can
// be whole records: their records may have members that the head did not show.
const WholeRecord = -2

// Want says what to read.
type Want struct {
	Keys []Column   // for every row
	Late [][]Column // then, stage by stage, for the rows still alive
	// Keep, if not nil, appends to dst the indexes of the cells of a run that are
	// worth locating, ascending. judged=false means that every cell of this key is
	// wanted; the reader then stops asking. A reader may leave the other cells out
	// of its runs. Readers may keep verdicts across blocks, so Keep must be pure and
	// equal for all readers of a source. It is called by Runs, between runs.
	Keep func(r *Run, dst []uint32) (kept []uint32, judged bool)
	// Only lists, by key, all cells that are wanted, byte for byte and ascending;
	// nil for keys of which more than a list are wanted. A reader may leave out
	// pages of a file that are known to hold none of them.
	Only [][]string
	// Sift, if not nil, appends to dst, ascending, offsets into a text, at least one
	// within each record in which a cell of a Sifted key may be wanted. ok=false means
	// that nearly all records may be; the reader then splits them all. Of records
	// without an offset a reader may leave the cells of Sifted keys out of its runs.
	// Sift must be pure.
	Sift   func(text []byte, dst []uint32) (at []uint32, ok bool)
	Sifted []bool // by key
	// Spare, if not nil, is a Reader of any source that is done with: the new one may
	// be that Reader, turned to its source, or use its memory. To sweep many small files
	// would otherwise be mostly to make buffers.
	Spare Reader
}

// A Block is a piece of a source that one Reader has claimed.
type Block struct {
	Seq     int   // 0, 1, 2… in file order, without gaps
	Part    *Part // which table its rows belong to
	Rows    int   // rows that can be matched
	Records int   // data records, counting rejected ones; record numbers go by it
	Lines   int   // line breaks up to the start of the next block; 0 where lines mean nothing
	Size    int64 // bytes of the input on disk that it accounts for
	Group   int   // Parquet row group from 0, else -1
	// Line is the number of line breaks before the block, and Record that of
	// records, where the format knows them when claiming; else -1, and they
	// are the sums over the blocks before.
	Line, Record int64
}

// A Cell is a piece of Data. Offsets, not slices: Data may move while cells
// are unescaped to its end, and the garbage collector has nothing to follow.
type Cell struct{ Off, Len uint32 }

// A Ref says that a row holds a cell of a Run.
type Ref struct {
	Row  uint32 // row of the block
	Cell uint32 // index into Run.Cells
}

// A Run is a sequence of cells of one key. Cells are values, not rows: a
// dictionary lists each value once, and empty cells may be left out.
type Run struct {
	Key   int    // index into Want.Keys
	Data  []byte // what the cells point into
	Cells []Cell
	// Find appends the rows that hold the given cells (ascending indices into
	// Cells), ascending by row. Nil where cell i is row i. It may read on in
	// the file.
	Find func(cells []uint32, dst []Ref) ([]Ref, error)
}

// Cell returns the bytes of cell i. They live as long as the Run.
func (r *Run) Cell(i int) []byte {
	c := r.Cells[i]
	return r.Data[c.Off : c.Off+c.Len : c.Off+c.Len]
}

// Rows appends to dst the rows that hold the given cells.
func (r *Run) Rows(cells []uint32, dst []Ref) ([]Ref, error) {
	if r.Find != nil {
		return r.Find(cells, dst)
	}
	for _, c := range cells {
		dst = append(dst, Ref{Row: c, Cell: c})
	}
	return dst, nil
}

// rowsFrom is Run.Find where cell i is row first+i.
func rowsFrom(first uint32) func(cells []uint32, dst []Ref) ([]Ref, error) {
	return func(cells []uint32, dst []Ref) ([]Ref, error) {
		for _, i := range cells {
			dst = append(dst, Ref{Row: first + i, Cell: i})
		}
		return dst, nil
	}
}

// A Grid holds late cells in the order in which their reader comes by them: the
// cell of the i-th asked row and the j-th column of the stage is
// Cells[i*Down+j*Right].
type Grid struct {
	Cols        int
	Data        []byte
	Cells       []Cell
	Down, Right int // from a cell to the next row's, and to the next column's
}

// Cell returns the bytes of row i, column j. They live as long as the Grid.
func (g *Grid) Cell(i, j int) []byte {
	c := g.Cells[i*g.Down+j*g.Right]
	return g.Data[c.Off : c.Off+c.Len : c.Off+c.Len]
}

// byRow empties a grid whose cells will be appended row by row.
func (g *Grid) byRow(cols int) {
	g.Cols, g.Down, g.Right = cols, cols, 1
	g.Cells = g.Cells[:0]
}

// byColumn makes a grid of empty cells that will be filled column by column.
func (g *Grid) byColumn(rows, cols int) {
	// A column begins where it is not in the way of the others in a cache: an odd
	// number of lines behind the one before.
	const line = 8
	g.Cols, g.Down, g.Right = cols, 1, ((rows+line-1)/line|1)*line
	g.Data, g.Cells = g.Data[:0], growCells(g.Cells, cols*g.Right)
	clear(g.Cells)
}

// A Field is one cell of a record with its name as in the file.
type Field struct{ Name, Value []byte }

// Pos is where a record is. As a Reader gives it, Record and Line count from 0
// within the block; as part of an Error, from 1 within the input.
type Pos struct {
	Input  Input
	Record int64 // data record; -1 if not known
	Line   int64 // physical line on which it starts; -1 where lines mean nothing
	Group  int   // Parquet row group from 0; -1 otherwise
	Offset int64 // byte offset in the unpacked input; -1 if not known
	Column string
}

// String gives the position as error messages show it: net.csv:17,
// logs.zip/net.csv:17, flows.parquet:group 3:row 812: column URL.
func (p Pos) String() string {
	var b strings.Builder
	b.WriteString(p.Input.String())
	if p.Group >= 0 {
		fmt.Fprintf(&b, ":group %d", p.Group)
	}
	switch {
	case p.Line > 0:
		b.WriteByte(':')
		b.WriteString(strconv.FormatInt(p.Line, 10))
	case p.Record > 0:
		fmt.Fprintf(&b, ":row %d", p.Record)
	case p.Offset > 0:
		fmt.Fprintf(&b, ":byte %d", p.Offset)
	}
	if p.Column != "" {
		b.WriteString(": column ")
		b.WriteString(p.Column)
	}
	return b.String()
}

// maxRaw is how many bytes of a record Reject.Raw has at most.
const maxRaw = 64 << 10

// A Reject is a record that could not be read whole, or all of a block that
// could not be read.
type Reject struct {
	Pos Pos    // relative to the block, as Reader.Pos gives it; Record is -1 where it is no single record
	At  int64  // where Pos.Record is -1: the record of the block, from 0, that it stands before
	Err error  // why
	Raw []byte // the record's bytes, at most 64 KiB of them; a copy
	// Matched is true when the record's readable cells were matched all the
	// same (ragged or repaired): a warning, not a loss.
	Matched bool
}

// Error is a problem at a position.
type Error struct {
	Pos Pos
	Err error
}

func (e *Error) Error() string { return e.Pos.String() + ": " + e.Err.Error() }

// Unwrap leads to the cause, often one of the Err values of this package.
func (e *Error) Unwrap() error { return e.Err }

// Causes that callers may test for with errors.Is.
var (
	ErrUnknownFormat = errors.New("not a CSV, JSON, Parquet, Arrow or Avro file")
	ErrEmpty         = errors.New("empty file")
	ErrNoRecords     = fmt.Errorf("%w: an Avro container without records", ErrEmpty)
	ErrBinary        = errors.New("binary data, not an export")
	ErrPacked        = errors.New("it may hold exports that were not read")
	ErrNoHeader      = errors.New("no header: give its columns with --header")
	ErrRagged        = errors.New("ragged record")
	ErrBareQuote     = errors.New("stray quote")
	ErrOpenQuote     = errors.New("quoted cell never ends")
	ErrEscaped       = errors.New("a backslash before a quote: cells may have been taken for those of other columns")
	ErrNoLineEnd     = errors.New("no line end")
	ErrHole          = errors.New("zeros in place of text: records may be missing")
	ErrOtherHeader   = errors.New("another header: what follows was read by the first one; split the file here")
	ErrTooLarge      = errors.New("record too large")
	ErrSyntax        = errors.New("malformed JSON")
	ErrRowsFirst     = errors.New("rows come before their columns")
	ErrTruncated     = errors.New("input ends early")
	ErrPartial       = errors.New("the export says that it is incomplete")
	ErrUnsearched    = errors.New("there may be more records, in what was not searched to its end")
)

// Options says how to open inputs. The zero value detects everything.
type Options struct {
	Format    string   // name of a Format; "" detects it by content
	Header    []string // column names for CSV files that have no header
	BlockSize int      // bytes of text per block, in Parquet 8 for each row; 0 means 512 KiB, and 128 Ki rows
	MaxRecord int      // largest record in bytes; 0 means 64 MiB
	// Table names the table that the columns and the sample of a part show beyond
	// doubt, "" for none. JSON is searched by it for records that are wrapped in
	// other things; nil: only the shapes that every JSON export has are read.
	Table func(*Part) string
	// Fits reports whether the records of a part are read as they are though Table does not
	// name it, as those that a query has left no time: what lies inside is not read in place
	// of them. Nil: none.
	Fits  func(*Part) bool
	Whole bool   // read a JSON document as it is, and not only the records that it wraps
	Times *Times // counts what reading costs; nil: not counted
	// Until, once done, ends the reading of pipes and devices that Walk has found, with
	// its error: they may wait for ever. So it does the summing up of what an archive
	// stores. Nil: nothing ends it.
	Until   context.Context
	TempDir string // where inputs that need seeking are spooled; "" means os.TempDir
}

// Sizes that Options' zero values stand for.
const (
	// Text, its marks and what is made of it stay in the second cache of a core.
	DefaultBlockSize = 512 << 10
	defaultBlockRows = 128 << 10
	DefaultMaxRecord = 64 << 20
)

func (o Options) blockSize() int {
	if o.BlockSize > 0 {
		return o.BlockSize
	}
	return DefaultBlockSize
}

// blockRows is how many rows a block of Parquet has at most.
func (o Options) blockRows() int64 {
	if o.BlockSize > 0 {
		return max(int64(o.BlockSize)/8, 1)
	}
	return defaultBlockRows
}

func (o Options) maxRecord() int {
	if o.MaxRecord > 0 {
		return o.MaxRecord
	}
	return DefaultMaxRecord
}

// A Format is one way in which tables are stored.
type Format struct {
	Name  string
	Sniff func(head []byte) bool // head: up to 64 KiB, unpacked, in UTF-8
	Open  func(*Content, Options) (Source, error)
}

// findColumn returns the index in names of a wanted column, by its number or else its
// name; -1 if it is not there.
func findColumn(names []string, c Column) int {
	if c.N >= 0 {
		if c.N < len(names) {
			return c.N
		}
		return -1
	}
	want := BareName(c.Name)
	for i, name := range names {
		if strings.EqualFold(BareName(name), want) {
			return i
		}
	}
	return -1
}

// BareName returns a column name as its table has it: [Undecorated], and without the
// names of envelopes, which programs that make tables of records in them put before it:
// properties.RemoteIP, body.properties.RemoteIP.
func BareName(name string) string {
	if isWord(name) { // as nearly all are
		return name
	}
	bare, _ := Undecorated(name)
	return withoutEnvelopes(bare)
}

// Undecorated returns a column name without the decorations that portals add: a
// zone suffix (" [UTC]", " [Pacific Time (US and Canada)]", " Local time"),
// spaces and quotes around it. zone is the text in the brackets, "local" for
// Local time, "" without one.
func Undecorated(name string) (bare, zone string) {
	name = strings.Trim(name, " \t\r\n\"\ufeff\u00a0\u200e")
	if i := strings.LastIndex(name, " ["); i > 0 && strings.HasSuffix(name, "]") {
		zone = name[i+2 : len(name)-1]
		if strings.EqualFold(zone, "local time") {
			zone = "local"
		}
		return strings.TrimSpace(name[:i]), zone
	}
	const local = " local time"
	if len(name) > len(local) && strings.EqualFold(name[len(name)-len(local):], local) {
		return strings.TrimSpace(name[:len(name)-len(local)]), "local"
	}
	return name, ""
}

// IsInner reports whether a column has the names of envelopes before its bare name.
func IsInner(name, bare string) bool {
	own, _ := Undecorated(name)
	return len(own) > len(bare)
}

// withoutEnvelopes takes the names of envelopes off a name. In properties a type is none of
// a table, which category names: it is that of whatever there is.
func withoutEnvelopes(name string) string {
	for {
		outer, inner, ok := strings.Cut(name, ".")
		if strings.EqualFold(inner, "type") && strings.EqualFold(outer, "properties") {
			return name
		}
		if !ok || inner == "" || !slices.ContainsFunc(jsonEnvelopes, func(e string) bool { return strings.EqualFold(e, outer) }) {
			return name
		}
		name = inner
	}
}

// isWord reports whether a name is made of ASCII letters, digits and underscores alone:
// then it has no decorations.
func isWord[T string | []byte](name T) bool {
	for i := range len(name) {
		if c := name[i]; c-'0' > 9 && c|0x20-'a' > 'z'-'a' && c != '_' {
			return false
		}
	}
	return true
}
