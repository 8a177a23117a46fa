package main

import (
	"encoding/json"
	"os"

	"github.com/iocsweep/iocsweep/ioc"
)

// json is the content of --summary.
func (r *scanReport) json() []byte {
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
	type fileJSON struct {
		Path        string   `json:"path"`
		Member      *string  `json:"member"`
		Format      *string  `json:"format"`
		Compression *string  `json:"compression"`
		Table       *string  `json:"table"`
		Bytes       *int64   `json:"bytes"`
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
	text := func(s string) *string {
		if s == "" {
			return nil
		}
		return &s
	}
	var out struct {
		Version    string     `json:"version"`
		Args       []string   `json:"args"`
		Feeds      []feedJSON `json:"feeds"`
		Indicators struct {
			Loaded   int            `json:"loaded"`
			ByType   map[string]int `json:"by_type"`
			Merged   int            `json:"merged"`
			Rejected int            `json:"rejected"`
			LeftOut  int            `json:"left_out_by_where"`
		} `json:"indicators"`
		Files  []fileJSON `json:"files"`
		Totals struct {
			Files      int   `json:"files"`
			Bytes      int64 `json:"bytes"`
			Records    int64 `json:"records"`
			Rejected   int64 `json:"rejected"`
			Hits       int64 `json:"hits"`
			Suppressed int64 `json:"suppressed"`
			Below      int64 `json:"below_compromised"`
		} `json:"totals"`
		Rules    []ruleJSON  `json:"rules"`
		Lists    []listJSON  `json:"lists"`
		Unmet    unmetJSON   `json:"unmet"`
		Near     *nearJSON   `json:"near"` // null without --near
		Absent   []string    `json:"absent_tables"`
		Coverage string      `json:"coverage"`
		Parity   *parityJSON `json:"parity,omitempty"` // absent without --parity
	}
	out.Version, out.Args = buildVersion(), os.Args[1:]
	out.Feeds, out.Files, out.Rules, out.Absent = []feedJSON{}, []fileJSON{}, []ruleJSON{}, []string{}
	for _, f := range r.feeds {
		j := feedJSON{Path: f.Path, Kind: f.Kind, Taken: f.Taken, Merged: f.Merged, Skipped: f.Skipped, Rejected: f.Rejected,
			Weak: f.Weak, Ended: f.Ended, Old: f.Old, Innocent: f.Innocent, ByType: f.ByType, Reasons: f.Reasons}
		if f.Err != nil {
			j.Error = text(f.Err.Error())
		}
		out.Feeds = append(out.Feeds, j)
		out.Indicators.Merged += f.Merged
		out.Indicators.Rejected += f.Rejected
	}
	out.Indicators.Loaded, out.Indicators.LeftOut = r.indicators.Len(), r.flags.where.leftOut
	out.Indicators.ByType = map[string]int{}
	for t := ioc.IP; t <= ioc.Hash; t++ {
		if n := r.indicators.Count(t); n > 0 {
			out.Indicators.ByType[t.String()] = n
		}
	}
	for _, f := range r.sum.Files {
		j := fileJSON{Path: f.Input.Path, Member: text(f.Input.Member), Format: text(f.Format), Compression: text(f.Compression),
			Table: text(f.Table), Records: f.Records, Rejected: f.Rejected, Repaired: f.Repaired, Other: f.Other,
			OtherTables: append([]string{}, f.OtherTables...), Hits: f.Hits, Suppressed: f.Suppressed, BadTimes: f.BadTimes, Status: string(f.Status),
			Reason: text(f.Reason), Notes: append([]string{}, f.Notes...)}
		if f.Bytes >= 0 {
			j.Bytes = &f.Bytes
		}
		if f.Timed {
			j.First, j.Last = text(f.First.String()), text(f.Last.String())
		}
		out.Files = append(out.Files, j)
	}
	out.Totals.Files, out.Totals.Bytes, out.Totals.Records = len(r.sum.Files), r.sum.Bytes, r.sum.Records
	out.Totals.Rejected, out.Totals.Hits, out.Totals.Suppressed = r.sum.Rejected, r.sum.Hits, r.sum.Suppressed
	out.Totals.Below = r.sum.Below
	for i := range r.sum.Rules {
		out.Rules = append(out.Rules, r.ruleJSON(&r.sum.Rules[i]))
	}
	out.Lists = r.listsJSON()
	for _, t := range r.sum.Absent {
		out.Absent = append(out.Absent, t.Name)
	}
	out.Unmet, out.Near, out.Parity = r.unmetJSON(), r.nearJSON(), r.parityJSON()
	out.Coverage = "partial"
	if r.complete() {
		out.Coverage = "complete"
	}
	b, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		panic("iocsweep: " + err.Error())
	}
	return append(b, '\n')
}
