package feed

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/iocsweep/iocsweep/ioc"
)

// Where the date of a feed is from, as [Report].DatedBy says.
const (
	byHeader  = "its header"
	byObjects = "its objects" // MISP events, STIX objects
	byFile    = "the file"
)

// date finds how fresh a feed is: as its header says; as its objects say, which
// its kind has told by then; else as the file was last written. head is the
// feed's beginning.
func (r *reading) date(kind *Kind, head []byte, f io.Reader) {
	switch {
	case !startsJSON(head):
		if d := headerDate(kind, head); !d.IsZero() {
			r.report.Dated, r.report.DatedBy = d, byHeader
			return
		}
	case !r.told.IsZero():
		r.report.Dated, r.report.DatedBy = r.told, byObjects
		return
	}
	if info, ok := fileInfo(f); ok {
		r.report.Dated, r.report.DatedBy = ioc.Instant(info.ModTime().Truncate(time.Second)), byFile
	}
}

// later is the later of two dates, of equals the first. None is before all others.
func later(a, b ioc.Date) ioc.Date {
	if a.IsZero() || !b.IsZero() && b.Compare(a) > 0 {
		return b
	}
	return a
}

// tell emits the date that a feed gives itself.
func tell(emit func(*Entry), d ioc.Date) {
	if d.IsZero() {
		return
	}
	e := newEntry(1)
	e.Fate, e.Added = dated, d
	emit(&e)
}

var (
	// freshWord is what stands before the date in a comment.
	freshWord = lazily(`(?i)\b(updated?|date|modified|modification|generated|created|version|published|snapshot|as of)\b`)
	// staleWord is in comments on when the next version is due.
	staleWord = lazily(`(?i)\b(expires?|until|next|added)\b`)
	numbers   = lazily(`\b(?:19|20)\d\d([-/.])\d\d?[-/.]\d\d?(?:[T ]\d\d?:\d\d(?::\d\d)?(?:\.\d+)? ?(?:Z|UTC|GMT|[+-]\d\d:?\d\d)?)?`)
	openDate  = lazily(`<(?:[Oo]pen)?[Ii][Oo][Cc]\s[^<>]*\blast-modified="([^"]{4,40})"`)
	soaSerial = lazily(`\sSOA\s+\S+\s+\S+\s+\(?\s*((?:19|20)\d{6})\d\d\s`)
)

// headerDate reads the date in the comments at the top of a feed, the latest of
// several:
//
//	# Last updated: 2026-03-15 04:51:02 UTC
//	# Last modified: So 24. Jul 08:00:12 UTC 2022
//	! Version: 2026-08-22
//
// of OpenIOC when it was last modified, and of a zone its serial, where that is
// a date, as is the custom.
func headerDate(kind *Kind, head []byte) (latest ioc.Date) {
	if bytes.Contains(head, []byte("last-modified")) {
		if m := openDate().FindSubmatch(head); m != nil {
			latest, _ = readDate(string(m[1]), anyOrder)
			return latest
		}
	}
	sampleLines(head, func(line []byte) bool {
		line = bytes.TrimSpace(line)
		if len(line) == 0 || bytes.HasPrefix(line, []byte("[Adblock")) {
			return true
		}
		text := strings.TrimLeft(string(line[:min(len(line), 300)]), "#!;/* \t")
		if len(text) == min(len(line), 300) {
			return false
		}
		if !freshWord().MatchString(text) || staleWord().MatchString(text) {
			return true
		}
		latest = later(latest, dateIn(text))
		return true
	})
	if latest.IsZero() && kind.Name == "rpz" {
		if m := soaSerial().FindSubmatch(head); m != nil {
			if t, err := time.Parse("20060102", string(m[1])); err == nil {
				latest = ioc.Day(t)
			}
		}
	}
	return latest
}

// dateIn finds the date in a line of text, in numbers or with the month as a
// word.
func dateIn(text string) ioc.Date {
	if m := numbers().FindString(text); m != "" {
		d, _ := readDate(m, anyOrder)
		return d
	}
	return wordDate(text)
}

// wordDate reads a date with the name of a month: 13 Feb 2026, Feb 13, 2026,
// Sun Mar 15 00:00:00 UTC 2026.
func wordDate(text string) ioc.Date {
	var day, year int
	var month time.Month
	clock, zone := "", ""
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" ,.()/-\t", r) }) {
		n, err := strconv.Atoi(w)
		switch {
		case err == nil && len(w) <= 2 && n >= 1 && n <= 31 && day == 0:
			day = n
		case err == nil && len(w) == 4 && n >= 1990 && n < 2200:
			year = n
		case strings.Contains(w, ":") && w[0] >= '0' && w[0] <= '9':
			clock = w
		case w == "UTC" || w == "GMT":
			zone = " UTC"
		case month == 0 && len(w) >= 3:
			month = monthOf(w)
		}
	}
	t := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	if year == 0 || month == 0 || day == 0 || t.Day() != day {
		return ioc.Date{}
	}
	if since, ok := readClock(clock + zone); ok && zone != "" {
		return ioc.Instant(t.Add(since))
	}
	return ioc.Day(t)
}

// monthOf reads the name of a month in English, short or long, 0 for another
// word.
func monthOf(word string) time.Month {
	for m := time.January; m <= time.December; m++ {
		if long := m.String(); strings.EqualFold(word, long) || strings.EqualFold(word, long[:3]) || m == time.September && strings.EqualFold(word, "Sept") {
			return m
		}
	}
	return 0
}
