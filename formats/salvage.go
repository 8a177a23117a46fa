package formats

import (
	"archive/zip"
	"bufio"
	"encoding/binary"
	"io"
	"strings"

	"github.com/klauspost/compress/flate"
)

// salvage lists the members of an archive that lost its directory. Each
// member begins with a header of its own:
//
//	PK\x03\x04 version flags method time date crc packed size lengths of name and extra
//	4          2       2     2      2    2    4   4      4    2               2
//
// followed by name, extra and the bytes. Archives that were written as a
// stream (flag 8) give the sizes only after the bytes: there the end is found
// by unpacking.
func (a *archive) salvage() []member {
	var list []member
	for off := int64(0); ; {
		var h [30]byte
		if _, err := io.ReadFull(io.NewSectionReader(a, off, 30), h[:]); err != nil {
			return list
		}
		le := binary.LittleEndian
		// What stands between the members of two archives, one after the other.
		switch string(h[:4]) {
		case "PK\x01\x02": // an entry of a directory
			var n [6]byte
			if _, err := a.ReadAt(n[:], off+28); err != nil {
				return list
			}
			off += 46 + int64(le.Uint16(n[:])) + int64(le.Uint16(n[2:])) + int64(le.Uint16(n[4:]))
			continue
		case "PK\x06\x06": // its ends, the first two in zip64
			off += 56
			continue
		case "PK\x06\x07":
			off += 20
			continue
		case "PK\x05\x06":
			off += 22 + int64(le.Uint16(h[20:]))
			continue
		case "PK\x03\x04":
		default:
			return list
		}
		flags := le.Uint16(h[6:])
		nameLen, extraLen := int64(le.Uint16(h[26:])), int64(le.Uint16(h[28:]))
		text := make([]byte, nameLen+extraLen)
		if _, err := io.ReadFull(io.NewSectionReader(a, off+30, nameLen+extraLen), text); err != nil {
			return list
		}
		m := member{
			name:   strings.ReplaceAll(string(text[:nameLen]), `\`, "/"),
			sealed: flags&1 != 0,
			method: le.Uint16(h[8:]),
			off:    off + 30 + nameLen + extraLen,
			packed: int64(le.Uint32(h[18:])),
		}
		if m.packed == 1<<32-1 {
			m.packed = packed64(text[nameLen:])
		}
		known := true
		next := m.off + m.packed
		if flags&8 != 0 && m.packed == 0 {
			next, known = a.descriptor(&m)
		}
		if !m.companion() {
			list = append(list, m)
		}
		if !known || next < m.off || next >= a.size {
			return list
		}
		off = next
	}
}

// packed64 finds the packed size in the extra fields of a zip64 member.
func packed64(extra []byte) int64 {
	for len(extra) >= 4 {
		id, n := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		extra = extra[4:]
		if n > len(extra) {
			break
		}
		if id == 1 && n >= 16 {
			return int64(binary.LittleEndian.Uint64(extra[8:]) & (1<<63 - 1))
		}
		extra = extra[n:]
	}
	return 1<<32 - 1
}

// descriptor finds the end of a member of unknown size, sets m.packed, and
// returns where the next member may begin. Where there is no telling, the
// member takes the rest of the archive.
func (a *archive) descriptor(m *member) (next int64, ok bool) {
	rest := a.size - m.off
	m.packed = rest + 1 // one too many: it is cut, as far as anyone knows
	if m.method != zip.Deflate || m.sealed {
		return 0, false
	}
	in := &byteCounter{r: bufio.NewReader(io.NewSectionReader(a, m.off, rest))}
	if _, err := io.Copy(io.Discard, flate.NewReader(in)); err != nil {
		return 0, false
	}
	m.packed = in.n
	// An optional signature, the sum, and two sizes of 4 bytes, or 8 in zip64.
	next = m.off + in.n
	var tail [28]byte
	n, _ := io.ReadFull(io.NewSectionReader(a, next, 28), tail[:])
	for _, size := range []int{16, 24, 12, 20} {
		if n < size+4 || string(tail[size:size+2]) == "PK" {
			return next + int64(size), true
		}
	}
	return 0, false
}

// A byteCounter counts exactly the bytes that a decompressor takes.
type byteCounter struct {
	r *bufio.Reader
	n int64
}

func (c *byteCounter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

func (c *byteCounter) ReadByte() (byte, error) {
	b, err := c.r.ReadByte()
	if err == nil {
		c.n++
	}
	return b, err
}
