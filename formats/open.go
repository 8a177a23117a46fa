package formats

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/iocsweep/iocsweep/formats/cached"
)

// All lists the formats that [Open] can tell apart, in the order in which they
// are tried: those with a magic number first, CSV, which takes any text, last.
var All = []Format{
	Parquet,
	Arrow,
	JSONL,
	JSON,
	CSV,
}

// headSize is how many bytes of an input decide what it is.
const headSize = 64 << 10

// ErrCorrupt is the cause of errors about compressed data that does not
// unpack. What was unpacked before the damage stands.
var ErrCorrupt = errors.New("damaged compressed data")

// Open opens an input for reading, finds out what it is by its content, and
// returns its Source. The caller closes the Source.
//
// Compression (gzip, zstd, bzip2, a zip archive of one member) is taken off,
// one inside another if need be, UTF-16 becomes UTF-8, and the records of Avro
// JSON Lines. Formats that seek (Parquet, Arrow files) always get a Content with
// At: where they come as a stream they are copied first, to memory if small, else
// to a file in Options.TempDir that is gone when the Source is closed.
//
// Every error is an *Error. Its cause is ErrEmpty for an input of nothing but
// white space, ErrUnknownFormat or ErrBinary for one that is no table (with ErrPacked if it
// may have tables inside, as an archive that is not read), and
// ErrTruncated or ErrCorrupt for compressed data of which nothing can be read.
func Open(in Input, o Options) (Source, error) {
	if in.source != nil {
		s, err := in.source()
		if err != nil {
			return nil, inputError(in, err)
		}
		return s, nil
	}
	c, err := openContent(in, o)
	if err != nil {
		return nil, inputError(in, err)
	}
	in = c.Input
	f, err := formatOf(c, o)
	if err == ErrUnknownFormat || err == ErrBinary {
		err = cmp.Or(c.damage(), err)
	}
	if err == nil && c.avro == nil && (f.Name == JSON.Name || f.Name == JSONL.Name) {
		var turned bool
		if turned, err = c.turnColumns(o); turned {
			f = &JSONL
			if int64(len(c.Head)) < c.Len && bytes.IndexByte(c.Head, '\n') < 0 {
				f = &JSON // which looks further for the columns of the first record
			}
		}
	}
	if err == nil && f.seeks(c.Head) {
		err = c.spool(o.TempDir)
	}
	var s Source
	if err == nil {
		s, err = f.Open(c, o)
	}
	if err != nil {
		c.Close()
		return nil, inputError(in, err)
	}
	return s, nil
}

