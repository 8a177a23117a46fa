package formats

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zstd"
)

const logText = "TimeGenerated,SourceIP\n2025-04-01T02:00:00Z,10.0.0.5\n"

func gz(parts ...string) []byte {
	var b bytes.Buffer
	for _, p := range parts {
		w := gzip.NewWriter(&b)
		io.WriteString(w, p)
		w.Close()
	}
	return b.Bytes()
}

func zst(parts ...string) []byte {
	w, _ := zstd.NewWriter(nil)
	var b []byte
	for i, p := range parts {
		if i > 0 { // a skippable frame between the others
			b = append(b, 0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 'a', 'b', 'c')
		}
		b = w.EncodeAll([]byte(p), b)
	}
	return b
}

// bz is logText as bzip2 packs it: the library only unpacks.
const bz = "\x42\x5a\x68\x39\x31\x41\x59\x26\x53\x59\x56\xc1\x2d\xd6\x00\x00\x11\xdf\x80\x00\x10\x00\x07\x76\x10\x00\xa0\x4c" +
	"\x10\x2e\x23\x96\x00\x20\x00\x54\x53\x46\x80\x34\x00\x00\xd4\xd2\x1e\x53\x69\xa0\x40\x7a\x43\x4a\xdc\x4f\x49\x41" +
	"\x54\x30\x9b\x5e\x26\x28\x54\x28\x21\x88\xf2\x2e\x6a\x9b\x38\x3f\x3b\xcf\x4f\x67\x4f\x4b\xec\xfb\xe2\xee\x48\xa7" +
	"\x0a\x12\x0a\xd8\x25\xba\xc0"

func utf16Bytes(s string, order binary.AppendByteOrder, mark bool) []byte {
	var b []byte
	if mark {
		b = order.AppendUint16(b, 0xfeff)
	}
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return b
}

// bzipped packs logText, whatever is written.
type bzipped struct{ w io.Writer }

func (b bzipped) Write(p []byte) (int, error) { return len(p), nil }

func (b bzipped) Close() error {
	_, err := io.WriteString(b.w, bz)
	return err
}

type zipMember struct {
	name   string
	data   []byte
	method uint16
}

