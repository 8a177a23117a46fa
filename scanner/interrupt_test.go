package scanner

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/iocsweep/iocsweep/formats"
)

// lateContext ends without telling the contexts made of it, as any does for a
// moment.
type lateContext struct {
	context.Context
	ended bool
}

func (c *lateContext) Err() error {
	if c.ended {
		return context.Canceled
	}
	return nil
}

func (*lateContext) Done() <-chan struct{} { return nil }

// endReader reads text and then fails, as what was interrupted does.
type endReader struct {
	text io.Reader
	c    *lateContext
}

func (r *endReader) Read(b []byte) (int, error) {
	n, err := r.text.Read(b)
	if err == io.EOF {
		r.c.ended, err = true, context.Canceled
	}
	return n, err
}

// What a reader hears of an interrupt before the scan does is no fault of the
// input.
func TestInterruptedByReader(t *testing.T) {
	for _, text := range []string{"", "Type,TimeGenerated,Name\n" + strings.Repeat("DnsEvents,2026-05-21T08:00:00Z,evil.example\n", 9)} {
		c := &lateContext{Context: t.Context()}
		var out strings.Builder
		var warned []error
		s := &Scan{Indicators: indicators(t, "evil.example"), Output: &out, Threads: 1, Warn: func(err error) { warned = append(warned, err) }}
		sum, err := s.Run(c, []formats.Input{formats.Stdin(&endReader{strings.NewReader(text), c})})
		if !errors.Is(err, context.Canceled) || !sum.Stopped || len(warned) > 0 {
			t.Errorf("%v, stopped %v, warnings %v", err, sum.Stopped, warned)
		}
		if f := sum.Files[0]; f.Status != Unfinished || f.Reason != errCut.Error() {
			t.Errorf("%v: %s", f.Status, f.Reason)
		}
		if n := strings.Count(out.String(), "\n"); n != strings.Count(text, "evil") {
			t.Errorf("%d hits of %q", n, text)
		}
	}
}
