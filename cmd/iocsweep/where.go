package main

import (
	"fmt"

	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/ioc/feed"
	"github.com/iocsweep/iocsweep/scanner/rule"
)

// where is --iocs-where: which of the indicators count.
type where struct {
	text    string
	pick    *rule.Selector // nil without the flag
	leftOut int            // of the list that was read last
}

// parse reads the flag, before any feed is read.
func (w *where) parse() error {
	if w.text == "" || w.pick != nil {
		return nil
	}
	var err error
	if w.pick, err = rule.Select(w.text); err != nil {
		return fmt.Errorf("--iocs-where: %w", err)
	}
	return nil
}

// apply takes the indicators that are not picked from a list, and from the
// hosts that the reports of its feeds keep for a pack. A list of which nothing
// is left is an error: a sweep for nothing finds nothing.
func (w *where) apply(list *ioc.List, reports []feed.Report) error {
	if w.pick == nil || list == nil {
		return nil
	}
	before := list.Len()
	w.leaveOut(list)
	for i := range reports {
		if hosts := reports[i].Hosts; hosts != nil {
			w.leaveOut(hosts)
		}
	}
	if w.leftOut = before - list.Len(); list.Len() == 0 {
		return fmt.Errorf("--iocs-where leaves out all %s", count(before, "indicator"))
	}
	return nil
}

func (w *where) leaveOut(list *ioc.List) {
	// Asked before any is taken out: an indicator's sources are found by its
	// place in the list.
	out := make([]bool, list.Len())
	n := 0
	for i := range list.All() {
		out[n] = !w.pick.Match(&i)
		n++
	}
	list.DeleteFunc(func(n int, _ *ioc.Details) bool { return out[n] })
}

// said prints how many it left out.
func (w *where) said(a *app) {
	if w.pick != nil {
		a.warnf("%s left out by --iocs-where", count(w.leftOut, "indicator"))
	}
}
