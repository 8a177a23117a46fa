package formats

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/ipc"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Arrow IPC: files, whose record batches are claimed one by one by all
// workers, and streams, which are read from front to back. A block is a record
// batch. Text arrays are handed out as they lie in the batch; a dictionary
// array is one run of its dictionary, and its indices are compared only when a
// value matches. Lists, structs and maps are printed as JSON; unions and what is
// nested beyond bounds are not read, and a note names them.
//
// A file whose footer is missing or damaged is read like a stream, as far as
// it goes.
var Arrow = Format{
	Name: "arrow",
	Sniff: func(head []byte) bool {
		if bytes.HasPrefix(head, ipc.Magic) {
			return true
		}
		// A stream begins with a continuation mark and the length of the
		// schema message.
		return len(head) >= 8 && binary.LittleEndian.Uint32(head) == 0xffffffff && int32(binary.LittleEndian.Uint32(head[4:])) > 0
	},
	Open: openArrow,
}

// Records returns an Input over record batches that the caller brings, all of
// the given schema. name takes the place of a path. next is called by
// one goroutine at a time, though not always the same one, until it returns
// io.EOF. It hands over its reference to a batch, which is released when
// its block is done and must not change before. The Input can be opened once.
func Records(name string, schema *arrow.Schema, next func() (arrow.Record, error)) Input {
	in := Input{Path: name, Named: true}
	var used atomic.Bool
	in.source = func() (Source, error) {
		if used.Swap(true) {
			return nil, errors.New("record batches can be read only once")
		}
		c := &Content{Input: in, Size: -1, Close: func() error { return nil }}
		return newArrowSource(c, schema, &arrowStream{next: next}, nil), nil
	}
	return in
}

const (
	maxArrowBatch = 1 << 30 // bytes of a message, and of any one buffer
	maxArrowLive  = 4 << 30 // bytes of all batches at a time
	maxArrowMeta  = 64 << 20
)

// An arrowLimit is an allocator that bounds what the Arrow library may ask for: a length
// in a damaged file may be any number. It panics, as the library itself does about
// damage, so every call of the library is made under recovered.
type arrowLimit struct {
	memory.Allocator
	most int // bytes of one buffer
	live atomic.Int64
}

// newArrowLimit returns the limit for an input of size bytes, -1 if that is not known.
// Compressed buffers may be much larger than the input.
func newArrowLimit(size int64) *arrowLimit {
	a := &arrowLimit{Allocator: memory.NewGoAllocator(), most: maxArrowBatch}
	if size >= 0 && size < maxArrowBatch/2048 {
		a.most = int(max(size*2048, 16<<20))
	}
	return a
}

func (a *arrowLimit) take(n int) {
	if n < 0 || n > a.most {
		panic(fmt.Errorf("%w: buffer of %d bytes", ErrTooLarge, n))
	}
	if a.live.Add(int64(n)) > maxArrowLive {
		a.live.Add(-int64(n)) // this buffer is not made; those of other batches may still fit
		panic(fmt.Errorf("%w: buffer of %d bytes", ErrTooLarge, n))
	}
}

func (a *arrowLimit) Allocate(n int) []byte {
	a.take(n)
	return a.Allocator.Allocate(n)
}

func (a *arrowLimit) Reallocate(n int, b []byte) []byte {
	a.take(n)
	a.live.Add(-int64(len(b)))
	return a.Allocator.Reallocate(n, b)
}

func (a *arrowLimit) Free(b []byte) {
	a.live.Add(-int64(len(b)))
	a.Allocator.Free(b)
}

type arrowSource struct {
	c      *Content
	info   Info
	part   *Part
	cols   []arrowColumn
	file   *ipc.FileReader // nil: stream
	stream *arrowStream    // nil: file
	blocks []arrowBlock    // batches of file
	views  *arrowViews
	mem    memory.Allocator // of file
	claim  atomic.Int64     // next of blocks
}

// An arrowColumn says how a field is printed.
type arrowColumn struct {
	nested bool // it is not read
	uuid   bool
}

// An arrowStream gives batches one after the other.
type arrowStream struct {
	mu   sync.Mutex
	next func() (arrow.Record, error)
	seq  int   // of the next batch
	used int64 // bytes on disk accounted for
	done bool
	err  error // returned in place of io.EOF if not nil
}

