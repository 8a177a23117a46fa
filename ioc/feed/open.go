package feed

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// headSize is how much of a feed is looked at to tell its kind, in bytes.
const headSize = 64 << 10

// A Source is one feed.
type Source struct {
	// Path is what the places of its indicators begin with: Path:line.
	Path string
	// Open returns the feed's bytes, compressed or not. The caller of Open
	// closes them.
	Open func() (io.ReadCloser, error)

	values []string // of FromValues
}

// File is the feed in a file; "-" is standard input.
func File(path string) Source {
	return Source{Path: path, Open: func() (io.ReadCloser, error) {
		if path == "-" {
			return io.NopCloser(os.Stdin), nil
		}
		return os.Open(path)
	}}
}

// FromValues is the feed of indicators given one by one on the command line.
// The place of the first is --ioc:1. One that cannot be used is an error of
// Read, not a rejected line: somebody has typed it.
func FromValues(values []string) Source {
	return Source{Path: "--ioc", values: append([]string{}, values...)}
}

var errZip = errors.New("zip archive: unpack it first")

// unpack returns the text of a feed: decompressed, in UTF-8, without byte order
// mark. The compression is told by content; packed says that there was one.
// Close frees what unpacking holds, not r.
func unpack(r io.Reader) (b *bufio.Reader, packed bool, close func(), err error) {
	close = func() {}
	b = bufio.NewReaderSize(r, headSize)
	// Peek fails only where the input is shorter than that, or at a read
	// error, which the next read meets again.
	magic, _ := b.Peek(4)
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(b)
		if err != nil {
			return nil, true, close, fmt.Errorf("gzip: %w", err)
		}
		b, packed = bufio.NewReaderSize(z, headSize), true
	case bytes.HasPrefix(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(b, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(128<<20))
		if err != nil {
			return nil, true, close, fmt.Errorf("zstd: %w", err)
		}
		close = z.Close
		b, packed = bufio.NewReaderSize(z, headSize), true
	case bytes.HasPrefix(magic, []byte("BZh")):
		b, packed = bufio.NewReaderSize(bzip2.NewReader(b), headSize), true
	case bytes.HasPrefix(magic, []byte("PK\x03\x04")):
		return nil, true, close, errZip
	}
	return decode(b), packed, close, nil
}

// decode turns UTF-16 into UTF-8 and takes off a byte order mark.
func decode(b *bufio.Reader) *bufio.Reader {
	head, _ := b.Peek(4)
	order, utf16 := unicode.LittleEndian, false
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}):
		utf16 = true
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		order, utf16 = unicode.BigEndian, true
	case len(head) == 4 && head[0] != 0 && head[1] == 0 && head[2] != 0 && head[3] == 0:
		utf16 = true // no mark, but every other byte is zero
	case len(head) == 4 && head[0] == 0 && head[1] != 0 && head[2] == 0 && head[3] != 0:
		order, utf16 = unicode.BigEndian, true
	case bytes.HasPrefix(head, []byte("\ufeff")):
		b.Discard(len("\ufeff")) // they are in the buffer
		return b
	}
	if !utf16 {
		return b
	}
	text := unicode.UTF16(order, unicode.UseBOM).NewDecoder()
	return bufio.NewReaderSize(transform.NewReader(b, text), headSize)
}
