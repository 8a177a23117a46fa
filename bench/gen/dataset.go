package gen

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// A Dataset is a folder of exports with the feed that was planted in them:
//
//	logs/CommonSecurityLog.csv …   one file per table and format
//	feed.csv, feed.txt             the indicators as ThreatFox exports them, and one a line
//	truth.tsv                      what is planted where
//
// All formats of a table hold the same rows.
type Dataset struct {
	Dir     string
	Seed    uint64
	Tables  []*Table
	Formats []string // names as [NewWriter] takes them
	// Size is how large each table is as CSV; the other formats get the same
	// rows. Rows, if not 0, says the number of rows instead.
	Size int64
	Rows int64
	IOCs int
	// Hits and Near are shares of rows, as in [Options].
	Hits, Near float64
	// Log is told of every file that is done. It may be nil.
	Log func(format string, args ...any)
}

// TruthHeader is the first line of a truth file. A value's tabs and line ends
// are written as \t, \n and \r.
const TruthHeader = "file\trecord\tcolumn\tvalue\tindicator\tclass\thit\n"

// AppendTruth appends the truth lines of a row.
func AppendTruth(dst []byte, file string, r *Row) []byte {
	clean := strings.NewReplacer("\\", `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`)
	for _, p := range r.Truth {
		dst = fmt.Appendf(dst, "%s\t%d\t%s\t%s\t%s\t%s\t%s\n", file, r.N, p.Column, clean.Replace(p.Value), p.Indicator, p.Class, p.Hit)
	}
	return dst
}

// Write makes the folder. Files of the same names are overwritten.
func (d *Dataset) Write() error {
	logs := filepath.Join(d.Dir, "logs")
	if err := os.MkdirAll(logs, 0o777); err != nil {
		return err
	}
	feed := &Feed{Seed: d.Seed, N: d.IOCs}
	for _, f := range []struct {
		name  string
		write func(io.Writer) error
	}{{"feed.csv", feed.WriteThreatFox}, {"feed.txt", feed.WriteList}} {
		if err := create(filepath.Join(d.Dir, f.name), f.write); err != nil {
			return err
		}
	}
	return create(filepath.Join(d.Dir, "truth.tsv"), func(truth io.Writer) error {
		if _, err := io.WriteString(truth, TruthHeader); err != nil {
			return err
		}
		for _, t := range d.Tables {
			if err := d.table(logs, t, feed, truth); err != nil {
				return fmt.Errorf("%s: %w", t.Name, err)
			}
		}
		return nil
	})
}

// create makes a file with what write writes, through a buffer.
func create(path string, write func(io.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(f, 1<<20)
	return errors.Join(write(b), b.Flush(), f.Close())
}

// rows is how many rows of the table make Size bytes of CSV, from the first
// few thousand.
func (d *Dataset) rows(t *Table, o Options) int64 {
	if d.Rows != 0 {
		return d.Rows
	}
	var size counter
	w := NewCSV(&size, t, NativeCSV(t))
	const sample = 5000
	for r := range Rows(t, sample, o) {
		w.Write(r) // a counter takes everything
	}
	w.Close()
	return max(1, d.Size*sample/int64(size))
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

func (d *Dataset) table(dir string, t *Table, feed *Feed, truth io.Writer) (err error) {
	o := Options{Seed: d.Seed, Feed: feed, Hits: d.Hits, Near: d.Near}
	n := d.rows(t, o)
	var writers []Writer
	var names []string
	var close []func() error
	defer func() {
		for _, c := range close {
			err = errors.Join(err, c())
		}
	}()
	for _, format := range d.Formats {
		name := t.Name + "." + format
		f, e := os.Create(filepath.Join(dir, name))
		if e != nil {
			return e
		}
		close = append(close, f.Close)
		w, e := NewWriter(f, t, format)
		if e != nil {
			return e
		}
		writers, names = append(writers, w), append(names, "logs/"+name)
	}
	var line []byte
	for r := range Rows(t, n, o) {
		for i, w := range writers {
			if err := w.Write(r); err != nil {
				return fmt.Errorf("%s: %w", names[i], err)
			}
			if len(r.Truth) != 0 {
				line = AppendTruth(line[:0], names[i], r)
				if _, err := truth.Write(line); err != nil {
					return err
				}
			}
		}
	}
	for i, w := range writers {
		if err := w.Close(); err != nil {
			return fmt.Errorf("%s: %w", names[i], err)
		}
		if d.Log != nil {
			d.Log("%s: %d rows", names[i], n)
		}
	}
	return nil
}

// Formats are the names of formats that [NewWriter] knows. Each of the line
// formats may be followed by .gz or .zst; Parquet and Arrow compress by themselves.
var Formats = []string{
	"csv", "jsonl", "flat.jsonl", "parquet", "snappy.parquet", "plain.parquet", "overflow.parquet", "arrow", "arrows",
}

// NewWriter returns a Writer of the format of that name: csv and jsonl are
// spelled as the product that owns the table does it, flat.jsonl as a
// data-export rule does; parquet is zstd with dictionaries; arrow is the file
// format, arrows the stream with dictionaries.
func NewWriter(w io.Writer, t *Table, format string) (Writer, error) {
	base, packer := format, io.WriteCloser(nil)
	if s, ok := strings.CutSuffix(format, ".gz"); ok {
		base, packer = s, gzip.NewWriter(w)
	} else if s, ok := strings.CutSuffix(format, ".zst"); ok {
		z, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		base, packer = s, z
	}
	if packer != nil {
		w = packer
	}
	var out Writer
	var err error
	switch base {
	case "csv":
		out = NewCSV(w, t, NativeCSV(t))
	case "jsonl":
		out = NewJSONL(w, t, NativeJSONL(t))
	case "flat.jsonl":
		out = NewJSONL(w, t, JSONOptions{Style: Flat, Objects: true})
	case "parquet":
		out, err = NewParquet(w, t, ParquetOptions{})
	case "snappy.parquet":
		out, err = NewParquet(w, t, ParquetOptions{Codec: "snappy", Encoding: Overflow, DictionaryBytes: 1 << 20, PageBytes: 256 << 10, V1: true})
	case "plain.parquet":
		out, err = NewParquet(w, t, ParquetOptions{Encoding: Plain})
	case "overflow.parquet":
		out, err = NewParquet(w, t, ParquetOptions{Encoding: Overflow})
	case "arrow":
		out, err = NewArrow(w, t, ArrowOptions{})
	case "arrows":
		out, err = NewArrow(w, t, ArrowOptions{Stream: true, Dictionary: true})
	default:
		err = fmt.Errorf("%q is no format: have %s", format, strings.Join(Formats, ", "))
	}
	if err != nil || packer == nil {
		return out, err
	}
	return &packed{out, packer}, nil
}

// packed closes what compresses after what writes into it.
type packed struct {
	Writer
	packer io.Closer
}

func (p *packed) Close() error { return errors.Join(p.Writer.Close(), p.packer.Close()) }