func openArrow(c *Content, o Options) (src Source, err error) {
	defer recovered(&err)
	size := int64(-1)
	if c.At != nil {
		size = c.Len
	}
	mem := newArrowLimit(size)
	if c.At != nil && bytes.HasPrefix(c.Head, ipc.Magic) || c.At != nil && c.Head == nil {
		f, blocks, views, err := openArrowFile(c, mem)
		if err == nil {
			s := newArrowSource(c, f.Schema(), nil, f)
			s.blocks, s.views, s.mem = blocks, views, mem
			s.sample()
			return s, nil
		}
		s, bad := openArrowStream(c, io.NewSectionReader(c.At, 8, max(c.Len-8, 0)), mem)
		if bad != nil {
			return nil, err
		}
		s.info.Notes = append(s.info.Notes, fmt.Sprintf("the footer cannot be read (%v): read from the front as far as it goes", err))
		s.stream.err = fmt.Errorf("footer: %w", err)
		return s, nil
	}
	r := c.Stream
	if c.At != nil {
		r = io.NewSectionReader(c.At, 0, c.Len)
	}
	if bytes.HasPrefix(c.Head, ipc.Magic) {
		if _, err := io.CopyN(io.Discard, r, 8); err != nil {
			return nil, err
		}
	}
	return openArrowStream(c, r, mem)
}

func openArrowFile(c *Content, mem memory.Allocator) (f *ipc.FileReader, blocks []arrowBlock, views *arrowViews, err error) {
	views = new(arrowViews)
	defer recovered(&err)
	if blocks, err = checkArrowFile(c.At, c.Len, views); err != nil {
		return nil, nil, nil, err
	}
	f, err = newFileReader(c, mem)
	return f, blocks, views, err
}

func newFileReader(c *Content, mem memory.Allocator) (*ipc.FileReader, error) {
	return ipc.NewFileReader(io.NewSectionReader(c.At, 0, c.Len), ipc.WithAllocator(mem))
}

func openArrowStream(c *Content, r io.Reader, mem memory.Allocator) (s *arrowSource, err error) {
	defer recovered(&err)
	m := &arrowMessages{r: r}
	rd, err := ipc.NewReaderFromMessageReader(m, ipc.WithAllocator(mem))
	if err != nil {
		return nil, m.cause(err)
	}
	next := func() (arrow.Record, error) {
		rec, err := rd.Read()
		if err != nil {
			if err == io.EOF && m.err == nil {
				return nil, io.EOF
			}
			return nil, m.cause(err)
		}
		rec.Retain()
		return rec, nil
	}
	return newArrowSource(c, rd.Schema(), &arrowStream{next: next}, nil), nil
}

// arrowMessages reads the messages of a stream. Unlike the library's own
// reader it does not reserve what a message claims to have before it is there.
type arrowMessages struct {
	r     io.Reader
	msg   *ipc.Message
	n     int64 // bytes read
	views arrowViews
	err   error
}

func (m *arrowMessages) Retain()  {}
func (m *arrowMessages) Release() {}

// cause prefers the error of reading over what the library makes of it.
func (m *arrowMessages) cause(err error) error {
	if m.err != nil {
		return m.err
	}
	return err
}

func (m *arrowMessages) fail(err error) (*ipc.Message, error) {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = ErrTruncated
	}
	m.err = fmt.Errorf("byte %d: %w", m.n, err)
	return nil, m.err
}

func (m *arrowMessages) Message() (*ipc.Message, error) {
	if m.err != nil {
		return nil, m.err
	}
	if m.msg != nil {
		m.msg.Release()
		m.msg = nil
	}
	var head [4]byte
	size := func() (uint32, error) {
		k, err := io.ReadFull(m.r, head[:])
		m.n += int64(k)
		return binary.LittleEndian.Uint32(head[:]), err
	}
	n, err := size()
	if err == io.EOF {
		return nil, io.EOF // streams may end without a mark
	}
	if err == nil && n == 0xffffffff {
		n, err = size()
	}
	if err != nil {
		return m.fail(err)
	}
	if n == 0 {
		return nil, io.EOF
	}
	if n > maxArrowMeta {
		return m.fail(fmt.Errorf("%w: message header of %d bytes", ErrTooLarge, n))
	}
	meta, err := m.bytes(int64(n))
	if err != nil {
		return m.fail(err)
	}
	if err := checkMessage(meta, &m.views); err != nil {
		return m.fail(err)
	}
	body, err := arrowBodyLen(meta)
	if err != nil {
		return m.fail(err)
	}
	data, err := m.bytes(body)
	if err != nil {
		return m.fail(err)
	}
	m.msg = ipc.NewMessage(memory.NewBufferBytes(meta), memory.NewBufferBytes(data))
	return m.msg, nil
}

