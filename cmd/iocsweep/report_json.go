package main

import (
	"encoding/json"
	"os"

	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/ioc/feed"
	"github.com/iocsweep/iocsweep/scanner"
)

// summaryJSON is the content of --summary.
type summaryJSON struct {
	Version    string         `json:"version"`
	Args       []string       `json:"args"`
	Feeds      []feedJSON     `json:"feeds"`
	Indicators indicatorsJSON `json:"indicators"`
	Files      []fileJSON     `json:"files"`
	Totals     totalsJSON     `json:"totals"`
	Rules      []ruleJSON     `json:"rules"`
	Lists      []listJSON     `json:"lists"`
	Unmet      unmetJSON      `json:"unmet"`
	Near       *nearJSON      `json:"near"` // null without --near
	Absent     []string       `json:"absent_tables"`
	Coverage   string         `json:"coverage"`         // complete or partial
	Parity     *parityJSON    `json:"parity,omitempty"` // absent without --parity
}

// feedJSON is an indicator source as it was read.
type feedJSON struct {
	Path     string         `json:"path"`
	Kind     string         `json:"kind"`
	Taken    int            `json:"taken"`
	Merged   int            `json:"merged"`
	Skipped  int            `json:"skipped"`
	Rejected int            `json:"rejected"`
	Weak     int            `json:"below_min_confidence"`
	Ended    int            `json:"ended"`
	Old      int            `json:"beyond_max_age"`
	Innocent int            `json:"compromised_skipped"`
	ByType   map[string]int `json:"by_type"`
	Reasons  map[string]int `json:"reasons"`
	Error    *string        `json:"error"`
}

// indicatorsJSON counts the indicators of all sources together.
type indicatorsJSON struct {
	Loaded   int            `json:"loaded"`
	ByType   map[string]int `json:"by_type"`
	Merged   int            `json:"merged"`
	Rejected int            `json:"rejected"`
	LeftOut  int            `json:"left_out_by_where"`
}

// fileJSON is a file, or a member of an archive, as it was scanned.
type fileJSON struct {
	Path        string   `json:"path"`
	Member      *string  `json:"member"`
	Format      *string  `json:"format"`
	Compression *string  `json:"compression"`
	Table       *string  `json:"table"`
	Bytes       *int64   `json:"bytes"` // null where they cannot be known
	Records     int64    `json:"records"`
	Rejected    int64    `json:"rejected"`
	Repaired    int64    `json:"repaired"`
	Other       int64    `json:"other_records"`
	OtherTables []string `json:"other_tables"`
	Hits        int64    `json:"hits"`
	Suppressed  int64    `json:"suppressed"`
	First       *string  `json:"first_time"`
	Last        *string  `json:"last_time"`
	BadTimes    int64    `json:"unreadable_times"`
	Status      string   `json:"status"`
	Reason      *string  `json:"reason"`
	Notes       []string `json:"notes"`
}

type totalsJSON struct {
	Files      int    `json:"files"`
	Bytes      int64  `json:"bytes"`
	Records    int64  `json:"records"`
	Rejected   int64  `json:"rejected"`
	Hits       int64  `json:"hits"`
	Repeated   *int64 `json:"repeated"` // hits with the id of another; null if they are too many to be compared, or --strict stopped the scan
	Suppressed int64  `json:"suppressed"`
	Below      int64  `json:"below_compromised"`
}

// json is the content of --summary as it is written.
func (r *scanReport) json() []byte {
	out := summaryJSON{Version: version, Args: os.Args[1:],
		Feeds: []feedJSON{}, Indicators: r.indicatorsJSON(), Files: []fileJSON{}, Totals: r.totalsJSON(),
		Rules: []ruleJSON{}, Lists: r.listsJSON(), Unmet: r.unmetJSON(), Near: r.nearJSON(), Absent: []string{},
		Coverage: "partial", Parity: r.parityJSON()}
	for i := range r.feeds {
		out.Feeds = append(out.Feeds, newFeedJSON(&r.feeds[i]))
	}
	for _, f := range r.sum.Files {
		out.Files = append(out.Files, newFileJSON(f))
	}
	for i := range r.sum.Rules {
		out.Rules = append(out.Rules, r.ruleJSON(&r.sum.Rules[i]))
	}
	for _, t := range r.sum.Absent {
		out.Absent = append(out.Absent, t.Name)
	}
	if r.complete() {
		out.Coverage = "complete"
	}
	b, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		panic("iocsweep: " + err.Error())
	}
	return append(b, '\n')
}

func newFeedJSON(f *feed.Report) feedJSON {
	j := feedJSON{Path: f.Path, Kind: f.Kind, Taken: f.Taken, Merged: f.Merged, Skipped: f.Skipped, Rejected: f.Rejected,
		Weak: f.Weak, Ended: f.Ended, Old: f.Old, Innocent: f.Innocent, ByType: f.ByType, Reasons: f.Reasons}
	if f.Err != nil {
		j.Error = textOrNull(f.Err.Error())
	}
	return j
}

func (r *scanReport) indicatorsJSON() indicatorsJSON {
	j := indicatorsJSON{Loaded: r.indicators.Len(), LeftOut: r.flags.where.leftOut, ByType: map[string]int{}}
	for _, f := range r.feeds {
		j.Merged += f.Merged
		j.Rejected += f.Rejected
	}
	for t := ioc.IP; t <= ioc.Hash; t++ {
		if n := r.indicators.Count(t); n > 0 {
			j.ByType[t.String()] = n
		}
	}
	return j
}

func newFileJSON(f *scanner.FileReport) fileJSON {
	j := fileJSON{Path: f.Input.Path, Member: textOrNull(f.Input.Member), Format: textOrNull(f.Format),
		Compression: textOrNull(f.Compression), Table: textOrNull(f.Table),
		Records: f.Records, Rejected: f.Rejected, Repaired: f.Repaired,
		Other: f.Other, OtherTables: append([]string{}, f.OtherTables...),
		Hits: f.Hits, Suppressed: f.Suppressed, BadTimes: f.BadTimes,
		Status: string(f.Status), Reason: textOrNull(f.Reason), Notes: append([]string{}, f.Notes...)}
	if f.Bytes >= 0 {
		j.Bytes = &f.Bytes
	}
	if f.Timed {
		j.First, j.Last = textOrNull(f.First.String()), textOrNull(f.Last.String())
	}
	return j
}

func (r *scanReport) totalsJSON() totalsJSON {
	t := totalsJSON{Files: len(r.sum.Files), Bytes: r.sum.Bytes, Records: r.sum.Records, Rejected: r.sum.Rejected,
		Hits: r.sum.Hits, Suppressed: r.sum.Suppressed, Below: r.sum.Below}
	if n := r.scan.Repeats; n.Counted {
		t.Repeated = &n.Hits
	}
	return t
}

// textOrNull is s for JSON, in which an empty text is null.
func textOrNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
