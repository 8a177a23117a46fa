package scanner

import (
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/formats"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// Status says how far one input could be read.
type Status string

// The states of an input at the end of a scan.
const (
	Complete   Status = "complete"   // every record was matched or accounted for
	Partial    Status = "partial"    // something in it could not be read; the rest was matched
	Unreadable Status = "unreadable" // nothing could be read
	Unknown    Status = "unknown"    // no export of a known table
	Empty      Status = "empty"      // no bytes at all
	Unfinished Status = "unfinished" // the scan was interrupted before its end
)

// A FileReport says what became of one input.
type FileReport struct {
	Input       formats.Input
	Format      string
	Compression string
	Table       string // name of the table; several joined by + in a mixed stream
	Bytes       int64  // on disk, -1 if unknown
	Records     int64  // data records, counting those that could not be read
	Rejected    int64  // records that could not be read
	Repaired    int64  // ragged or repaired records that were matched all the same
	Other       int64  // records of tables that were not asked for or are not known
	OtherTables []string
	BadTimes    int64 // hits whose time text could not be read
	Hits        int64
	Suppressed  int64
	Below       int64 // matches below compromised names, left out for CompromisedExact
	Period            // what the first and last record of each block show
	Status      Status
	Reason      string   // why Status is not Complete
	Notes       []string // what a reader of the result should know: assumed zones, columns not read

	whole bool // there is no more of it than an Empty one has
}

// A Summary says what a scan read and found.
type Summary struct {
	Files      []*FileReport
	Rules      []RuleReport // exclusion rules, and behind them allow lists
	Lists      []ListReport // allow lists, and behind them label lists
	Hits       int64
	Suppressed int64
	Below      int64
	Records    int64
	Bytes      int64
	Rejected   int64
	Tables     []*table.Table // those swept for, of the optional ones those that were there
	Absent     []*table.Table // those of Tables of which no export was there
	Groups     *Groups        // nil unless asked for
	Stopped    bool           // interrupted, or stopped by Strict
}

// summary says what the run read and found. All workers have ended.
func (r *run) summary() *Summary {
	s := &Summary{Tables: r.tables, Stopped: r.ctx.Err() != nil}
	if r.forced != nil {
		s.Tables = []*table.Table{r.forced}
	}
	met := map[string]bool{}
	for _, in := range r.inputs {
		f := in.report
		switch {
		case r.bad != nil && in.n >= r.bad.input:
			r.bad.cut(in)
		case in.state != done:
			f.Status, f.Reason = Unfinished, errCut.Error()
		}
		s.Files = append(s.Files, f)
		s.Hits += f.Hits
		s.Suppressed += f.Suppressed
		s.Below += f.Below
		s.Records += f.Records
		s.Bytes += max(f.Bytes, 0)
		s.Rejected += f.Rejected
		for _, name := range strings.Split(f.Table, "+") {
			met[name] = true
		}
	}
	s.Tables = slices.DeleteFunc(slices.Clone(s.Tables), func(t *table.Table) bool { return t.Optional && !met[t.Name] })
	for _, t := range s.Tables {
		if !met[t.Name] {
			s.Absent = append(s.Absent, t)
		}
	}
	for _, x := range r.ledger {
		s.Rules = append(s.Rules, *x)
	}
	s.Lists = r.listReports()
	if r.Repeats != nil {
		r.Repeats.count(s.Hits)
	}
	s.Groups = r.Groups
	return s
}

// Complete reports whether nothing which could hold a hit was left unread.
func (s *Summary) Complete() bool {
	return !s.Stopped && !slices.ContainsFunc(s.Files, (*FileReport).Failed)
}

// Failed reports whether the input makes a run's coverage partial: something in it
// could not be read, or it was named and is no export of a known table.
func (f *FileReport) Failed() bool {
	switch f.Status {
	case Partial, Unreadable, Unfinished:
		return true
	case Unknown, Empty:
		return f.Input.Named && !f.whole
	}
	return f.Rejected > 0
}

// Scanned reports whether the input was read as an export of a known table.
func (f *FileReport) Scanned() bool {
	return f.Status == Complete || f.Status == Partial && f.Table != "" || f.Status == Unfinished
}

// Period is from the earliest to the latest time that the scanned inputs show.
func (s *Summary) Period() (p Period) {
	for _, f := range s.Files {
		p.join(f.Period)
	}
	return p
}

func (f *FileReport) note(text string) {
	if !slices.Contains(f.Notes, text) {
		f.Notes = append(f.Notes, text)
	}
}

func joinTables(names []string) string { return strings.Join(names, "+") }
