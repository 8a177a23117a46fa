package formats

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/bzip2"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"
)

// An archive is a zip file whose members are read independently of each
// other, also at the same time. The file behind it is open only while members
// are: a folder may hold more archives than a process may open files.
type archive struct {
	path string // "" where at does not come from a file of its own
	size int64

	mu   sync.Mutex
	at   io.ReaderAt
	file *os.File
	refs int
}

// ReadAt reads from the archive; some member is open.
func (a *archive) ReadAt(p []byte, off int64) (int, error) { return a.at.ReadAt(p, off) }

// hold keeps the file behind the archive open until the same number of calls of release.
func (a *archive) hold() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.path != "" && a.refs == 0 {
		f, err := os.Open(a.path)
		if err != nil {
			return err
		}
		st, err := f.Stat()
		if err == nil && a.size > 0 && st.Size() != a.size {
			err = errors.New("archive changed while it was read")
		}
		if err != nil {
			f.Close()
			return err
		}
		a.file, a.at, a.size = f, whole{f, st.Size()}, st.Size()
	}
	a.refs++
	return nil
}

func (a *archive) release() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.refs--
	if a.refs > 0 || a.file == nil {
		return nil
	}
	f := a.file
	a.file, a.at = nil, nil
	return f.Close()
}

// A member is one file in an archive.
type member struct {
	name   string
	sealed bool      // encrypted
	method uint16    // of compression
	off    int64     // where its bytes begin; -1: ask file
	packed int64     // length of its bytes
	file   *zip.File // nil if salvaged
}

// members lists the files in an archive that may be exports, in the order of
// its directory. If an archive was cut short, and so lost its directory, it lists those
// that can be found, with an ErrTruncated; likewise, with an ErrCorrupt, if there is more
// in the file than its directory tells of. The caller holds the archive.
func (a *archive) members() ([]member, error) {
	z, err := zip.NewReader(a, a.size)
	if errors.Is(err, zip.ErrInsecurePath) {
		err = nil // nothing is ever written under these names
	}
	var more error
	if err == nil {
		var own bool
		if own, more = a.ending(); !own {
			return a.behind(a.salvage(), z), more
		}
	}
	if err != nil {
		found := a.salvage()
		if errors.Is(err, zip.ErrFormat) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, ErrTruncated) {
			return found, fmt.Errorf("zip: no directory: %w", ErrTruncated)
		}
		return found, zipError(err)
	}
	var list []member
	for _, f := range z.File {
		if f.Name == "[Content_Types].xml" {
			return nil, fmt.Errorf("%w: it looks like an Office document: save it as CSV", ErrUnknownFormat)
		}
		if m, ok := memberOf(f); ok {
			list = append(list, m)
		}
	}
	return list, more
}

