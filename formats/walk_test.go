package formats

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// tree writes files below a new folder, goes there, and comes back afterwards.
func tree(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, data := range files {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// names lists inputs as messages show them, those given by name with a star.
func names(list []Input) string {
	var out []string
	for _, in := range list {
		s := in.String()
		if in.Named {
			s += "*"
		}
		out = append(out, s)
	}
	return strings.Join(out, " ")
}

func texts(errs []error) string {
	var out []string
	for _, err := range errs {
		out = append(out, err.Error())
	}
	return strings.Join(out, "; ")
}

func TestWalk(t *testing.T) {
	one := string(zipped(t, zipMember{"x/a.csv", []byte(logText), zip.Deflate}, zipMember{"__MACOSX/x/._a.csv", []byte("?"), zip.Store},
		zipMember{"x/.DS_Store", []byte("?"), zip.Store}))
	two := string(zipped(t, zipMember{"z.csv", []byte(logText), zip.Deflate}, zipMember{"sub/", nil, zip.Store},
		zipMember{`sub\a.csv`, []byte(logText), zip.Store}))
	sealed := []byte(two)
	// Flag 1 in the directory's entry of the first member says that it is encrypted.
	sealed[bytes.Index(sealed, []byte("PK\x01\x02"))+8] |= 1
	tree(t, map[string]string{
		"exports/b.csv": logText, "exports/a/c.csv": logText, "exports/a-1.csv": logText, "exports/a.csv": logText,
		"exports/.part-0.csv": logText, "exports/._b.csv": "x", "exports/_SUCCESS": "", "exports/b.csv.crc": "x", "exports/Thumbs.db": "x", "exports/.git/config": "x",
		"exports/_delta_log/0.json": "{}", "more/one.zip": one, "more/two.ZIP": two, ".named": "x",
		"none/.DS_Store": "x", "sealed.zip": string(sealed), "nomember.zip": string(zipped(t)),
		"book.xlsx": string(zipped(t, zipMember{"[Content_Types].xml", []byte("<"), zip.Deflate})),
		"cut.zip":   string(cutDirectory([]byte(two))), "y=2025/[1].csv": logText, "dash/-": "a,b",
	})
	tests := []struct {
		name  string
		paths []string
		want  string
		errs  string
	}{
		{"sorted by path, companions left out", []string{"exports"}, "exports/.part-0.csv exports/a-1.csv exports/a.csv exports/a/c.csv exports/b.csv", ""},
		{"final slash", []string{"exports/a/"}, "exports/a/c.csv", ""},
		{"dot and slash stay", []string{"./exports/a"}, "./exports/a/c.csv", ""},
		{"order of the arguments", []string{"exports/b.csv", "exports/a.csv"}, "exports/b.csv* exports/a.csv*", ""},
		{"met and named", []string{"exports", "exports/a.csv", "./exports/b.csv"}, "exports/.part-0.csv exports/a-1.csv exports/a.csv* exports/a/c.csv exports/b.csv*", ""},
		{"hidden but named", []string{".named"}, ".named*", ""},
		{"standard input", []string{"-", "-", ".named"}, "-* .named*", ""},
		{"archives met", []string{"more"}, "more/one.zip/x/a.csv more/two.ZIP/z.csv more/two.ZIP/sub/a.csv", ""},
		{"archive named", []string{"more/two.ZIP"}, "more/two.ZIP/z.csv more/two.ZIP/sub/a.csv", ""},
		{"archive of one file named", []string{"more/one.zip"}, "more/one.zip/x/a.csv*", ""},
		{"archive named twice", []string{"more/one.zip", "more"}, "more/one.zip/x/a.csv* more/two.ZIP/z.csv more/two.ZIP/sub/a.csv", ""},
		{"encrypted", []string{"sealed.zip"}, "sealed.zip/sub/a.csv", "sealed.zip/z.csv: encrypted: unpack it with its password first"},
		{"archive without a file", []string{"nomember.zip"}, "nomember.zip*", ""},
		{"office document", []string{"book.xlsx"}, "book.xlsx*", ""},
		{"archive cut short", []string{"cut.zip"}, "cut.zip/z.csv cut.zip/sub/a.csv", "cut.zip: zip: no directory: input ends early"},
		{"folder without exports", []string{"none"}, "", "none: no files"},
		{"missing", []string{"missing", "exports/b.csv"}, "exports/b.csv*", "missing: " + syscall.Errno(2).Error()},
		{"pattern", []string{"exports/[ab]*.csv"}, "exports/a-1.csv* exports/a.csv* exports/b.csv*", ""},
		{"pattern too long for a name", []string{"exports/[" + strings.Repeat("b", 300) + "].csv"}, "exports/b.csv*", ""},
		{"pattern without a match", []string{"exports/*.parquet"}, "", "exports/*.parquet: no files"},
		{"not a pattern", []string{"y=2025/[1].csv"}, "y=2025/[1].csv*", ""},
		{"a file called -", []string{"dash"}, "dash/-", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, errs := Walk(tt.paths, pipe{strings.NewReader("")})
			// Names that a pattern was expanded to are those of the system.
			if found := filepath.ToSlash(names(got)); found != tt.want {
				t.Errorf("got  %s\nwant %s", found, tt.want)
			}
			if texts(errs) != tt.errs {
				t.Errorf("got errors %q, want %q", texts(errs), tt.errs)
			}
			for _, err := range errs {
				if e := (*Error)(nil); !errors.As(err, &e) {
					t.Errorf("%v is no Error", err)
				}
			}
		})
	}
	t.Run("the folder itself", func(t *testing.T) {
		t.Chdir("dash")
		if got, errs := Walk([]string{"."}, nil); names(got) != "./-" || errs != nil {
			t.Errorf("got %s, %v", names(got), errs)
		}
	})
}

// The directory at the end of a file may not be that of all archives in it, and what
// follows the last one may hold more.
func TestArchiveEnding(t *testing.T) {
	a := zipped(t, zipMember{"a.csv", []byte(logText), zip.Deflate})
	b := zipped(t, zipMember{"b.csv", []byte(logText), zip.Deflate})
	var outer bytes.Buffer
	w := zip.NewWriter(&outer)
	// Raw members have their lengths before them, as the zip command writes them.
	f, err := w.CreateRaw(&zip.FileHeader{Name: "in.zip", CompressedSize64: uint64(len(b)), UncompressedSize64: uint64(len(b))})
	if err != nil {
		t.Fatal(err)
	}
	f.Write(b)
	if err := errors.Join(w.SetComment("of somebody"), w.Close()); err != nil {
		t.Fatal(err)
	}
	whole := outer.Bytes()
	tests := []struct {
		name string
		data []byte
		want string
		errs string
	}{
		{"an archive within, and a comment", whole, "x.zip/in.zip", ""},
		{"cut behind an archive within", whole[:len(whole)-60], "x.zip/in.zip", "x.zip: damaged compressed data: the zip directory at its end is not of the whole archive"},
		{"two, one after the other", slices.Concat(a, b), "x.zip/a.csv x.zip/b.csv", "x.zip: damaged compressed data: the zip directory at its end is not of the whole archive"},
		{"three, one of them in zip64", slices.Concat(b, zip64(a), whole), "x.zip/b.csv x.zip/a.csv x.zip/in.zip", "x.zip: damaged compressed data: the zip directory at its end is not of the whole archive"},
		{"two, with something between", slices.Concat(a, []byte("\r\n"), whole), "x.zip/a.csv x.zip/in.zip", "x.zip: damaged compressed data: the zip directory at its end is not of the whole archive"},
		{"two, the other cut", slices.Concat(a, b[:80]), "x.zip/a.csv", "x.zip: damaged compressed data: something else follows the zip data"},
		{"filled up with zeros", slices.Concat(a, make([]byte, 400)), "x.zip/a.csv", ""},
		{"a line break behind it", append(slices.Clone(a), "\r\n"...), "x.zip/a.csv", ""},
		{"zip64", zip64(a), "x.zip/a.csv", ""},
		{"zip64, filled up with zeros", append(zip64(a), 0, 0), "x.zip/a.csv", ""},
		{"zip64, two", slices.Concat(a, zip64(b)), "x.zip/a.csv x.zip/b.csv", "x.zip: zip: no directory: input ends early"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tree(t, map[string]string{"x.zip": string(tt.data)})
			got, errs := Walk([]string{"."}, nil)
			if names(got) != tt.want || texts(errs) != tt.errs {
				t.Errorf("got  %s, errors %q\nwant %s, errors %q", names(got), texts(errs), tt.want, tt.errs)
			}
		})
	}
}