// arrowBodyLen takes the length of the body from a message's header.
func arrowBodyLen(meta []byte) (n int64, err error) {
	defer recovered(&err)
	msg := ipc.NewMessage(memory.NewBufferBytes(meta), memory.NewBufferBytes(nil))
	defer msg.Release()
	n = msg.BodyLen()
	if n < 0 || n > maxArrowBatch {
		return 0, fmt.Errorf("%w: message of %d bytes", ErrTooLarge, n)
	}
	return n, nil
}

func (m *arrowMessages) bytes(n int64) ([]byte, error) {
	var b bytes.Buffer
	if n < 1<<20 {
		b.Grow(int(n))
	}
	k, err := io.CopyN(&b, m.r, n)
	m.n += k
	return b.Bytes(), err
}

func newArrowSource(c *Content, schema *arrow.Schema, stream *arrowStream, file *ipc.FileReader) *arrowSource {
	s := &arrowSource{c: c, file: file, stream: stream, part: &Part{}}
	var nested []string
	for _, f := range schema.Fields() {
		s.part.Columns = append(s.part.Columns, f.Name)
		col := arrowColumn{nested: !arrowReadable(f.Type)}
		if i := f.Metadata.FindKey(ipc.ExtensionTypeKeyName); i >= 0 && f.Metadata.Values()[i] == "arrow.uuid" {
			col.uuid = true
		}
		if col.nested {
			nested = append(nested, f.Name)
		}
		s.cols = append(s.cols, col)
	}
	s.info = Info{Input: c.Input, Format: "arrow", Compression: c.Compression, Encoding: c.Encoding, Size: c.Size,
		Serial: file == nil, Parts: []*Part{s.part}}
	if s.info.Unread = nested; len(nested) > 0 {
		s.info.Notes = append(s.info.Notes, "columns not read because they are nested: "+strings.Join(nested, ", "))
	}
	return s
}

// sample reads the cells of the first batch that tell tables and times apart.
func (s *arrowSource) sample() {
	if len(s.blocks) == 0 {
		return
	}
	cols := tellingColumns(s.part.Columns)
	if len(cols) == 0 {
		return
	}
	r := s.NewReader(Want{Late: [][]Column{cols}}).(*arrowReader)
	rec, err := r.batch(0)
	if err != nil {
		return // reported when it is scanned
	}
	r.rec = rec
	defer r.release()
	s.part.addSample(r, cols, rec.NumRows())
}

// batch reads a record batch of a file. The library's readers keep state while
// they look up dictionaries, so every Reader has one of its own.
func (r *arrowReader) batch(i int) (rec arrow.Record, err error) {
	defer recovered(&err)
	s := r.s
	if err := s.blocks[i].check(s.c.At, s.c.Len, s.views); err != nil {
		return nil, err
	}
	if r.file == nil {
		if r.file, err = newFileReader(s.c, s.mem); err != nil {
			return nil, err
		}
	}
	return r.file.RecordAt(i)
}

// claimNext takes the next batch of a stream.
func (s *arrowStream) claimNext(c *Content) (rec arrow.Record, seq int, size int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done {
		return nil, 0, 0, io.EOF
	}
	func() {
		defer recovered(&err)
		rec, err = s.next()
	}()
	if err != nil {
		s.done = true
		if err == io.EOF && s.err != nil {
			err = s.err
		}
		return nil, 0, 0, err
	}
	if c.Consumed != nil {
		n := c.Consumed()
		size, s.used = n-s.used, n
	}
	seq = s.seq
	s.seq++
	return rec, seq, size, nil
}

func (s *arrowSource) Info() Info { return s.info }

func (s *arrowSource) Close() error {
	if s.file != nil {
		s.file.Close()
	}
	return s.c.Close()
}

func (s *arrowSource) NewReader(w Want) Reader {
	r := &arrowReader{s: s}
	for _, c := range w.Keys {
		r.keys = append(r.keys, findColumn(s.part.Columns, c))
	}
	for _, stage := range w.Late {
		var cols []int
		for _, c := range stage {
			cols = append(cols, findColumn(s.part.Columns, c))
		}
		r.late = append(r.late, cols)
		r.grids = append(r.grids, Grid{})
	}
	return r
}
