package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"

	"github.com/iocsweep/iocsweep/bench/corpus"
)

// An answer reads from a tool's output the numbers of the records that it
// found, in any order.
type answer func(output io.Reader) ([]int64, error)

// hits reads iocsweep's JSONL.
func hits(output io.Reader) (list []int64, err error) {
	return list, eachLine(output, func(line []byte) error {
		_, source, _ := bytes.Cut(line[max(0, bytes.LastIndex(line, []byte(`,"source":{`))):], []byte(`"record":`))
		n, err := strconv.ParseInt(string(digits(source)), 10, 64)
		if err != nil {
			return fmt.Errorf("hit %d has no record", len(list)+1)
		}
		list = append(list, n)
		return nil
	})
}

// numbers reads one a line.
func numbers(output io.Reader) (list []int64, err error) {
	return list, eachLine(output, func(line []byte) error {
		n, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 10, 64)
		list = append(list, n)
		return err
	})
}

// numberedLines reads what grep -n prints of a file and returns the records
// that its lines belong to.
func numberedLines(file, format string) answer {
	return func(output io.Reader) (list []int64, err error) {
		err = eachLine(output, func(line []byte) error {
			d := digits(line)
			if len(d) == len(line) || line[len(d)] != ':' {
				return fmt.Errorf("%q has no line number", line[:min(len(line), 40)])
			}
			n, err := strconv.ParseInt(string(d), 10, 64)
			list = append(list, n)
			return err
		})
		if err != nil || format != "csv" {
			return list, err
		}
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return recordsOf(f, list)
	}
}

// recordsOf returns the records of a CSV file to which physical lines belong:
// a cell in quotes may go over several. The header, which has none, is left
// out.
func recordsOf(csv io.Reader, lines []int64) (list []int64, err error) {
	slices.Sort(lines)
	r := bufio.NewReaderSize(csv, 1<<20)
	quoted, record := false, int64(0)
	for n := int64(1); len(lines) > 0; {
		piece, err := r.ReadSlice('\n')
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			if errors.Is(err, io.EOF) && len(piece) > 0 {
				err = nil
			}
			if err != nil {
				return list, fmt.Errorf("line %d: %w", lines[0], err)
			}
		}
		for len(lines) > 0 && lines[0] == n {
			if record > 0 {
				list = append(list, record)
			}
			lines = lines[1:]
		}
		if bytes.Count(piece, []byte{'"'})%2 == 1 {
			quoted = !quoted
		}
		if err == nil {
			n++
			if !quoted {
				record++
			}
		}
	}
	return list, nil
}

// digits are those that text begins with.
func digits(text []byte) []byte {
	n := 0
	for n < len(text) && '0' <= text[n] && text[n] <= '9' {
		n++
	}
	return text[:n]
}

// eachLine calls f for each line, however long, without its line break.
func eachLine(r io.Reader, f func(line []byte) error) error {
	b := bufio.NewReaderSize(r, 1<<20)
	var long []byte
	for {
		piece, err := b.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			long = append(long, piece...)
			continue
		}
		if len(long) > 0 {
			piece = append(long, piece...)
			long = long[:0]
		}
		if len(piece) > 0 {
			if err := f(bytes.TrimSuffix(piece, []byte{'\n'})); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// score runs what gives a contender's answer, if the warm-up did not, and
// compares it with the truth.
func (b *bench) score(ctx context.Context, c *contender, out string, truth *corpus.Truth) (*corpus.Score, error) {
	if c.answer == nil {
		return nil, nil
	}
	if c.ask != nil {
		if _, err := b.process(ctx, c.ask, out, c.ok...); err != nil {
			return nil, err
		}
	}
	f, err := os.Open(out)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	records, err := c.answer(f)
	if err != nil {
		return nil, fmt.Errorf("%s: its answer: %w", c.label, err)
	}
	s := truth.Score(records)
	return &s, nil
}
