package formats

import (
	"bytes"
	"errors"
	"io"
	"os"
	"sync/atomic"
)

// An Input names something that can be opened: a file, a member of a zip
// archive, standard input, or bytes that the caller holds.
type Input struct {
	Path   string // as the user gave it or a walk found it; "-" is standard input
	Member string // name inside a zip archive, "" otherwise
	Named  bool   // given by name, not met by a folder walk

	pipe   bool                            // known to be no regular file
	open   func(Options) (*Content, error) // nil: Path is a file
	source func() (Source, error)          // not nil: nothing to detect
}

// Stdin returns the Input "-" that reads r. A regular file is read at
// positions, from where it stands, and may be opened several times; anything
// else only once.
func Stdin(r io.Reader) Input {
	var used atomic.Bool
	return Input{Path: "-", Named: true, open: func(Options) (*Content, error) {
		c := stdinContent(r)
		if c.At == nil && used.Swap(true) {
			return nil, errors.New("standard input can be read only once")
		}
		return c, nil
	}}
}

// Bytes returns an Input for an export that the caller holds in memory. name
// stands where otherwise the path is; b must not change while it is in use.
func Bytes(name string, b []byte) Input {
	return Input{Path: name, Named: true, open: func(Options) (*Content, error) {
		return &Content{Size: int64(len(b)), At: bytes.NewReader(b), Len: int64(len(b))}, nil
	}}
}

// String is the name as messages show it.
func (in Input) String() string {
	if in.Member != "" {
		return in.Path + "/" + in.Member
	}
	return in.Path
}

// Rereadable reports whether an input can be opened any number of times, and opening
// takes nothing away from it. It is false for pipes, devices and standard input.
func (in Input) Rereadable() bool {
	switch {
	case in.Member != "":
		return true
	case in.open != nil || in.source != nil:
		return in.Path != "-"
	}
	st, err := os.Stat(in.Path)
	return err == nil && Regular(st.Mode())
}

// Content is an opened input after decompression and transcoding to UTF-8.
// Exactly one of At and Stream is set: At where the bytes lie uncompressed in
// a regular file or in memory, Stream where they come one after the other.
//
// A UTF-8 byte order mark is left where it is, in Head as in the bytes, so
// that offsets stay true: readers of text skip it. Format.Sniff does not see
// it. That of UTF-16 is taken off.
//
// Stream reads in the goroutine that calls it, and its errors stay: after
// one, every Read returns the same. Those about compressed data have
// ErrTruncated or ErrCorrupt as their cause, and come after all bytes that
// could be unpacked.
type Content struct {
	Input       Input
	Compression string // "" for none; from the outside in, as zip+gzip
	Encoding    string
	Size        int64 // bytes on disk, -1 if unknown
	At          io.ReaderAt
	Len         int64 // length of At
	Stream      io.Reader
	Head        []byte // the first bytes, up to 64 KiB (not taken off Stream)
	// Consumed returns the bytes on disk that Stream has used so far, for
	// progress. Safe for concurrent use. Nil with At.
	Consumed func() int64
	// Close is never nil. A Format's Open leaves it alone if it fails.
	Close func() error

	times    *Times      // nil: nobody asks
	preamble int         // bytes of text above JSON, behind a byte order mark
	avro     *avroReader // what Stream reads from, or nil. Its lines are not those of a file
	payload  string      // member of the lines by which they were replaced, "" if they were not
	remarks  []string    // on what was done to the text, for Info.Notes
}

// made reports whether the lines are none of a file's, but made of what it holds.
func (c *Content) made() bool { return c.avro != nil || c.payload != "" }

// stdinContent reads what is given as standard input; it is never closed.
func stdinContent(r io.Reader) *Content {
	if f, ok := r.(*os.File); ok {
		if at, n, ok := rest(f); ok {
			return &Content{Size: n, At: at, Len: n}
		}
	}
	s := &counted{r: r}
	return &Content{Size: -1, Stream: s, Consumed: s.n.Load}
}

// rest returns what a regular file holds from where it stands on.
func rest(f *os.File) (*io.SectionReader, int64, bool) {
	st, err := f.Stat()
	if err != nil || !Regular(st.Mode()) {
		return nil, 0, false
	}
	off, err := f.Seek(0, io.SeekCurrent)
	if err != nil || off >= st.Size() {
		return nil, 0, false
	}
	n := st.Size() - off
	return io.NewSectionReader(whole{f, st.Size()}, off, n), n, true
}

// A counted reader counts bytes as they are read.
type counted struct {
	r io.Reader
	n atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}