func zipped(t testing.TB, members ...zipMember) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	w.RegisterCompressor(zstd.ZipMethodWinZip, zstd.ZipCompressor())
	w.RegisterCompressor(zipBzip2, func(w io.Writer) (io.WriteCloser, error) { return bzipped{w}, nil })
	for _, m := range members {
		f, err := w.CreateHeader(&zip.FileHeader{Name: m.name, Method: m.method})
		if err != nil {
			t.Fatal(err)
		}
		f.Write(m.data)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// readAll returns all bytes of a content, and what they ended with.
func readAll(c *Content) (string, error) {
	if c.At != nil {
		b, err := io.ReadAll(io.NewSectionReader(c.At, 0, c.Len))
		return string(b), err
	}
	b, err := io.ReadAll(c.Stream)
	return string(b), err
}

// pipe hides everything but Read, as a pipe does.
type pipe struct{ r io.Reader }

func (p pipe) Read(b []byte) (int, error) { return p.r.Read(b) }

func TestContent(t *testing.T) {
	long := strings.Repeat(logText, 5000)
	tests := []struct {
		name, compression, encoding, want string
		data                              []byte
	}{
		{"plain", "", "", logText, []byte(logText)},
		{"a byte order mark stays", "", "", "\ufeff" + logText, []byte("\ufeff" + logText)},
		{"gzip", "gzip", "", logText, gz(logText)},
		{"gzip, members", "gzip", "", logText + long + "end", gz(logText, "", long, "end")},
		{"gzip, padded with zeros", "gzip", "", logText, append(gz(logText), make([]byte, 1000)...)},
		{"zstd", "zstd", "", logText, zst(logText)},
		{"zstd, frames", "zstd", "", logText + long, zst(logText, long)},
		{"zstd, skippable first", "zstd", "", "x" + logText, append([]byte("\x50\x2a\x4d\x18\x01\x00\x00\x00_"), zst("x"+logText)...)},
		{"bzip2", "bzip2", "", logText, []byte(bz)},
		{"bzip2, twice", "bzip2", "", logText + logText, []byte(bz + bz)},
		{"bzip2 only in name", "", "", "BZh9,BZh8\n1,2\n", []byte("BZh9,BZh8\n1,2\n")},
		{"zip, deflated", "zip", "", long, zipped(t, zipMember{"a.csv", []byte(long), zip.Deflate})},
		{"zip, stored", "", "", long, zipped(t, zipMember{"a.csv", []byte(long), zip.Store})},
		{"zip, zstd", "zip", "", long, zipped(t, zipMember{"a.csv", []byte(long), zstd.ZipMethodWinZip})},
		{"zip, bzip2", "zip", "", logText, zipped(t, zipMember{"a.csv", []byte(logText), zipBzip2})},
		{"gzip in a zip", "zip+gzip", "", long, zipped(t, zipMember{"a.csv.gz", gz(long), zip.Deflate})},
		{"gzip stored in a zip", "gzip", "", long, zipped(t, zipMember{"a.csv.gz", gz(long), zip.Store})},
		{"zip in a gzip", "gzip+zip", "", long, gz(string(zipped(t, zipMember{"a.csv", []byte(long), zip.Deflate})))},
		{"utf-16le, mark", "", "utf-16le", long + "ü€😀", utf16Bytes(long+"ü€😀", binary.LittleEndian, true)},
		{"utf-16be, mark", "", "utf-16be", logText, utf16Bytes(logText, binary.BigEndian, true)},
		{"utf-16le", "", "utf-16le", logText, utf16Bytes(logText, binary.LittleEndian, false)},
		{"utf-16be", "", "utf-16be", logText, utf16Bytes(logText, binary.BigEndian, false)},
		{"utf-16le in gzip", "gzip", "utf-16le", logText, gz(string(utf16Bytes(logText, binary.LittleEndian, true)))},
		{"windows-1252", "", "windows-1252", "Größe,€\n" + long, []byte("Gr\xf6\xdfe,\x80\n" + long)},
		{"utf-8 with cells that were cut off", "", "", "naïve,日本語,caf\xc3,", []byte("naïve,日本語,caf\xc3,")},
		{"windows-1252 and utf-8", "gzip", "windows-1252", "b\u00fccher,\u00e9,b\u00fccher " + long + "€\u00fc", gz("b\xfccher,\xe9,b\u00fccher " + long + "€\xfc")},
		{"utf-8 cut by the head", "", "", strings.Repeat("x", headSize-1) + "ü", []byte(strings.Repeat("x", headSize-1) + "ü")},
		{"bytes beside no letter", "", "", "1,\xff\xfe,2\n", []byte("1,\xff\xfe,2\n")},
		{"empty", "", "", "", nil},
	}
	for _, tt := range tests {
		inputs := map[string]Input{
			"bytes":  Bytes("x", tt.data),
			"stream": Stdin(pipe{bytes.NewReader(tt.data)}),
		}
		for kind, in := range inputs {
			t.Run(tt.name+"/"+kind, func(t *testing.T) {
				c, err := openContent(in, Options{TempDir: t.TempDir()})
				if err != nil {
					t.Fatal(err)
				}
				defer c.Close()
				if c.Compression != tt.compression || c.Encoding != tt.encoding {
					t.Errorf("got compression %q, encoding %q, want %q, %q", c.Compression, c.Encoding, tt.compression, tt.encoding)
				}
				if (c.At == nil) == (c.Stream == nil) || (c.Consumed == nil) != (c.Stream == nil) {
					t.Errorf("not exactly one of At and Stream with Consumed is set: %+v", c)
				}
				if want := tt.want[:min(len(tt.want), headSize)]; string(c.Head) != want {
					t.Errorf("head is %d bytes, want %d", len(c.Head), len(want))
				}
				got, err := readAll(c)
				if err != nil || got != tt.want {
					t.Errorf("got %d bytes, %v; want %d", len(got), err, len(tt.want))
				}
				if c.Consumed != nil && kind == "bytes" && c.Compression != "gzip+zip" && c.Consumed() < 1 {
					t.Errorf("consumed %d bytes", c.Consumed())
				}
			})
		}
	}
}

// noise does not compress, so that a cut hits the data.
func noise(n int) string {
	var b strings.Builder
	for x := uint32(1); b.Len() < n; {
		x = x*1664525 + 1013904223
		b.WriteByte("0123456789abcdef"[x>>28])
		if b.Len()%50 == 0 {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func TestTruncated(t *testing.T) {
	long := noise(300_000)
	tests := []struct {
		name string
		data []byte
		want error
		min  int // bytes that must be delivered before the error
	}{
		{"gzip", gz(long)[:100_000], ErrTruncated, 100_000},
		{"gzip, in the check sum", gz(long)[:len(gz(long))-3], ErrTruncated, len(long)},
		{"gzip, in the header of a member", append(gz(long), "\x1f\x8b\x08\x00"...), ErrTruncated, len(long)},
		{"gzip, one byte of a member", append(gz(long), 0x1f), ErrTruncated, len(long)},
		{"gzip, something after it", append(gz(long), "hello"...), ErrCorrupt, len(long)},
		{"gzip, check sum differs", flip(gz(long), -8), ErrCorrupt, len(long)},
		{"gzip, damaged", flip(gz(long), 90_000), ErrCorrupt, 50_000},
		{"zstd", zst(long)[:150_000], ErrTruncated, 100_000},
		{"zstd, in the second frame", append(zst(long), zst(long)[:3]...), ErrTruncated, len(long)},
		{"bzip2", []byte(bz + bz[:40]), ErrTruncated, len(logText)},
		{"zip, in the member", zipped(t, zipMember{"a.csv", []byte(long), zip.Deflate})[:100_000], ErrTruncated, 100_000},
		{"zip, in the stored member", zipped(t, zipMember{"a.csv", []byte(long), zip.Store})[:100_000], ErrTruncated, 99_000},
		{"zip, no directory", cutDirectory(zipped(t, zipMember{"a.csv", []byte(long), zip.Deflate})), ErrTruncated, len(long)},
		{"zip, something after it", append(zipped(t, zipMember{"a.csv", []byte(long), zip.Deflate}), "hello"...), ErrCorrupt, len(long)},
		{"zip, in the bytes of a stored member", flip(zipped(t, zipMember{"a.csv", []byte(long), zip.Store}), 90_000), ErrCorrupt, len(long)},
		{"zip, check sum differs", inDirectory(zipped(t, zipMember{"a.csv", []byte(long), zip.Deflate}), 16), ErrCorrupt, len(long)},
		{"zip, longer than its directory says", inDirectory(zipped(t, zipMember{"a.csv", []byte(long), zip.Deflate}), 24), ErrCorrupt, 200_000},
		{"zip, damaged", flip(zipped(t, zipMember{"a.csv", []byte(long), zip.Deflate}), 90_000), ErrCorrupt, 50_000},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := openContent(Stdin(pipe{bytes.NewReader(tt.data)}), Options{TempDir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			got, err := readAll(c)
			if !errors.Is(err, tt.want) {
				t.Errorf("got error %v, want %v", err, tt.want)
			}
			if len(got) < tt.min {
				t.Errorf("delivered %d bytes, want at least %d", len(got), tt.min)
			}
			if tt.want == ErrTruncated && !strings.HasPrefix(long, got) && !strings.HasPrefix(logText+logText, got) {
				t.Error("delivered something else")
			}
			if _, again := readAll(c); !errors.Is(again, tt.want) {
				t.Errorf("the error goes away: %v", again)
			}
		})
	}
}

// inDirectory returns an archive with another byte in the first entry of its directory.
func inDirectory(b []byte, at int) []byte {
	b[bytes.Index(b, []byte("PK\x01\x02"))+at] = 0
	return b
}

func flip(b []byte, at int) []byte {
	b = bytes.Clone(b)
	if at < 0 {
		at += len(b)
	}
	for i := range 4 {
		b[at+i] ^= 0xff
	}
	return b
}

// cutDirectory cuts an archive off where its directory begins.
func cutDirectory(b []byte) []byte {
	return b[:bytes.LastIndex(b, []byte("PK\x01\x02"))]
}

// What unpacks to a thousand times its size, twice over, costs no memory.
func TestBombIsStreamed(t *testing.T) {
	const size = 32 << 20
	bomb := gz(string(gz(strings.Repeat("a,b\n", size/4))))
	c, err := openContent(Bytes("bomb.gz", bomb), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	n, err := io.Copy(io.Discard, c.Stream)
	runtime.ReadMemStats(&after)
	if n != size || err != nil {
		t.Fatalf("read %d bytes, %v", n, err)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > size/8 {
		t.Errorf("allocated %d bytes", got)
	}
}

func TestNothingOutlivesClose(t *testing.T) {
	dir := t.TempDir()
	before := runtime.NumGoroutine()
	for range 10 {
		for _, data := range [][]byte{gz(logText), zst(logText, logText), []byte(bz),
			zipped(t, zipMember{"a", []byte(logText), zstd.ZipMethodWinZip})} {
			c, err := openContent(Stdin(pipe{bytes.NewReader(data)}), Options{TempDir: dir})
			if err != nil {
				t.Fatal(err)
			}
			c.Stream.Read(make([]byte, 5))
			if err := c.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines, before %d", after, before)
	}
}

func TestSpool(t *testing.T) {
	for _, size := range []int{0, 100, spoolMemory, spoolMemory + 1, spoolMemory + 100_000} {
		dir := t.TempDir()
		data := strings.Repeat("0123456789", size/10+1)[:size]
		c, err := Stdin(pipe{strings.NewReader(data)}).content(Options{})
		if err == nil {
			err = c.readHead()
		}
		if err == nil {
			err = c.spool(dir)
		}
		if err != nil {
			t.Fatal(err)
		}
		if c.Stream != nil || c.Consumed != nil || c.Len != int64(size) {
			t.Errorf("%d bytes: not positioned: %+v", size, c)
		}
		if got, err := readAll(c); got != data || err != nil {
			t.Errorf("%d bytes: got %d, %v", size, len(got), err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("%d bytes: %s is left behind", size, left[0].Name())
		}
	}
}

// Summing up what an archive stores, which may take minutes, ends when nobody waits for it.
func TestStoredUntil(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.zip")
	if err := os.WriteFile(path, zipped(t, zipMember{"a.csv", []byte("a,b\n1,2\n"), zip.Store}), 0o600); err != nil {
		t.Fatal(err)
	}
	inputs, errs := Walk([]string{path}, nil)
	if errs != nil || len(inputs) != 1 {
		t.Fatal(inputs, errs)
	}
	until, end := context.WithCancel(context.Background())
	defer end()
	for _, want := range []error{nil, context.Canceled} {
		src, err := Open(inputs[0], Options{Until: until})
		if !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
		if err == nil {
			if err := src.Close(); err != nil {
				t.Error(err)
			}
		}
		end()
	}
}

// What is damaged somewhere is all there to be read, and closing it says so.
func TestSpoolDamaged(t *testing.T) {
	for _, size := range []int{100, spoolMemory + 100} {
		data := strings.Repeat("x", size)
		c := &Content{Stream: &cut{strings.NewReader(data), errSum}, Close: func() error { return nil }}
		if err := c.spool(t.TempDir()); err != nil {
			t.Fatal(err)
		}
		if got, err := readAll(c); got != data || err != nil {
			t.Errorf("%d bytes: got %d, %v", size, len(got), err)
		}
		if err := c.Close(); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%d bytes: closed with %v", size, err)
		}
	}
}

// fakeSource is what the formats of these tests open.
type fakeSource struct {
	Source
	format string
	c      *Content
}

func (s *fakeSource) Close() error { return s.c.Close() }

// fakeFormats stands in for All: detection comes before any format.
func fakeFormats(t *testing.T) {
	all := All
	t.Cleanup(func() { All = all })
	open := func(name string) func(*Content, Options) (Source, error) {
		return func(c *Content, o Options) (Source, error) {
			if bytes.Contains(c.Head, []byte("unreadable")) {
				return nil, ErrSyntax
			}
			return &fakeSource{format: name, c: c}, nil
		}
	}
	begins := func(s string) func([]byte) bool {
		return func(head []byte) bool { return bytes.HasPrefix(head, []byte(s)) }
	}
	All = []Format{
		{Name: "parquet", Sniff: begins("PAR1"), Open: open("parquet")},
		{Name: "arrow", Sniff: func(h []byte) bool { return begins("ARROW1")(h) || begins("\xff\xff\xff\xff")(h) }, Open: open("arrow")},
		{Name: "json", Sniff: begins("{"), Open: open("json")},
		{Name: "csv", Sniff: func(h []byte) bool { return bytes.ContainsAny(h, ",;\t") }, Open: open("csv")},
	}
}

func TestOpenDetects(t *testing.T) {
	fakeFormats(t)
	tests := []struct {
		name, data, force, want string
		at                      bool // the content of a stream is positioned
	}{
		{"csv", logText, "", "csv", false},
		{"csv after a byte order mark", "\ufeff" + logText, "", "csv", false},
		{"json after a byte order mark", "\ufeff{}", "", "json", false},
		{"json in utf-16", string(utf16Bytes(`{"a":1}`, binary.LittleEndian, false)), "", "json", false},
		{"forced", "{a,b", "CSV", "csv", false},
		{"forced, though binary", "\x00\x01\x02\x03,", "csv", "csv", false},
		{"a stray NUL", "a,b\n" + strings.Repeat("1,2\n", 50) + "\x00,2\n", "", "csv", false},
		{"a hole", "a,b\n1,2\n" + strings.Repeat("\x00", 5000) + "\n3,4\n", "", "csv", false},
		{"room behind the end", "a,b\n1,2\n" + strings.Repeat("\x00", 60000), "", "csv", false},
		{"latin-1", "Name,Stadt\nx,K\xf6ln\n", "", "csv", false},
		{"a header of two letters", "MZ,PK\n1,2\n", "", "csv", false},
		{"parquet", "PAR1\x15\x04\x15\x00\x00\x00", "", "parquet", true},
		{"parquet in gzip", string(gz("PAR1\x00\x00")), "", "parquet", true},
		{"arrow file", "ARROW1\x00\x00\xff\xff\xff\xff", "", "arrow", true},
		{"arrow stream", "\xff\xff\xff\xff\x10\x00\x00\x00", "", "arrow", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := Open(Stdin(pipe{strings.NewReader(tt.data)}), Options{Format: tt.force, TempDir: t.TempDir()})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			f := s.(*fakeSource)
			if f.format != tt.want || (f.c.At != nil) != tt.at {
				t.Errorf("got %s, positioned %t; want %s, %t", f.format, f.c.At != nil, tt.want, tt.at)
			}
		})
	}
}

func TestOpenErrors(t *testing.T) {
	fakeFormats(t)
	dir := t.TempDir()
	file := func(name, data string) Input {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		return Input{Path: p}
	}
	once := Stdin(pipe{strings.NewReader(logText)})
	if s, err := Open(once, Options{}); err != nil {
		t.Fatal(err)
	} else {
		s.Close()
	}
	quine := []byte(logText)
	for range maxWraps {
		quine = gz(string(quine))
	}
	two := zipped(t, zipMember{"a", []byte("1"), zip.Store}, zipMember{"b", []byte("2"), zip.Store})
	tests := []struct {
		name string
		in   Input
		opts Options
		want error
		text string
	}{
		{"empty", file("empty", ""), Options{}, ErrEmpty, "empty"},
		{"blank", file("blank", "\ufeff \r\n\r\n"), Options{}, ErrEmpty, ""},
		{"empty gzip", Bytes("x", gz("")), Options{}, ErrEmpty, ""},
		{"empty zip", Bytes("x", zipped(t)), Options{}, ErrEmpty, "without a file"},
		{"gzip header only", Bytes("x", gz(logText)[:10]), Options{}, ErrTruncated, ""},
		{"zstd header only", Bytes("x", zst(logText)[:5]), Options{}, ErrTruncated, ""},
		{"truncated parquet in gzip", Bytes("x", gz("PAR1" + noise(100_000))[:40_000]), Options{}, ErrTruncated, ""},
		{"avro header only", Bytes("x", []byte("Obj\x01\x04\x16avro.schema")), Options{}, ErrTruncated, "the header at byte 0"},
		{"png", Bytes("x", []byte("\x89PNG\r\n\x1a\n\x00\x00")), Options{}, ErrUnknownFormat, "PNG"},
		{"elf", Bytes("x", []byte("\x7fELF\x02\x01\x01\x00")), Options{}, ErrUnknownFormat, "ELF"},
		{"windows program", Bytes("x", []byte("MZ\x90\x00\x03\x00")), Options{}, ErrUnknownFormat, "program"},
		{"pdf", Bytes("x", []byte("%PDF-1.7\n")), Options{}, ErrUnknownFormat, "PDF"},
		{"sqlite", Bytes("x", []byte("SQLite format 3\x00")), Options{}, ErrUnknownFormat, "SQLite"},
		{"inserts", Bytes("x", []byte(`INSERT INTO "t"(Timestamp,RemoteIP) VALUES('2026-05-01T00:00:00Z','192.0.2.7');`+"\n")), Options{}, ErrPacked, "an SQL dump"},
		{"Zeek's columns", Bytes("x", []byte("#separator \\x09\n#path\tconn\n#fields\tts\tid.orig_h\n1521911869.6\t192.0.2.7\n")), Options{}, ErrUnknownFormat, "a log of Zeek"},
		{"Zeek's columns, from Windows", Bytes("x", []byte("#separator \\x09\r\n#path\tconn\r\n#fields\tts\r\n1521911869.6\r\n")), Options{}, ErrUnknownFormat, "a log of Zeek"},
		{"pg_dump", Bytes("x", []byte("--\n-- PostgreSQL database dump\n--\n")), Options{}, ErrPacked, "an SQL dump"},
		{"tar in gzip", Bytes("x", gz(strings.Repeat("\x00", 257)+"ustar\x00")), Options{}, ErrUnknownFormat, "tar"},
		{"web page", Bytes("x", []byte("<!DOCTYPE html>\n<html lang=en, x>")), Options{}, ErrUnknownFormat, "web page"},
		{"xlsx", Bytes("x", zipped(t, zipMember{"[Content_Types].xml", []byte("<"), zip.Deflate})), Options{}, ErrUnknownFormat, "Office"},
		{"utf-32", Bytes("x", []byte("\xff\xfe\x00\x00a\x00\x00\x00,\x00\x00\x00")), Options{}, ErrUnknownFormat, "UTF-32"},
		{"packed noise", Bytes("x", flate9(noise(9000))), Options{}, ErrBinary, ""},
		{"nothing but NUL", Bytes("x", make([]byte, 4096)), Options{}, ErrBinary, ""},
		{"NUL and noise", Bytes("x", []byte(strings.Repeat("\x00", 4096)+flate9Text)), Options{}, ErrBinary, ""},
		{"one word", Bytes("x", []byte("hello")), Options{}, ErrUnknownFormat, ""},
		{"packed over and over", Bytes("x", quine), Options{}, ErrUnknownFormat, "times over"},
		{"several members", Bytes("x", two), Options{}, ErrUnknownFormat, "2 files"},
		{"format's own error", Bytes("x", []byte("a,unreadable")), Options{}, ErrSyntax, "x: malformed"},
		{"no such format", file("a.csv", logText), Options{Format: "tsv"}, nil, `no format "tsv": formats are parquet, arrow, json, csv`},
		{"missing", Input{Path: filepath.Join(dir, "missing")}, Options{}, fs.ErrNotExist, ""},
		{"folder", Input{Path: dir}, Options{}, nil, "is a folder"},
		{"stream read twice", once, Options{}, nil, "only once"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := Open(tt.in, tt.opts)
			if err == nil {
				s.Close()
				t.Fatal("opened")
			}
			var e *Error
			if !errors.As(err, &e) || e.Pos.Input.Path != tt.in.Path {
				t.Errorf("%v: not an Error of this input", err)
			}
			if tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if !strings.Contains(err.Error(), tt.text) {
				t.Errorf("got %q, want it to say %q", err, tt.text)
			}
			if n := strings.Count(err.Error(), tt.in.Path); tt.in.Path != "x" && tt.in.Path != "-" && n != 1 {
				t.Errorf("%q names the path %d times", err, n)
			}
		})
	}
}

var flate9Text = string(flate9(noise(9000)))

func flate9(s string) []byte {
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, 9)
	io.WriteString(w, s)
	w.Close()
	return b.Bytes()
}

// Standard input that is a file is read from where it stands.
func TestStdinFile(t *testing.T) {
	p := filepath.Join(t.TempDir(), "in")
	if err := os.WriteFile(p, []byte("skipped\n"+logText), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(p)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	f.Seek(8, io.SeekStart)
	in := Stdin(f)
	for range 2 {
		c, err := openContent(in, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := readAll(c); c.At == nil || got != logText || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
		c.Close()
	}
}

// Whatever the bytes, opening and reading ends, and with an error of a kind
// that callers know.
func FuzzContent(f *testing.F) {
	for _, b := range [][]byte{gz(logText, logText), zst(logText, "x"), []byte(bz), utf16Bytes(logText, binary.BigEndian, true),
		zipped(f, zipMember{"a.csv", []byte(logText), zip.Deflate}), zipped(f, zipMember{"a.csv", gz(logText), zip.Store}),
		cutDirectory(zipped(f, zipMember{"a.csv", []byte(logText), zip.Deflate}))} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := openContent(Bytes("x", b), Options{})
		if err == nil {
			defer c.Close()
			if c.At == nil {
				_, err = io.Copy(io.Discard, io.LimitReader(c.Stream, 1<<24))
			} else if _, err = readAll(c); err != nil {
				t.Fatal(err)
			}
		}
		if err != nil && !errors.Is(err, ErrTruncated) && !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrUnknownFormat) &&
			!errors.Is(err, ErrEmpty) && !errors.Is(err, errSealed) {
			t.Fatalf("%v", err)
		}
	})
}
