package cached

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// temp is a file in a folder with the given content, which the cache holds.
func temp(t *testing.T, dir string, content []byte) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "file"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	if _, err := f.Write(content); err != nil {
		t.Fatal(err)
	}
	return f
}

// ReadAt reads what os.File.ReadAt reads, with the same errors, from file systems that
// say what the cache holds and, as a rule, from one that does not.
func TestReadAt(t *testing.T) {
	testReadAt(t, t.TempDir())
	if dir, err := os.MkdirTemp("/dev/shm", "iocsweep-"); err == nil {
		defer os.RemoveAll(dir)
		testReadAt(t, dir)
	}
}

func testReadAt(t *testing.T, dir string) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	content := make([]byte, 3<<20+4097)
	for i := range content {
		content[i] = byte(r.Uint32())
	}
	f := temp(t, dir, content)
	size := int64(len(content))
	check := func(n int, off int64) {
		t.Helper()
		got, want := bytes.Repeat([]byte{1}, n), bytes.Repeat([]byte{1}, n)
		g, gerr := ReadAt(f, got, off)
		w, werr := f.ReadAt(want, off)
		if g != w || !errors.Is(gerr, werr) || !bytes.Equal(got, want) {
			t.Fatalf("%d bytes at %d: %d %v, want %d %v", n, off, g, gerr, w, werr)
		}
	}
	for _, n := range []int{0, 1, 4096, short + 1, 1 << 20, 1<<20 + 1, 3 << 20, 4 << 20} {
		for _, off := range []int64{0, 1, 4095, 1 << 20, size - 1, size, size + 1} {
			check(n, off)
		}
	}
	for range 200 {
		check(r.IntN(3<<20), r.Int64N(size+10))
	}
}

// A slowReader is a file each of whose reads takes its time; it counts them.
type slowReader struct {
	io.ReaderAt
	wait  time.Duration
	reads int
}

func (s *slowReader) ReadAt(p []byte, off int64) (int, error) {
	s.reads++
	time.Sleep(s.wait)
	return s.ReaderAt.ReadAt(p, off)
}

// A file system that asks a server for every read is asked twice, not once a piece.
func TestSlowReads(t *testing.T) {
	content := make([]byte, 1<<20)
	for i := range content {
		content[i] = byte(i % 251)
	}
	f := &slowReader{ReaderAt: bytes.NewReader(content), wait: 2 * slow}
	p := make([]byte, len(content)+1)
	if n, err := inPieces(f, p, 0, short); n != len(content) || err != io.EOF || !bytes.Equal(p[:n], content) || f.reads != 2 {
		t.Errorf("%d bytes, %v, in %d reads", n, err, f.reads)
	}
	// The opposite: what is in memory is read in pieces. A read may be interrupted for long.
	for try := 1; ; try++ {
		f = &slowReader{ReaderAt: bytes.NewReader(content)}
		if n, err := inPieces(f, p, 0, short); n != len(content) || err != io.EOF || !bytes.Equal(p[:n], content) {
			t.Fatalf("%d bytes, %v", n, err)
		}
		if f.reads == len(content)/short+1 {
			break
		}
		if try == 1000 {
			t.Fatalf("%d reads", f.reads)
		}
	}
}

func TestReadAtErrors(t *testing.T) {
	f := temp(t, t.TempDir(), []byte("abc"))
	buf := make([]byte, 8)
	if n, err := ReadAt(f, buf, 0); n != 3 || err != io.EOF {
		t.Errorf("at the end: %d %v", n, err)
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if n, err := ReadAt(f, buf, -1); n != 0 || err == nil {
		t.Errorf("before the beginning: %d %v", n, err)
	}
	f.Close()
	if n, err := ReadAt(f, buf, 0); n != 0 || !errors.Is(err, os.ErrClosed) {
		t.Errorf("closed: %d %v", n, err)
	}
}

// Each block of a sweep is read by one call, and allocates nothing.
func TestReadAtAllocates(t *testing.T) {
	f := temp(t, t.TempDir(), make([]byte, 2<<20))
	buf := make([]byte, 2<<20)
	if n := testing.AllocsPerRun(10, func() {
		if _, err := ReadAt(f, buf, 0); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
