package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/iocsweep/iocsweep/formats"
)

// mayWrite is an error for the file that a flag names if it is there, unless it may be
// overwritten.
func mayWrite(flag, path string, clobber bool) error {
	fi, err := os.Stat(path)
	switch {
	case err != nil:
		return nil // creating it says what is wrong
	case fi.IsDir():
		return fmt.Errorf("%s: %s is a folder", flag, path)
	case formats.Regular(fi.Mode()) && !clobber:
		return fmt.Errorf("%s: %s exists: give --clobber to overwrite it", flag, path)
	}
	return nil
}

// writeWhole writes a file whole, or leaves what was there as it was, also after an
// interrupt. What is no regular file is written to as it is.
func writeWhole(ctx context.Context, path string, mode os.FileMode, write func(io.Writer) error) error {
	if fi, err := os.Stat(path); err == nil && !formats.Regular(fi.Mode()) {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(write(f), f.Close())
	}
	ctx, stop := interrupts(ctx)
	defer stop()
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_ = f.Chmod(mode) // not every file system has modes: that alone does not spoil the file
	// Synced before it gets its name, else a stick that is pulled out may be left
	// with the name and nothing behind it.
	err = write(&untilDone{ctx, f})
	if err == nil {
		err = f.Sync()
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// untilDone fails with the context's error once that is done.
type untilDone struct {
	ctx context.Context
	to  io.Writer
}

func (u *untilDone) Write(b []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.to.Write(b)
}

// writeNew writes a new file. One that is there is an error; after a failed write none
// is left.
func writeNew(path string, mode os.FileMode, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err != nil {
		return err
	}
	_, err = io.WriteString(f, text)
	if err = errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(path)
	}
	return err
}
