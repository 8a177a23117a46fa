package corpus

import (
	"bufio"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
)

// A Line of a truth file is one planted value.
type Line struct {
	File      string // as in the data set: logs/DnsEvents.csv
	Record    int64  // from 1
	Column    string // without the member of a list or object
	Value     string
	Indicator string // normal form
	Class     string
	Hit       string // yes, deep or no: see gen.Found
}

// Lines calls each for the lines of a truth file until it returns false.
func Lines(path string, each func(Line) bool) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	in := bufio.NewScanner(f)
	in.Buffer(nil, 1<<20)
	for n := 1; in.Scan(); n++ {
		if n == 1 {
			continue // the names of the columns
		}
		cells := strings.Split(in.Text(), "\t")
		if len(cells) != 7 {
			return fmt.Errorf("%s:%d: %d cells, want 7", path, n, len(cells))
		}
		record, err := strconv.ParseInt(cells[1], 10, 64)
		if err != nil {
			return fmt.Errorf("%s:%d: %w", path, n, err)
		}
		column, _, _ := strings.Cut(cells[2], ".")
		if !each(Line{cells[0], record, column, cells[3], cells[4], cells[5], cells[6]}) {
			return nil
		}
	}
	return in.Err()
}

// A Truth is what is to be found in one file.
type Truth struct {
	Hits map[int64]bool // records with an indicator in one of the columns
	Text map[int64]bool // records with one elsewhere, as in free text: no one is asked for them, and who finds them is not wrong
}

// A Question is what a tool was asked.
type Question struct {
	Columns []string // to look at
	// Has says whether the feed holds an indicator, given in its normal form.
	// Nil: all that were planted.
	Has func(indicator string) bool
	// HasAddr says whether the feed holds an IPv4 address. It is asked about
	// near misses, for a feed larger than the one that was planted may hold
	// some of them. Nil: none.
	HasAddr func([4]byte) bool
}

// Read returns what a truth file says of one file.
func Read(path, file string, q Question) (*Truth, error) {
	t := &Truth{map[int64]bool{}, map[int64]bool{}}
	return t, Lines(path, func(l Line) bool {
		if l.File == file {
			t.add(l, q)
		}
		return true
	})
}

func (t *Truth) add(l Line, q Question) {
	if l.Hit == "no" {
		a, err := netip.ParseAddr(l.Value)
		if q.HasAddr == nil || err != nil || !a.Is4() || !q.HasAddr(a.As4()) {
			return
		}
	} else if q.Has != nil && !q.Has(l.Indicator) {
		return
	}
	if l.Hit == "deep" || !slices.Contains(q.Columns, l.Column) {
		t.Text[l.Record] = true
		return
	}
	t.Hits[l.Record] = true
}

// A Score is how an answer compares with the truth, in records.
type Score struct{ Found, Missed, Wrong int }

// Score compares the records that a tool found, in any order and perhaps
// several times, with the truth.
func (t *Truth) Score(records []int64) Score {
	var s Score
	seen := make(map[int64]bool, len(records))
	for _, r := range records {
		switch {
		case seen[r]:
		case t.Hits[r]:
			s.Found++
		case !t.Text[r]:
			s.Wrong++
		}
		seen[r] = true
	}
	s.Missed = len(t.Hits) - s.Found
	return s
}
