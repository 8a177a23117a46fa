package formats

import (
	"archive/zip"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"testing"
)

// A file that becomes shorter while it is read ends early, in whatever form it is
// read and at whatever place it is cut: at the end of a line or of a member it
// would look whole.
func TestShrunkFile(t *testing.T) {
	line := strings.Repeat("x", 127) + "\n"
	long := strings.Repeat(line, 4000)
	for name, data := range map[string][]byte{
		"text.csv":   []byte(long),
		"utf16.csv":  utf16Bytes(long, binary.LittleEndian, true),
		"cr.csv":     []byte(strings.ReplaceAll(long, "\n", "\r")),
		"member.gz":  append(gz(noise(200_000)), gz(noise(200_000))...),
		"stored.zip": zipped(t, zipMember{"a.csv", []byte(long), zip.Store}),
		"packed.zip": zipped(t, zipMember{"a.csv", []byte(noise(400_000)), zip.Deflate}),
	} {
		t.Run(name, func(t *testing.T) {
			tree(t, map[string]string{name: string(data)})
			inputs, errs := Walk([]string{name}, nil)
			if len(inputs) != 1 || errs != nil {
				t.Fatal(names(inputs), errs)
			}
			c, err := openContent(inputs[0], Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			to := int64(1000 * 128)
			if name == "member.gz" {
				to = int64(len(gz(noise(200_000))))
			}
			if err := os.Truncate(name, to); err != nil {
				t.Skip(err) // Windows refuses it for what is open
			}
			if _, err := readAll(c); !errors.Is(err, ErrTruncated) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A file that was emptied between two looks at it is not an empty one.
func TestEmptiedFile(t *testing.T) {
	tree(t, map[string]string{"a.csv": logText})
	c, err := fileContent("a.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := os.Truncate("a.csv", 0); err != nil {
		t.Skip(err) // Windows refuses it for what is open
	}
	if err := c.readHead(); !errors.Is(err, ErrTruncated) {
		t.Errorf("got %v", err)
	}
}

// brokenDisk cannot be read from a place on.
type brokenDisk struct {
	io.ReaderAt
	from int64
}

var errDisk = &fs.PathError{Op: "read", Path: "x.zip", Err: errors.New("input/output error")}

func (b brokenDisk) ReadAt(p []byte, off int64) (int, error) {
	if off+int64(len(p)) > b.from {
		return 0, errDisk
	}
	return b.ReaderAt.ReadAt(p, off)
}

// What the disk does not give is not blamed on the data.
func TestBrokenDisk(t *testing.T) {
	data := string(zipped(t, zipMember{"a.csv", []byte(logText), zip.Deflate}, zipMember{"b.csv", []byte(logText), zip.Deflate}))
	if zipped, err := isZip(strings.NewReader(data)); !zipped || err != nil {
		t.Errorf("%v, %v", zipped, err)
	}
	if zipped, err := isZip(strings.NewReader("P")); zipped || err != nil {
		t.Errorf("short: %v, %v", zipped, err)
	}
	if _, err := isZip(brokenDisk{strings.NewReader(data), 0}); !errors.Is(err, errDisk) {
		t.Errorf("first bytes: %v", err)
	}
	a := &archive{at: brokenDisk{strings.NewReader(data), int64(strings.Index(data, "PK\x01\x02"))}, size: int64(len(data))}
	if _, err := a.members(); !errors.Is(err, errDisk) || errors.Is(err, ErrCorrupt) {
		t.Errorf("directory: %v", err)
	}
}
