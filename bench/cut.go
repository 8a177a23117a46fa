package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// A cut is the beginning of an export, as a file and once more in many small ones,
// as services that export by the hour leave them.
type cut struct {
	from  string // CSV or JSON Lines
	whole string
	parts string // a folder
}

const (
	cutsDir  = "cuts" // of a data set
	cutSize  = 100_000_000
	partSize = 60_000
)

func newCut(j *job) *cut {
	name := filepath.Base(j.file)
	dir := filepath.Join(j.data.Dir, cutsDir)
	return &cut{from: j.path(), whole: filepath.Join(dir, name), parts: filepath.Join(dir, name+".parts")}
}

// ensure makes the files, unless the folder is there: it comes last.
func (c *cut) ensure() error {
	if _, err := os.Stat(c.parts); err == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(c.parts), 0o777); err != nil {
		return err
	}
	unfinished, err := os.MkdirTemp(filepath.Dir(c.parts), "new-")
	if err != nil {
		return err
	}
	if err := c.write(unfinished); err != nil {
		return errors.Join(err, os.RemoveAll(unfinished))
	}
	return os.Rename(unfinished, c.parts)
}

func (c *cut) write(parts string) error {
	f, err := os.Open(c.from)
	if err != nil {
		return err
	}
	defer f.Close()
	whole, err := os.Create(c.whole)
	if err != nil {
		return err
	}
	defer whole.Close()
	lines := bufio.NewReaderSize(f, 1<<20)
	var header []byte
	if filepath.Ext(c.from) == ".csv" {
		if header, err = lines.ReadBytes('\n'); err != nil {
			return err
		}
	}
	if _, err := whole.Write(header); err != nil {
		return err
	}
	for n, size := 0, 0; size < cutSize; n++ {
		rows, err := someLines(lines)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			break
		}
		size += len(rows)
		part := filepath.Join(parts, fmt.Sprintf("%05d%s", n, filepath.Ext(c.from)))
		if err := os.WriteFile(part, append(bytes.Clone(header), rows...), 0o666); err != nil {
			return err
		}
		if _, err := whole.Write(rows); err != nil {
			return err
		}
	}
	return whole.Sync()
}

// someLines reads whole lines for a part; none at the end. The exports have no line
// breaks inside cells.
func someLines(lines *bufio.Reader) (text []byte, err error) {
	for len(text) < partSize {
		line, err := lines.ReadBytes('\n')
		text = append(text, line...)
		if err == io.EOF {
			return text, nil
		}
		if err != nil {
			return nil, err
		}
	}
	return text, nil
}