// openContent opens an input and takes off its wrappings. The result has a
// Head and a Close.
func openContent(in Input, o Options) (*Content, error) {
	c, err := in.content(o)
	if err != nil {
		return nil, err
	}
	c.timed(o.Times)
	if err := c.unwrap(o); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// maxWraps bounds how many compressions may lie one inside another. Exports
// have two at most (.csv.gz in a zip archive); files that unpack to themselves exist.
const maxWraps = 4

// unwrap takes compression off and makes UTF-8 of text, with records and lines that end
// as the readers want them.
func (c *Content) unwrap(o Options) error {
	for range maxWraps {
		if err := c.readHead(); err != nil {
			return err
		}
		var err error
		switch compressionOf(c.Head) {
		case "gzip":
			c.unpack("gzip", newGzip)
		case "bzip2":
			c.unpack("bzip2", newBzip2)
		case "zstd":
			c.unpack("zstd", newZstd)
		case "avro":
			err = c.unavro(o)
		case "zip":
			err = c.unzip(o)
		default:
			if err := c.toUTF8(); err != nil {
				return err
			}
			c.unsequence()
			return c.toLF()
		}
		if err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: compressed more than %d times over (%w)", ErrUnknownFormat, maxWraps-1, ErrPacked)
}

// readHead fills Head. A read error behind some bytes is left to whoever reads on
// behind these.
func (c *Content) readHead() error {
	if c.At != nil {
		size := min(headSize, c.Len)
		head := make([]byte, size, size+jsonPad)
		n, err := io.ReadFull(io.NewSectionReader(c.At, 0, size), head)
		c.Head = head[:n]
		if n == 0 && err != nil && err != io.EOF {
			return err
		}
		return nil
	}
	s := &replay{r: c.Stream, head: make([]byte, headSize)}
	var n int
	for n < len(s.head) && s.err == nil {
		var m int
		m, s.err = c.Stream.Read(s.head[n:])
		n += m
	}
	s.head = s.head[:n:n]
	c.Head, c.Stream = s.head, s
	if n == 0 && s.err != io.EOF {
		return s.err
	}
	return nil
}

// A replay is a stream whose head was read ahead.
type replay struct {
	head []byte
	err  error // what reading the head ended with
	r    io.Reader
}

func (s *replay) Read(p []byte) (int, error) {
	if len(s.head) > 0 {
		n := copy(p, s.head)
		s.head = s.head[n:]
		return n, nil
	}
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.r.Read(p)
	s.err = err
	return n, err
}

// reader returns all of the content as a stream and makes Consumed count it.
func (c *Content) reader() io.Reader {
	if c.At == nil {
		return c.Stream
	}
	r := &counted{r: io.NewSectionReader(c.At, 0, c.Len)}
	c.At, c.Len, c.Consumed = nil, 0, r.n.Load
	return r
}

// onClose has f called when c is closed, before the functions of earlier calls.
func (c *Content) onClose(f func() error) {
	before := c.Close
	c.Close = func() error { return errors.Join(f(), before()) }
}

// formatOf returns the format that the options name or the head shows.
func formatOf(c *Content, o Options) (*Format, error) {
	if c.avro != nil && len(c.Head) == 0 {
		return nil, ErrNoRecords
	}
	if c.avro != nil && o.Format == "" {
		return c.avro.format(c.Head)
	}
	head := bytes.TrimPrefix(c.Head, []byte(utf8BOM))
	if len(head) < headSize/2 && len(bytes.TrimSpace(head)) == 0 {
		return nil, ErrEmpty
	}
	if o.Format != "" {
		var names []string
		for i := range All {
			if strings.EqualFold(All[i].Name, o.Format) {
				return &All[i], nil
			}
			names = append(names, All[i].Name)
		}
		return nil, fmt.Errorf("no format %q: formats are %s", o.Format, strings.Join(names, ", "))
	}
	if !hasTableMagic(head) {
		if what := foreign(head); what != "" {
			if holdsExports(what) {
				return nil, fmt.Errorf("%w: it looks like %s (%w)", ErrUnknownFormat, what, ErrPacked)
			}
			return nil, fmt.Errorf("%w: it looks like %s", ErrUnknownFormat, what)
		}
		if isBinary(head) {
			return nil, ErrBinary
		}
		if f := c.preambled(o); f != nil {
			return f, nil
		}
	}
	for i := range All {
		if All[i].Sniff(head) {
			return &All[i], nil
		}
	}
	if cleared, err := c.withoutPrefixes(o); cleared || err != nil {
		return &JSONL, err
	}
	return nil, ErrUnknownFormat
}

// maxDoubt bounds how much of an unpacked stream that looks like nothing is read to find
// damage in it: a block of bzip2, in whose place damage leaves garbage, has 900 kB and
// its check sum at the end.
const maxDoubt = 4 << 20

// damage returns what is wrong with an unpacked stream, if that shows soon. Of one that
// only ends early what was seen is right.
func (c *Content) damage() error {
	if c.Compression == "" || c.At != nil {
		return nil
	}
	if _, err := io.CopyN(io.Discard, c.Stream, maxDoubt); errors.Is(err, ErrCorrupt) {
		return err
	}
	return nil
}

// seeks reports whether the format needs Content.At for an input with this head. An
// Arrow stream, unlike an Arrow file, is read from front to back.
func (f *Format) seeks(head []byte) bool {
	switch f.Name {
	case "parquet":
		return true
	case "arrow":
		return bytes.HasPrefix(head, []byte("ARROW1"))
	}
	return false
}

// inputError makes err an *Error about the whole of an input, unless it
// already has a position. The path is not said twice.
func inputError(in Input, err error) error {
	if e := (*Error)(nil); errors.As(err, &e) {
		return err
	}
	if e := (*fs.PathError)(nil); errors.As(err, &e) && e.Path == in.Path {
		err = e.Err
	}
	return &Error{Pos: Pos{Input: in, Record: -1, Line: -1, Group: -1, Offset: -1}, Err: err}
}

// content opens an input as it lies on disk.
func (in Input) content(o Options) (*Content, error) {
	var c *Content
	var err error
	switch {
	case in.open != nil:
		c, err = in.open(o)
	case in.Path == "-":
		c = stdinContent(os.Stdin)
	case in.pipe && o.Until != nil:
		c = pipeContent(o.Until, in.Path)
	default:
		c, err = fileContent(in.Path)
	}
	if err != nil {
		return nil, err
	}
	if c.Input.Path == "" {
		c.Input = in
	}
	if c.Close == nil {
		c.Close = func() error { return nil }
	}
	return c, nil
}

func fileContent(path string) (*Content, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err == nil && st.IsDir() {
		err = errors.New("is a folder")
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	c := &Content{Size: -1, Close: f.Close}
	// Files under /proc are regular and of size 0, whatever they hold.
	if Regular(st.Mode()) && st.Size() > 0 {
		c.Size, c.At, c.Len = st.Size(), whole{f, st.Size()}, st.Size()
		return c, nil
	}
	if Regular(st.Mode()) {
		c.Size = 0
	}
	r := &counted{r: f}
	c.Stream, c.Consumed = r, r.n.Load
	return c, nil
}

// A whole file is read up to the size that it had when it was opened. If it has become
// shorter since, its new end is ErrTruncated, not io.EOF.
type whole struct {
	file *os.File
	size int64 // bytes
}

func (w whole) ReadAt(p []byte, off int64) (int, error) {
	n, err := cached.ReadAt(w.file, p, off)
	if err == io.EOF && off+int64(n) < w.size {
		err = ErrTruncated
	}
	return n, err
}