// memberOf is a member as the directory has it; ok is false if it is no export.
func memberOf(f *zip.File) (m member, ok bool) {
	m = member{name: strings.ReplaceAll(f.Name, `\`, "/"), sealed: f.Flags&1 != 0, method: f.Method,
		off: -1, packed: int64(f.CompressedSize64), file: f}
	return m, !f.Mode().IsDir() && !m.companion()
}

// behind adds to members that were salvaged those that the last directory in the file
// tells of and that lie behind them: what could not be stepped over is not to hide them.
// Others are inside a member, which is an archive itself.
func (a *archive) behind(list []member, z *zip.Reader) []member {
	var end int64
	for _, m := range list {
		end = max(end, m.off+min(m.packed, a.size-m.off))
	}
	for _, f := range z.File {
		m, ok := memberOf(f)
		if off, err := f.DataOffset(); ok && err == nil && off >= end {
			list = append(list, m)
		}
	}
	return list
}

// ending looks at the end of an archive whose directory could be read. own reports
// whether that is the directory of the whole file: of an archive that was cut short, one
// that lies unpacked in it may have the last directory, and of archives one after the
// other the last one has. The error says what else is wrong.
//
//	directory  PK\x06\x06 …  PK\x06\x07 …  PK\x05\x06 … size offset length  comment
//	           56 and more     20              12           4    4      2
//
// The middle two are of zip64; the first of them has size and offset at 40, in 8 bytes each.
func (a *archive) ending() (own bool, err error) {
	tail := make([]byte, min(a.size, 22+20+1<<16))
	start := a.size - int64(len(tail))
	if _, err := a.ReadAt(tail, start); err != nil && err != io.EOF {
		return false, zipError(err)
	}
	le := binary.LittleEndian
	at, after := len(tail), len(tail)+1
	for after > len(tail) { // its comment does not fit: it is none
		if at = bytes.LastIndex(tail[:at], []byte("PK\x05\x06")); at < 0 {
			return true, nil // how did the library find it?
		}
		if at+22 <= len(tail) {
			after = at + 22 + int(le.Uint16(tail[at+20:]))
		}
	}
	if len(bytes.Trim(tail[after:], "\x00 \t\r\n\x1a")) > 0 { // zeros may fill up a block; the others end texts
		err = fmt.Errorf("%w: something else follows the zip data", ErrCorrupt)
	}
	size, off, end := int64(le.Uint32(tail[at+12:])), int64(le.Uint32(tail[at+16:])), start+int64(at)
	if at >= 20 && string(tail[at-20:at-16]) == "PK\x06\x07" {
		var z64 [56]byte
		end = int64(le.Uint64(tail[at-12:]))
		if _, err := a.ReadAt(z64[:], end); err != nil || string(z64[:4]) != "PK\x06\x06" {
			return false, errOtherArchive
		}
		size, off = int64(le.Uint64(z64[40:])), int64(le.Uint64(z64[48:]))
	}
	if off+size != end {
		return false, errOtherArchive
	}
	return true, err
}

var errOtherArchive = fmt.Errorf("%w: the zip directory at its end is not of the whole archive", ErrCorrupt)

// zipError makes ErrCorrupt of an error about an archive, unless the disk is at fault or
// the file has become shorter.
func zipError(err error) error {
	if errors.As(err, new(*fs.PathError)) || errors.Is(err, ErrTruncated) {
		return fmt.Errorf("zip: %w", err)
	}
	return fmt.Errorf("zip: %w: %v", ErrCorrupt, err)
}

// companion reports whether a member is a folder, or a file that systems put beside
// others of their own accord.
func (m *member) companion() bool {
	if m.name == "" || strings.HasSuffix(m.name, "/") {
		return true
	}
	for part := range strings.SplitSeq(path.Dir(m.name), "/") {
		if part == "__MACOSX" {
			return true
		}
	}
	return isCompanion(path.Base(m.name))
}

// open opens a member; closing the Content releases the archive.
func (a *archive) open(m member, o Options) (*Content, error) {
	if m.sealed {
		return nil, errSealed
	}
	if err := a.hold(); err != nil {
		return nil, err
	}
	c := &Content{Size: m.packed, Close: a.release}
	off := m.off
	if off < 0 {
		var err error
		if off, err = m.file.DataOffset(); err != nil {
			a.release()
			return nil, zipError(err)
		}
	}
	packed := min(m.packed, a.size-off)
	if m.method == zip.Store && packed == m.packed {
		whole, err := a.stores(off, m.file, o.Until)
		if err != nil {
			a.release()
			return nil, err
		}
		if whole {
			c.At, c.Len = io.NewSectionReader(a, off, packed), packed
			return c, nil
		}
	}
	in := &counted{r: io.NewSectionReader(a, off, packed)}
	var r io.Reader = in
	switch m.method {
	case zip.Store:
	case zip.Deflate:
		r = flate.NewReader(bufio.NewReader(in))
	case zipBzip2:
		r = bzip2.NewReader(bufio.NewReader(in))
	case zstd.ZipMethodWinZip, zstd.ZipMethodPKWare:
		var close func() error
		r, close = newZstd(in)
		c.onClose(close)
	default:
		a.release()
		return nil, fmt.Errorf("%w: zip method %d: unpack it first (%w)", ErrUnknownFormat, m.method, ErrPacked)
	}
	if m.file != nil {
		r = &summed{r: r, left: int64(m.file.UncompressedSize64), sum: m.file.CRC32}
	} else if packed < m.packed {
		r = &cut{r, io.ErrUnexpectedEOF}
	}
	c.Compression = "zip"
	c.Stream, c.Consumed = &unpacked{name: "zip", r: r}, in.n.Load
	return c, nil
}

// stores reports whether what lies at off is what the directory says of a member that is
// not compressed. One that is damaged is read as compressed ones are, by a [summed] stream:
// blocks that are read at once, and in part, could not say so. Of one that was salvaged, f
// is nil. The error is that of until: a large member takes minutes.
func (a *archive) stores(off int64, f *zip.File, until context.Context) (bool, error) {
	if f == nil {
		return true, nil
	}
	in := io.NewSectionReader(a, off, int64(f.CompressedSize64))
	buf := make([]byte, min(in.Size()+1, textPiece))
	sum := uint32(0)
	for until == nil || until.Err() == nil {
		n, err := in.Read(buf)
		sum = crc32.Update(sum, crc32.IEEETable, buf[:n])
		if err != nil {
			return err == io.EOF && uint64(in.Size()) == f.UncompressedSize64 && sum == f.CRC32, nil
		}
	}
	return false, until.Err()
}

const zipBzip2 = 12 // method number of bzip2

var errSealed = errors.New("encrypted: unpack it with its password first")

// errSum comes behind all that a damaged member unpacks to.
var errSum = fmt.Errorf("%w: zip: check sum differs", ErrCorrupt)

// A summed stream checks what a member unpacks to against the directory.
type summed struct {
	r    io.Reader
	left int64
	crc  uint32
	sum  uint32
}

func (s *summed) Read(p []byte) (int, error) {
	n, err := s.r.Read(p)
	s.crc = crc32.Update(s.crc, crc32.IEEETable, p[:n])
	s.left -= int64(n)
	switch {
	case err == io.EOF && s.left > 0:
		err = errors.New("zip: member is shorter than the directory says")
	case s.left < 0:
		err = errors.New("zip: member is longer than the directory says")
	case err == io.EOF && s.crc != s.sum:
		err = errSum
	}
	return n, err
}

// A cut stream is not all that there was: its end is an error.
type cut struct {
	r   io.Reader
	err error
}

func (c *cut) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if err == io.EOF {
		err = c.err
	}
	return n, err
}

// unzip replaces an archive, as a stream or as a file that was opened without
// [Walk], by its only member.
func (c *Content) unzip(o Options) error {
	if err := c.spool(o.TempDir); err != nil {
		return err
	}
	a := &archive{at: c.At, size: c.Len}
	list, err := a.members()
	if err != nil && len(list) == 0 {
		return err
	}
	if len(list) == 0 {
		return fmt.Errorf("zip archive without a file: %w", ErrEmpty)
	}
	if len(list) > 1 {
		return fmt.Errorf("%w: a zip archive of %d files within a stream or archive: unpack it first (%w)", ErrUnknownFormat, len(list), ErrPacked)
	}
	m, openErr := a.open(list[0], o)
	if openErr != nil {
		return openErr
	}
	if err != nil { // the member may be whole, but what came after it is lost
		m.Stream = &unpacked{name: "zip", r: &cut{m.reader(), err}}
	}
	c.At, c.Len, c.Stream, c.Consumed = m.At, m.Len, m.Stream, m.Consumed
	c.Compression = joinNames(c.Compression, m.Compression)
	c.onClose(m.Close)
	return nil
}
