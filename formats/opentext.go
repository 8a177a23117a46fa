package formats

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// utf8BOM is the byte order mark of UTF-8.
const utf8BOM = "\xef\xbb\xbf"

// toUTF8 has UTF-16 and Windows-1252 transcoded while the content is read.
func (c *Content) toUTF8() error {
	name, mark := encodingOf(c.Head)
	if name == "" {
		return nil
	}
	r := c.reader()
	if _, err := io.ReadFull(r, make([]byte, mark)); err != nil {
		return err
	}
	c.Encoding = name
	if name == windows1252 {
		c.Stream = transform.NewReader(r, mixedText{})
		c.remark("not all of the text is UTF-8: the rest is read as Windows-1252")
	} else {
		c.Stream = decoderOf(name).Reader(r)
	}
	return c.readHead()
}

// decoderOf returns a decoder of UTF-16, which is behind its byte order mark.
func decoderOf(name string) *encoding.Decoder {
	endian := unicode.LittleEndian
	if name == "utf-16be" {
		endian = unicode.BigEndian
	}
	return unicode.UTF16(endian, unicode.IgnoreBOM).NewDecoder()
}

// windows1252 is what spreadsheets of western Europe and America save CSV in.
const windows1252 = "windows-1252"

// hasLatin reports whether text has letters of Windows-1252: bytes beside a letter of
// ASCII that are part of no UTF-8 character. There has to be more than one for every
// four characters beyond ASCII that are UTF-8. So a cell that was cut off in the midst
// of a character, or bytes that somebody sent, do not make Windows-1252 of UTF-8.
func hasLatin(text []byte) bool {
	if utf8.Valid(text) {
		return false
	}
	latin, others := 0, 0
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		switch {
		case n > 1:
			others++
		case r == utf8.RuneError && text[i] >= 0xc0 && utf8.FullRune(text[i:]) &&
			(i > 0 && isLetter(text[i-1]) || i+1 < len(text) && isLetter(text[i+1])):
			latin++
		}
		i += n
	}
	return latin*4 > others
}

// isLetter reports whether c is a letter of ASCII.
func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// mixedText makes UTF-8 of text in Windows-1252. Characters that are UTF-8 already stay:
// an export may have cells of both, which its first bytes need not show.
type mixedText struct{ transform.NopResetter }

func (mixedText) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		plain := lenASCII(src[nSrc:][:min(len(src)-nSrc, len(dst)-nDst)])
		nDst += copy(dst[nDst:], src[nSrc:nSrc+plain])
		if nSrc += plain; nSrc == len(src) {
			break
		}
		if len(dst)-nDst < utf8.UTFMax {
			return nDst, nSrc, transform.ErrShortDst
		}
		r, n := utf8.DecodeRune(src[nSrc:])
		if r == utf8.RuneError && n == 1 {
			if !atEOF && !utf8.FullRune(src[nSrc:]) {
				return nDst, nSrc, transform.ErrShortSrc
			}
			r = charmap.Windows1252.DecodeByte(src[nSrc])
		}
		nDst += utf8.EncodeRune(dst[nDst:], r)
		nSrc += n
	}
	return nDst, nSrc, nil
}

// lenASCII is how many bytes of text stand before the first that is not ASCII.
func lenASCII(text []byte) (n int) {
	for n+8 <= len(text) && binary.LittleEndian.Uint64(text[n:])&tops == 0 {
		n += 8 // most of a text
	}
	for n < len(text) && text[n] < utf8.RuneSelf {
		n++
	}
	return n
}

// encodingOf recognises UTF-16 by its byte order mark, or by a zero in nearly every
// second byte, as Latin text has it, and Windows-1252 by letters that are no UTF-8.
// name is "" for anything else; mark is the length of the byte order mark.
func encodingOf(head []byte) (name string, mark int) {
	switch {
	case hasTableMagic(head) || bytes.HasPrefix(head, []byte("\xff\xfe\x00\x00")):
		return "", 0
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return "utf-16le", 2
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return "utf-16be", 2
	}
	all := head
	head = head[:min(len(head), 1024)]
	var zeros [2]int
	for i, b := range head {
		if b == 0 {
			zeros[i&1]++
		}
	}
	n := len(head) / 2
	switch {
	case n < 2:
	case zeros[1]*10 >= n*9 && zeros[0] <= n/10:
		return "utf-16le", 0
	case zeros[0]*10 >= n*9 && zeros[1] <= n/10:
		return "utf-16be", 0
	case hasLatin(all) && foreign(all) == "" && !isBinary(all):
		return windows1252, 0
	}
	return "", 0
}

