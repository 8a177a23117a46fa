package formats

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// spoolMemory is the largest stream that is kept in memory rather than in a
// file, in bytes.
const spoolMemory = 8 << 20

// spool makes a stream positioned: it reads all of it into memory, or into a
// file in dir that vanishes when c is closed. It does nothing where At is set. Of what is
// all there but damaged somewhere, it leaves the reading to the format: closing c says so.
func (c *Content) spool(dir string) error {
	if c.At != nil {
		return nil
	}
	var start bytes.Buffer
	n, err := io.CopyN(&start, c.Stream, spoolMemory+1)
	if errors.Is(err, errSum) {
		c.onClose(func() error { return errSum })
		err = io.EOF
	}
	if err == io.EOF {
		c.At, c.Len = bytes.NewReader(start.Bytes()), n
		c.Stream, c.Consumed = nil, nil
		return nil
	}
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "iocsweep-*.tmp")
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	// Where the system allows it the name goes at once, so that not even a
	// kill leaves the file behind.
	gone := os.Remove(f.Name()) == nil
	c.onClose(func() error {
		err := f.Close()
		if !gone {
			err = errors.Join(err, ignoreMissing(os.Remove(f.Name())))
		}
		return err
	})
	n, err = start.WriteTo(f)
	if err == nil {
		var m int64
		m, err = io.Copy(f, c.Stream)
		n += m
	}
	if errors.Is(err, errSum) {
		c.onClose(func() error { return errSum })
		err = nil
	}
	if err != nil {
		return fmt.Errorf("spool: %w", err)
	}
	c.At, c.Len = f, n
	c.Stream, c.Consumed = nil, nil
	return nil
}

// ignoreMissing returns err unless it is about a missing file.
func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
