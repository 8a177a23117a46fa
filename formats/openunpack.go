package formats

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/klauspost/compress/gzip"
)

// compressionOf names the compression that head begins with, "" for none.
func compressionOf(head []byte) string {
	has := func(magic string) bool { return bytes.HasPrefix(head, []byte(magic)) }
	switch {
	case has("\x1f\x8b\x08"):
		return "gzip"
	case has("\x28\xb5\x2f\xfd"):
		return "zstd"
	case len(head) >= 4 && head[0]&0xf0 == 0x50 && string(head[1:4]) == "\x2a\x4d\x18":
		return "zstd" // a skippable frame comes first
	case has("PK\x03\x04"), has("PK\x05\x06"), has("PK\x07\x08PK\x03\x04"):
		return "zip"
	case has("BZh") && len(head) >= 10 && head[3] >= '1' && head[3] <= '9' &&
		(string(head[4:10]) == "1AY&SY" || string(head[4:10]) == "\x17rE8P\x90"):
		return "bzip2"
	case has(avroMagic):
		return "avro"
	}
	return ""
}

// unpack puts a decompressor between c and its reader. close, if the
// decompressor has one, is called when c is closed.
func (c *Content) unpack(name string, open func(io.Reader) (r io.Reader, close func() error)) {
	in := c.reader()
	if c.times != nil {
		in = timedReader{in, &c.times.Unpack, -1}
	}
	r, close := open(in)
	if c.times != nil {
		r = timedReader{r, &c.times.Unpack, 1}
	}
	c.Stream = &unpacked{name: name, r: r}
	if close != nil {
		c.onClose(close)
	}
	c.Compression = joinNames(c.Compression, name)
}

// joinNames names a compression inside another.
func joinNames(outer, inner string) string {
	if outer == "" || inner == "" {
		return outer + inner
	}
	return outer + "+" + inner
}

// An unpacked stream gives errors of this package for those of decompressors. After one,
// every Read returns the same.
type unpacked struct {
	name string
	r    io.Reader
	err  error
}

func (u *unpacked) Read(p []byte) (int, error) {
	if u.err != nil {
		return 0, u.err
	}
	n, err := u.r.Read(p)
	switch {
	case err == nil:
		return n, nil
	case err == io.EOF || errors.Is(err, ErrTruncated) || errors.Is(err, ErrCorrupt) || errors.Is(err, ErrUnknownFormat):
		u.err = err
	case errors.Is(err, io.ErrUnexpectedEOF):
		u.err = fmt.Errorf("%s: %w", u.name, ErrTruncated)
	case errors.As(err, new(*fs.PathError)):
		u.err = err // the disk's fault, not the data's
	default:
		u.err = fmt.Errorf("%w: %v", ErrCorrupt, err)
	}
	return n, u.err
}

// A gzipReader reads gzip members one after the other. The library could, but tapes and
// some appliances fill up their last block with zeros, which it takes for damage.
type gzipReader struct {
	in *bufio.Reader
	z  gzip.Reader
	on bool // inside a member
}

func newGzip(r io.Reader) (io.Reader, func() error) {
	return &gzipReader{in: bufio.NewReaderSize(r, 64<<10)}, nil
}

func (g *gzipReader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	for {
		if !g.on {
			if err := g.next(); err != nil {
				return 0, err
			}
			g.on = true
		}
		n, err := g.z.Read(p)
		if err == io.EOF {
			g.on, err = false, nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
}

// next goes to the next member. It returns io.EOF if there is none.
func (g *gzipReader) next() error {
	for {
		b, err := g.in.ReadByte()
		if err != nil {
			return err
		}
		if b != 0 {
			break
		}
	}
	g.in.UnreadByte()
	if magic, err := g.in.Peek(2); err == nil && string(magic) != "\x1f\x8b" {
		return fmt.Errorf("%w: something else follows the gzip data", ErrCorrupt)
	}
	err := g.z.Reset(g.in)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	g.z.Multistream(false)
	return err
}

func newBzip2(r io.Reader) (io.Reader, func() error) {
	return bzip2.NewReader(bufio.NewReaderSize(r, 64<<10)), nil
}
