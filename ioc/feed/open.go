package feed

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/bzip2"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

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
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		return &whole{file: f, left: sizeOf(f)}, nil
	}}
}

// errShrunk is about a feed that is being written anew while it is read, as a
// download does: what was still to come is lost.
var errShrunk = errors.New("became shorter while it was read")

// A whole file ends where it ended when it was opened, not before.
type whole struct {
	file *os.File
	left int64 // bytes, of a regular file
}

func (w *whole) Read(p []byte) (int, error) {
	n, err := w.file.Read(p)
	w.left -= int64(n)
	if err == io.EOF && w.left > 0 {
		err = errShrunk
	}
	return n, err
}

func (w *whole) ReadAt(p []byte, off int64) (int, error) { return w.file.ReadAt(p, off) }
func (w *whole) Stat() (fs.FileInfo, error)              { return w.file.Stat() }
func (w *whole) Close() error                            { return w.file.Close() }

// FromValues is the feed of indicators given one by one on the command line.
// The place of the first is --ioc:1. One that cannot be used is an error of
// Read, not a rejected line: somebody has typed it.
func FromValues(values []string) Source {
	return Source{Path: "--ioc", values: append([]string{}, values...)}
}

// Files are the feeds of a path: the file itself, or those in a folder and the
// folders below it, in the order of their names. Names that begin with a dot
// are left out, and of a MISP feed, which is a folder with a manifest.json, that
// and the hashes.csv beside it: they repeat what the events hold. A pipe or device in
// a folder is an error: it may never give a byte, and is read where it is named.
func Files(path string) ([]Source, error) {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return []Source{File(path)}, nil // what cannot be opened is said by Read
	}
	var sources []Source
	// The final slash makes WalkDir enter a path that is a link to a folder.
	top := strings.TrimRight(filepath.ToSlash(path), "/") + "/"
	err = filepath.WalkDir(top, func(at string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case at == top:
		case e.Name()[0] == '.':
			if e.IsDir() {
				return fs.SkipDir
			}
		case !e.IsDir() && !besideEvents(at):
			if info, err := os.Stat(at); err == nil && !regular(info) && !info.IsDir() {
				return fmt.Errorf("%s: a pipe or device in a folder is not read: name it as a source", at)
			}
			sources = append(sources, File(filepath.ToSlash(at)))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(sources) == 0 {
		return nil, fmt.Errorf("%s: no file in the folder", path)
	}
	return sources, nil
}

// besideEvents reports whether a file is part of a MISP feed and none of its events.
func besideEvents(path string) bool {
	switch filepath.Base(path) {
	case "manifest.json":
		return true
	case "hashes.csv":
		_, err := os.Stat(filepath.Join(filepath.Dir(path), "manifest.json"))
		return err == nil
	}
	return false
}

// maxZip is the largest zip archive that is read from something other than a
// file, in bytes: it has to be held.
const maxZip = 256 << 20

// unzip opens the one file of a zip archive; b is r, of which it has read ahead.
func unzip(r io.Reader, b *bufio.Reader) (io.ReadCloser, error) {
	var at io.ReaderAt
	size := sizeOf(r)
	if f, ok := r.(io.ReaderAt); ok && size > 0 {
		at = f
	} else {
		held, err := io.ReadAll(io.LimitReader(b, maxZip+1))
		if err != nil {
			return nil, err
		}
		if len(held) > maxZip {
			return nil, errors.New("zip archive of more than 256 MiB: unpack it first")
		}
		at, size = bytes.NewReader(held), int64(len(held))
	}
	z, err := zip.NewReader(at, size)
	if err != nil {
		return nil, fmt.Errorf("zip: %w", err)
	}
	var file *zip.File
	for _, f := range z.File {
		if f.FileInfo().IsDir() || strings.HasPrefix(f.Name, "__MACOSX/") {
			continue
		}
		if file != nil {
			return nil, errors.New("zip archive of several files: unpack it first")
		}
		file = f
	}
	if file == nil {
		return nil, errors.New("zip archive without a file")
	}
	if file.Flags&1 != 0 {
		return nil, errors.New("zip archive with a password: unpack it first")
	}
	member, err := file.Open()
	if err != nil {
		return nil, fmt.Errorf("zip: %w", err)
	}
	return member, nil
}

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
		member, err := unzip(r, b)
		if err != nil {
			return nil, true, close, err
		}
		close = func() { member.Close() }
		b, packed = bufio.NewReaderSize(member, headSize), true
	}
	return oldLines(decode(b)), packed, close, nil
}

// oldLines turns the ends of lines of a text in which all but the last are carriage
// returns alone, as in Excel's CSV (Macintosh), into those of others.
func oldLines(b *bufio.Reader) *bufio.Reader {
	head, _ := b.Peek(headSize)
	lines := bytes.TrimRight(head, "\r\n")
	if bytes.IndexByte(lines, '\r') < 0 || bytes.IndexByte(lines, '\n') >= 0 || bytes.IndexByte(lines, 0) >= 0 {
		return b
	}
	return bufio.NewReaderSize(&returns{from: b}, headSize)
}

// returns reads every carriage return as the end of a line; with a line feed
// behind it they are one.
type returns struct {
	from  *bufio.Reader
	ended bool // the last byte was a carriage return
}

func (r *returns) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	kept := p[:0]
	for _, c := range p[:n] {
		switch {
		case c == '\r':
			kept = append(kept, '\n')
		case c != '\n' || !r.ended:
			kept = append(kept, c)
		}
		r.ended = c == '\r'
	}
	return len(kept), err
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
