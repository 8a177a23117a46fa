package scanner

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/formats"
)

// openInput opens an input and plans how it is read; what cannot be scanned is
// done at once. It is called without run.mu by the one worker that set opening.
func (r *run) openInput(in *input) {
	in.opts = r.Formats
	in.opts.Times, in.opts.Table, in.opts.Until = &r.stats.Input, r.surely, r.caller
	in.opts.Fits = func(part *formats.Part) bool { return r.matched(part, in.in.String()) != nil }
	in.opts.Whole = r.generic // what stands round records is swept, too
	next := open
	if err := r.openAndPlan(in); err != nil {
		if r.interrupted() {
			in.fail(Unfinished, errCut)
		} else {
			in.refuse(err)
		}
		r.out.end(in.n, 0)
		next = done
	}
	r.mu.Lock()
	in.state = next
	r.mu.Unlock()
}

// openAndPlan opens an input and plans how it is read.
func (r *run) openAndPlan(in *input) (err error) {
	defer caught(&err)
	src, err := r.openSource(in)
	if err != nil {
		return err
	}
	return r.planInput(in, src)
}

// openSource opens an input, with the header of a file beside it where it has none.
func (r *run) openSource(in *input) (formats.Source, error) {
	src, err := formats.Open(in.in, in.opts)
	bare := (*formats.NoHeaderError)(nil)
	if !errors.As(err, &bare) {
		return src, err
	}
	if unread := eventLines(bare.First); unread != nil {
		return nil, unread
	}
	if !in.in.Rereadable() { // to borrow a header is to open the input again
		return nil, err
	}
	header, from := r.siblingHeader(in, bare.Cells)
	if header == nil {
		return nil, err
	}
	in.report.note("header taken from " + from)
	in.opts.Header = header
	return formats.Open(in.in, in.opts)
}

// planInput plans how a source is read, which is the input's from then on, or closed.
func (r *run) planInput(in *input, src formats.Source) error {
	info := src.Info()
	in.report.Format, in.report.Compression, in.report.Bytes = info.Format, info.Compression, info.Size
	in.report.Notes = append(in.report.Notes, info.Notes...)
	plan, err := r.newPlan(in, info)
	if err != nil {
		if broken := cutShort(src, info); broken != nil {
			err = broken
		}
		_ = src.Close()
		return err
	}
	in.plan, in.src = plan, src
	r.missed(in, info)
	in.dates = newDates(r, in)
	return nil
}

// refuse reports why an input is not scanned.
func (i *input) refuse(err error) {
	var unknown *unknownTable
	switch {
	case errors.Is(err, formats.ErrNoRecords):
		i.report.whole = true // of an hour without events: nothing is missing
		i.fail(Empty, errors.New("no records"))
	case errors.Is(err, formats.ErrEmpty):
		// An empty file in a folder is common; one that was named lacks its rows.
		i.fail(Empty, errors.New("empty"))
		if i.in.Named {
			i.problem(0, 0, named(i.in, formats.ErrEmpty))
		}
	case errors.As(err, &unknown):
		i.fail(unknown.status, err)
		if unknown.status == Unknown && i.in.Named {
			i.problem(0, 0, fmt.Errorf("%s: %w", i.in, err))
		}
	case errors.Is(err, formats.ErrPacked):
		i.fail(Unreadable, cause(err))
		i.problem(0, 0, err)
	case errors.Is(err, formats.ErrUnknownFormat), errors.Is(err, formats.ErrBinary):
		// A folder holds all kinds of things; what was named was meant.
		i.fail(Unknown, cause(err))
		if i.in.Named {
			i.problem(0, 0, err)
		}
	default:
		i.fail(Unreadable, cause(err))
		i.problem(0, 0, named(i.in, err))
	}
}

// missed makes the input partial if a column that is matched cannot be read, and
// says so if there is none.
func (r *run) missed(in *input, info formats.Info) {
	if !isJSON(info.Format) && !slices.ContainsFunc(in.plan.keys, func(k planKey) bool { return len(k.groups) > 0 }) {
		if unread := unreadRecords(info); unread != nil {
			in.fail(Partial, unread)
			in.problem(0, 0, named(in.in, unread))
		} else {
			in.report.note("none of its columns is matched: it cannot show a hit")
		}
	}
next:
	for _, column := range info.Unread {
		bare := formats.BareName(column)
		for _, t := range in.plan.tables {
			for i := range t.Keys {
				if _, ok := r.keyGroup(t, &t.Keys[i]); !ok || !strings.EqualFold(t.Keys[i].Column, bare) {
					continue
				}
				err := fmt.Errorf("column %s is nested in a way that is not read", Printable(column))
				in.fail(Partial, err)
				in.problem(0, 0, named(in.in, err))
				continue next
			}
		}
	}
}

// unreadRecords says that the columns of records lie in a cell of each as text that is
// not read: as Export-Csv of PowerShell writes objects, @{RemoteIP=192.0.2.7; …}, or
// pandas, {'RemoteIP': '192.0.2.7', …}; or as JSON in which no record of the table was
// found. nil if they do not.
func unreadRecords(info formats.Info) error {
	const column = "properties" // of the envelope of Azure's logs
	for _, part := range info.Parts {
		if cells := sampled(part, column); slices.ContainsFunc(cells, func(cell string) bool {
			return strings.HasPrefix(cell, "@{") || strings.HasPrefix(cell, "{'") || strings.HasPrefix(cell, `{"`)
		}) {
			return fmt.Errorf("its records lie in %s, as text that is not read", column)
		}
	}
	return nil
}

// cutShort returns why an input whose first bytes show no table may have one
// all the same: compressed data ends early, rows come before what they are, or the first
// record is too large.
func cutShort(src formats.Source, info formats.Info) error {
	if info.Unshown {
		return fmt.Errorf("%w: the first one, which would show the table", formats.ErrTooLarge)
	}
	if info.Compression == "" && info.Format != "json" {
		return nil
	}
	reader := src.NewReader(formats.Want{})
	blocks := 2
	if info.Compression != "" {
		blocks = 8 // within which one of bzip2 ends: its check sum comes behind what may be garbage
	}
	for range blocks {
		if _, err := reader.Next(); err != nil {
			if errors.Is(err, io.EOF) || info.Compression == "" {
				return nil
			}
			return err
		}
		for range reader.Runs() {
		}
		for _, bad := range reader.Rejects() {
			if errors.Is(bad.Err, formats.ErrRowsFirst) {
				return bad.Err
			}
		}
	}
	return nil
}

// cause strips the position off an error that a report shows beside the name.
func cause(err error) error {
	var e *formats.Error
	if errors.As(err, &e) && e.Pos.Line <= 0 && e.Pos.Record <= 0 && e.Pos.Group < 0 && e.Pos.Offset <= 0 {
		return e.Err
	}
	return err
}

// named gives an error the name of its input, unless it bears one already.
func named(in formats.Input, err error) error {
	var e *formats.Error
	if errors.As(err, &e) {
		return err
	}
	return fmt.Errorf("%s: %w", in, err)
}
