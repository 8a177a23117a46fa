package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/scanner"
)

// checkParity refuses what makes no sense beside --parity, before any file is
// opened.
func (f *scanFlags) checkParity(paths []string) error {
	if f.parity == "" {
		return nil
	}
	for _, x := range []struct {
		flag  string
		given bool
	}{{"--output", f.output != ""}, {"--format", f.format != ""}, {"--by", len(f.by) > 0}, {"--suppressed", f.suppressed != ""}} {
		if x.given {
			return fmt.Errorf("--parity reports a comparison, no hits: leave out %s", x.flag)
		}
	}
	if f.parity == "-" || slices.Contains(paths, "-") {
		return errors.New("--parity may read its file and the exports twice: give files, not standard input")
	}
	return nil
}

// readParity prepares a scan to be compared with a portal's result instead of
// reporting hits.
func (a *app) readParity(ctx context.Context, f *scanFlags, s *scanner.Scan, exports []formats.Input) (*scanner.Parity, error) {
	inputs, errs := formats.Walk([]string{f.parity}, nil)
	if len(errs) > 0 {
		return nil, usage(fmt.Errorf("--parity: %w", errs[0]))
	}
	if len(inputs) != 1 {
		return nil, usage(fmt.Errorf("--parity %s: one file is wanted", f.parity))
	}
	if fi, err := os.Stat(inputs[0].Path); err == nil {
		for _, in := range exports {
			if other, err := os.Stat(in.Path); err == nil && os.SameFile(fi, other) {
				return nil, usage(fmt.Errorf("--parity: %s is among the exports: it cannot be compared with itself", f.parity))
			}
		}
	}
	p, err := scanner.NewParity(ctx, s, inputs[0])
	switch {
	case errors.Is(err, context.Canceled):
		return nil, &statusError{statusInterrupted, nil}
	case err != nil:
		return nil, usage(fmt.Errorf("--parity: %w", err))
	}
	if !f.quiet {
		for _, note := range p.Notes {
			a.warnf("%s: %s", scanner.Printable(f.parity), scanner.Printable(note))
		}
	}
	return p, nil
}

// writeParity writes the outcome of a comparison, in lines of at most pageWidth.
func writeParity(w io.Writer, p *scanner.Parity) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Hunt of %s: %s in the portal's result\n", scanner.Printable(p.Table.Name), count(p.Portal, "row"))
	if p.OtherTables > 0 {
		fmt.Fprintf(&b, "%s with hits in other tables: not compared\n", count(p.OtherTables, "row"))
	}
	for _, text := range p.Lacking {
		b.WriteString(fitted(text) + "\n")
	}
	differing(&b, "Only the portal has", p.OnlyPortal, p.PortalWhy)
	differing(&b, "Only iocsweep has", p.OnlyScan, p.ScanWhy)
	if p.Identical() {
		fmt.Fprintf(&b, "identical: %s\n", count(p.Both, "row"))
	} else {
		fmt.Fprintf(&b, "\nnot identical: %s both, %s only portal, %s only iocsweep\n", number(p.Both), number(p.OnlyPortal), number(p.OnlyScan))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func differing(b *strings.Builder, who string, rows int64, why []*scanner.Differ) {
	if rows == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s %s:\n", who, count(rows, "row"))
	for _, d := range why {
		b.WriteString(fitted(fmt.Sprintf("  %s, %s", number(d.Rows), d.Reason)) + "\n")
		for _, x := range d.Examples {
			b.WriteString(fitted(fmt.Sprintf("    %s, record %d:", x.Input, x.Record)) + "\n")
			cells := make([]string, len(x.Cells))
			for i, c := range x.Cells {
				cells[i] = cmp.Or(c.Value, "-")
			}
			b.WriteString(fitted("      "+strings.Join(cells, " | ")) + "\n")
		}
		if n := d.Rows - int64(len(d.Examples)); n > 0 && len(d.Examples) > 0 {
			fmt.Fprintf(b, "    … and %s more\n", number(n))
		}
	}
}

// fitted is a line made printable and cut to pageWidth.
func fitted(s string) string {
	r := []rune(scanner.Printable(s))
	if len(r) > pageWidth {
		r = append(r[:pageWidth-1], '…')
	}
	return string(r)
}

// parityJSON is the outcome of a comparison in --summary.
type parityJSON struct {
	File        string       `json:"file"`
	Table       string       `json:"table"`
	Portal      int64        `json:"portal_rows"`
	Identical   bool         `json:"identical"`
	Both        int64        `json:"both"`
	OnlyPortal  int64        `json:"only_portal"`
	OnlyScan    int64        `json:"only_iocsweep"`
	OtherTables int64        `json:"other_tables"` // rows with hits in tables that are not compared
	PortalWhy   []differJSON `json:"only_portal_reasons"`
	ScanWhy     []differJSON `json:"only_iocsweep_reasons"`
	Lacking     []string     `json:"lacking"` // exports, the first few, that lack a column of the hunt's
}

type differJSON struct {
	Reason string `json:"reason"`
	Rows   int64  `json:"rows"`
}

// parityJSON is nil without --parity, and where it came to no end: then the
// counts would be of half a comparison.
func (r *scanReport) parityJSON() *parityJSON {
	p := r.parity
	if p == nil || !r.compared {
		return nil
	}
	why := func(list []*scanner.Differ) []differJSON {
		out := []differJSON{}
		for _, d := range list {
			out = append(out, differJSON{d.Reason, d.Rows})
		}
		return out
	}
	return &parityJSON{File: r.flags.parity, Table: p.Table.Name, Portal: p.Portal, Identical: p.Identical(), Both: p.Both, OnlyPortal: p.OnlyPortal,
		OnlyScan: p.OnlyScan, OtherTables: p.OtherTables, PortalWhy: why(p.PortalWhy), ScanWhy: why(p.ScanWhy), Lacking: append([]string{}, p.Lacking...)}
}