// zip64 writes the end of an archive without a comment as archives beyond 4 GiB have it.
func zip64(b []byte) []byte {
	le := binary.LittleEndian
	end := len(b) - 22
	size, off := le.Uint32(b[end+12:]), le.Uint32(b[end+16:])
	out := append(slices.Clone(b[:end]), "PK\x06\x06"...)
	out = le.AppendUint64(out, 44)
	out = append(out, 45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	for _, v := range []uint64{1, 1, uint64(size), uint64(off)} {
		out = le.AppendUint64(out, v)
	}
	out = append(out, "PK\x06\x07\x00\x00\x00\x00"...)
	out = le.AppendUint64(out, uint64(end))
	out = append(out, 1, 0, 0, 0)
	return append(out, "PK\x05\x06\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00"...)
}

// A file is read once, though its names differ in what the system makes nothing of.
func TestWalkOtherNames(t *testing.T) {
	tree(t, map[string]string{"logs/a.csv": logText, "logs/p.zip": string(zipped(t, zipMember{"x.csv", []byte(logText), zip.Deflate}))})
	whole, err := filepath.Abs("logs")
	if err != nil {
		t.Fatal(err)
	}
	paths := []string{"logs", whole, filepath.Join("logs", "a.csv")}
	if _, err := os.Stat("LOGS"); err == nil { // Windows, and macOS as it is set up
		paths = append(paths, "LOGS")
	}
	if got, errs := Walk(paths, nil); names(got) != "logs/a.csv* logs/p.zip/x.csv" || errs != nil {
		t.Errorf("got %s, %v", names(got), errs)
	}
}

// What Windows calls irregular is a file of a folder in the cloud; a folder or a pipe
// is none, whatever else it is.
func TestRegular(t *testing.T) {
	for mode, want := range map[fs.FileMode]bool{
		0o644: true, fs.ModeIrregular | 0o666: true, fs.ModeDir: false, fs.ModeDir | fs.ModeIrregular: false,
		fs.ModeNamedPipe: false, fs.ModeDevice | fs.ModeCharDevice: false, fs.ModeSymlink: false,
	} {
		if Regular(mode) != want {
			t.Errorf("%v: %t", mode, !want)
		}
	}
}

func TestWalkLinks(t *testing.T) {
	tree(t, map[string]string{"real/a.csv": logText, "in/b.csv": logText, "in/sub/c.csv": logText, "out/d.csv": logText})
	for name, to := range map[string]string{"in/loop": "../in", "in/again": "sub", "in/given": "../real", "in/up": "..", "in/out": "../out", "in/file.csv": "../real/a.csv", "in/dangling.csv": "../gone", "named": "real"} {
		if err := os.Symlink(to, name); err != nil {
			if runtime.GOOS == "windows" { // needs a privilege there
				return
			}
			t.Fatal(err)
		}
	}
	got, errs := Walk([]string{"in", "named"}, nil)
	if want := "in/b.csv in/file.csv in/sub/c.csv"; names(got) != want {
		t.Errorf("got %s, want %s", names(got), want)
	}
	var said []string
	for _, err := range errs {
		what, _, _ := strings.Cut(err.Error(), ": ")
		switch {
		case errors.Is(err, fs.ErrNotExist):
			what += " is not there"
		case errors.Is(err, errLinked):
			what += " is not followed"
		}
		said = append(said, what)
	}
	if got, want := strings.Join(said, ", "), "in/dangling.csv is not there, in/out is not followed, in/up is not followed"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Members of one archive are read at the same time, each by positions of its
// own, and the file is closed when the last is.
func TestWalkMembersInParallel(t *testing.T) {
	var members []zipMember
	for i := range 8 {
		members = append(members, zipMember{string(rune('a' + i)), []byte(noise(50_000 + i)), []uint16{zip.Store, zip.Deflate}[i%2]})
	}
	tree(t, map[string]string{"x.zip": string(zipped(t, members...))})
	inputs, errs := Walk([]string{"x.zip"}, nil)
	if len(inputs) != len(members) || errs != nil {
		t.Fatalf("got %s, %v", names(inputs), errs)
	}
	var wg sync.WaitGroup
	for i, in := range slices.Concat(inputs, inputs) {
		wg.Go(func() {
			c, err := openContent(in, Options{})
			if err != nil {
				t.Error(err)
				return
			}
			m := members[i%len(members)]
			if stored := m.method == zip.Store; stored != (c.At != nil) {
				t.Errorf("%s: stored %t, positioned %t", in, stored, c.At != nil)
			}
			if got, err := readAll(c); got != string(m.data) || err != nil {
				t.Errorf("%s: got %d bytes, %v", in, len(got), err)
			}
			if c.At == nil && c.Consumed() != c.Size {
				t.Errorf("%s: consumed %d of %d bytes", in, c.Consumed(), c.Size)
			}
			c.Close()
		})
	}
	wg.Wait()
	if err := os.Remove("x.zip"); err != nil { // fails on Windows while it is open
		t.Error(err)
	}
}

func TestWalkStdinArchive(t *testing.T) {
	tree(t, map[string]string{"x.zip": string(zipped(t, zipMember{"a", []byte(logText), zip.Deflate}, zipMember{"b", []byte("1,2"), zip.Store}))})
	f, err := os.Open("x.zip")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	inputs, errs := Walk([]string{"-"}, f)
	if names(inputs) != "-/a -/b" || errs != nil {
		t.Fatalf("got %s, %v", names(inputs), errs)
	}
	c, err := openContent(inputs[0], Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got, err := readAll(c); got != logText || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

// An archive that was cut short gives what is left of its members, both where
// it was written with sizes in front and as a stream.
func TestSalvage(t *testing.T) {
	long := noise(100_000)
	members := []zipMember{{"a.csv", []byte(long), zip.Deflate}, {"b.csv", []byte(long + "b"), zip.Deflate}, {"c.csv", []byte(long), zip.Deflate}}
	streamed := zipped(t, members...)
	var sized bytes.Buffer
	z := zip.NewWriter(&sized)
	r, err := zip.NewReader(bytes.NewReader(streamed), int64(len(streamed)))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.File {
		h := f.FileHeader
		h.Flags &^= 8
		w, err := z.CreateRaw(&h)
		if err != nil {
			t.Fatal(err)
		}
		raw, _ := f.OpenRaw()
		io.Copy(w, raw)
	}
	z.Close()
	for kind, data := range map[string][]byte{"streamed": streamed, "sized": sized.Bytes()} {
		t.Run(kind, func(t *testing.T) {
			cut := bytes.LastIndex(data, []byte("PK\x03\x04")) + 30_000
			tree(t, map[string]string{"x.zip": string(data[:cut])})
			inputs, errs := Walk([]string{"x.zip"}, nil)
			if want := "x.zip/a.csv x.zip/b.csv x.zip/c.csv"; names(inputs) != want {
				t.Fatalf("got %s, want %s", names(inputs), want)
			}
			if len(errs) != 1 || !errors.Is(errs[0], ErrTruncated) {
				t.Errorf("got %v", errs)
			}
			for i, in := range inputs {
				c, err := openContent(in, Options{})
				if err != nil {
					t.Fatal(err)
				}
				got, err := readAll(c)
				c.Close()
				switch {
				case i < 2 && (got != string(members[i].data) || err != nil):
					t.Errorf("%s: got %d bytes, %v", in, len(got), err)
				case i == 2 && (!strings.HasPrefix(long, got) || len(got) < 30_000 || !errors.Is(err, ErrTruncated)):
					t.Errorf("%s: got %d bytes, %v", in, len(got), err)
				}
			}
		})
	}
}