// hasTableMagic reports whether head begins as a binary table does: Parquet, an
// Arrow file, an Arrow stream.
func hasTableMagic(head []byte) bool {
	return bytes.HasPrefix(head, []byte("PAR1")) || bytes.HasPrefix(head, []byte("PARE")) ||
		bytes.HasPrefix(head, []byte("ARROW1")) || bytes.HasPrefix(head, []byte("\xff\xff\xff\xff"))
}

// isBinary reports whether head is no text: more than one byte in 32 is a control
// character that text has no use for. Packed data has one in ten. A log with a stray
// NUL is still a log. So is one with a hole, a sector or more of NULs: a crash leaves
// such, and so does room that was set aside behind the end of a file.
func isBinary(head []byte) bool {
	odd, hole, run := 0, 0, 0
	for i := 0; i < len(head); i++ {
		for i+8 <= len(head) && run == 0 && !hasControl(binary.LittleEndian.Uint64(head[i:])) {
			i += 8 // most of a text
		}
		if i == len(head) {
			break
		}
		b := head[i]
		if b == 0 {
			run++
			continue
		}
		if run >= sector {
			hole += run
		} else {
			odd += run
		}
		run = 0
		if b < ' ' && !(b >= '\t' && b <= '\r') && b != 0x1b {
			odd++
		}
	}
	if run >= sector {
		hole += run
	} else {
		odd += run
	}
	return odd > (len(head)-hole)/32 || hole == len(head) && hole > 0
}

// tops has the highest bit of each of eight bytes.
const tops = 0x8080808080808080

// hasControl reports whether one of eight bytes is a control character.
func hasControl(x uint64) bool {
	const ones = 0x0101010101010101
	return (x-' '*ones)&^x&tops != 0
}

// sector is the least that a disk writes or leaves unwritten.
const sector = 512

// foreign names the kind of a file that may lie in a folder of exports but holds no
// table that can be read, with what to do about it; "" if head is of no such file.
func foreign(head []byte) string {
	for _, f := range foreignFiles {
		if len(head) < f.at+len(f.magic) {
			continue
		}
		got := head[f.at : f.at+len(f.magic)]
		if f.text && bytes.EqualFold(got, []byte(f.magic)) || string(got) == f.magic {
			return f.name
		}
	}
	if bytes.HasPrefix(head, []byte("MZ")) && bytes.IndexByte(head, 0) >= 0 {
		return "a Windows program"
	}
	return ""
}

// holdsExports reports whether a file of a kind that foreign names may have tables inside.
// Old Office documents count as none: such a file beside exports is rather a report.
func holdsExports(what string) bool {
	return strings.Contains(what, ": unpack it") || strings.Contains(what, ": convert it") || strings.HasPrefix(what, "UTF-32")
}

const sqlDump = "an SQL dump: convert it to CSV in its database"

var foreignFiles = []struct {
	at    int
	magic string
	name  string
	text  bool // case does not matter
}{
	{0, "ORC", "ORC: convert it to Parquet", false},
	{0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office document: save it as CSV", false},
	{0, "SQLite format 3\x00", "an SQLite database", false},
	{0, "ElfFile\x00", "a Windows event log (EVTX)", false},
	{0, "\xfd7zXZ\x00", "xz: unpack it first", false},
	{0, "7z\xbc\xaf\x27\x1c", "a 7-Zip archive: unpack it first", false},
	{0, "Rar!\x1a\x07", "a RAR archive: unpack it first", false},
	{0, "\x04\x22\x4d\x18", "LZ4: unpack it first", false},
	{257, "ustar", "a tar archive: unpack it first", false},
	{0, "\xff\xfe\x00\x00", "UTF-32 text: save it as UTF-8", false},
	{0, "\xd4\xc3\xb2\xa1", "a packet capture", false},
	{0, "\xa1\xb2\xc3\xd4", "a packet capture", false},
	{0, "\x0a\x0d\x0d\x0a", "a packet capture", false},
	{0, "\x7fELF", "an ELF program", false},
	{0, "\x89PNG\r\n\x1a\n", "a PNG image", false},
	{0, "\xff\xd8\xff", "a JPEG image", false},
	{0, "GIF8", "a GIF image", false},
	{0, "%PDF-", "a PDF document", false},
	{0, "{\\rtf", "an RTF document", false},
	{0, "insert into ", sqlDump, true},
	{0, "create table ", sqlDump, true},
	{0, "pragma foreign_keys", sqlDump, true}, // sqlite3's .dump
	{0, "--\n-- PostgreSQL database dump", sqlDump, false},
	{0, "-- MySQL dump", sqlDump, true},
	{0, "-- MariaDB dump", sqlDump, true},
	{0, "/*M!999999", sqlDump, false}, // what MariaDB's begin with now
	{0, "#separator \\x09", "a log of Zeek in columns: its JSON is read, with --table generic", false},
	{0, "<?xml", "XML", true},
	{0, "<!doctype", "a web page", true},
	{0, "<html", "a web page", true},
}
