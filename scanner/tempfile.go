package scanner

import (
	"fmt"
	"os"
)

// A tempFile takes what exceeds a share of memory. It is made when there is something
// for it. Parts of it may be written and read at the same time, but not taken.
type tempFile struct {
	dir  string
	name string   // with a * for what makes it unique
	file *os.File // removed as soon as it is made where the system allows
	size int64
}

// A span is a part of a temporary file.
type span struct{ off, end int64 }

// take returns a part of n bytes behind all that were taken before.
func (t *tempFile) take(n int) (span, error) {
	if t.file == nil {
		f, err := os.CreateTemp(t.dir, t.name)
		if err != nil {
			return span{}, fmt.Errorf("%w: %w", ErrSpill, err)
		}
		// An open file without a name is gone when the process is, however it
		// ends. Windows refuses; there close removes it.
		_ = os.Remove(f.Name())
		t.file = f
	}
	at := span{t.size, t.size + int64(n)}
	t.size = at.end
	return at, nil
}

// write fills a part that was taken.
func (t *tempFile) write(b []byte, at span) error {
	if _, err := t.file.WriteAt(b, at.off); err != nil {
		return fmt.Errorf("%w: %w", ErrSpill, err)
	}
	return nil
}

// add writes behind all that was taken before.
func (t *tempFile) add(b []byte) (span, error) {
	at, err := t.take(len(b))
	if err != nil {
		return at, err
	}
	return at, t.write(b, at)
}

// close gives back the file.
func (t *tempFile) close() {
	if t.file != nil {
		_ = t.file.Close()
		_ = os.Remove(t.file.Name())
		t.file = nil
	}
}
