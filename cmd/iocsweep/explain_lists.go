package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/scanner"
)

// onList is an entry of an allow or label list that has what an indicator
// matches, or the indicator.
type onList struct {
	Use   string `json:"use"` // allow or label
	Path  string `json:"path"`
	Line  *int   `json:"line"`
	Name  string `json:"name"`
	Type  string `json:"type"`
	Entry string `json:"entry"`
	Of    string `json:"of"`              // what it has: the element that matches, or the indicator
	Above bool   `json:"above_indicator"` // it stands above the indicator
	Acts  bool   `json:"acts"`            // it suppresses or labels the hit that the indicator leads
}

// valueHit is what lists do to the hit of a row in which nothing else matches.
type valueHit struct {
	Type         string   `json:"type"` // of the indicator that leads
	Value        string   `json:"value"`
	Suppressed   bool     `json:"suppressed"`
	SuppressedBy []string `json:"suppressed_by"`
	Labels       []string `json:"labels"`
}

// listsOf asks the lists of a scan about a hit.
func listsOf(s *scanner.Scan, h *scanner.Hit) (list []onList, suppressed bool) {
	found, suppressed := s.OnLists(h)
	list = []onList{}
	for _, x := range found {
		l := onList{Use: "allow", Path: x.List.Path, Name: x.List.Name, Type: string(x.List.Type), Entry: x.Entry.Text, Of: x.Of, Above: x.Above, Acts: x.Acts}
		if x.Label {
			l.Use = "label"
		}
		if x.Entry.Line > 0 {
			l.Line = &x.Entry.Line
		}
		list = append(list, l)
	}
	return list, suppressed
}

// onLists says what the lists of a scan have of each match. Elements of a text
// are asked about one by one, as if each stood alone in its row.
func (e *valueExplanation) onLists(s *scanner.Scan, set *ioc.Set) {
	if len(s.Allow) == 0 && len(s.Label) == 0 {
		return
	}
	type part struct{ off, len uint32 }
	var parts []part
	found := map[part][]scanner.Also{}
	seen := map[string]bool{}
	for _, c := range e.cands {
		at := part{c.Off, c.Len}
		for _, i := range set.Indicators(c.Entry) {
			if seen[matchKey(i)] {
				continue // further on in the text once more
			}
			seen[matchKey(i)] = true
			if found[at] == nil {
				parts = append(parts, at)
			}
			found[at] = append(found[at], scanner.Also{Indicator: i, Class: classOf(i, c)})
		}
	}
	for _, at := range parts {
		for n, h := range scanner.ElementHits(string(e.cell[at.off:at.off+at.len]), found[at]) {
			m := &e.Matches[e.by[matchKey(h.Indicator)]]
			var suppressed bool
			if m.Lists, suppressed = listsOf(s, h); n == 0 {
				e.Hits = append(e.Hits, hitBy(h, m.Lists, suppressed))
			}
		}
	}
	for _, c := range set.HasAny(e.cell, set.In(e.kind, e.cell, nil)) {
		for _, i := range set.Indicators(c.Entry) {
			if m := &e.Matches[e.by[matchKey(i)]]; !m.Strict {
				h := scanner.ElementHits(string(e.cell), []scanner.Also{{Indicator: i, Class: scanner.ClassTerm}})[0]
				m.Lists, _ = listsOf(s, h)
			}
		}
	}
}

// classOf is the class of a candidate in a row that has the indicator's port.
func classOf(i *ioc.Indicator, c ioc.Candidate) scanner.Class {
	switch {
	case i.Type == ioc.URL:
		return scanner.ClassURL
	case i.Type == ioc.Hash:
		return scanner.ClassHash
	case i.Type == ioc.CIDR:
		return scanner.ClassCIDR
	case i.Type == ioc.Domain && c.Sub:
		return scanner.ClassSubdomain
	case i.Type == ioc.Domain:
		return scanner.ClassDomain
	case i.Type == ioc.IPPort && (c.Port < 0 || int(c.Port) == int(i.Port)):
		return scanner.ClassIPPort
	case i.Type == ioc.IPPort:
		return scanner.ClassIPOnly
	}
	return scanner.ClassIP
}

func hitBy(h *scanner.Hit, lists []onList, suppressed bool) valueHit {
	v := valueHit{Type: h.Indicator.Type.String(), Value: h.Indicator.Value, Suppressed: suppressed, SuppressedBy: []string{}, Labels: []string{}}
	for _, l := range lists {
		switch {
		case !l.Acts:
		case l.Use == "allow":
			v.SuppressedBy = append(v.SuppressedBy, scanner.AllowPrefix+l.Name)
		default:
			v.Labels = append(v.Labels, l.Name)
		}
	}
	return v
}

// text is the entry in a sentence without its end.
func (l *onList) text() string {
	place := scanner.Printable(l.Path)
	if l.Line != nil {
		place += fmt.Sprintf(":%d", *l.Line)
	}
	text := fmt.Sprintf("%s (%s, %s): %s has %s", place, scanner.Printable(l.Name), l.Type, shown(l.Entry), shown(l.Of))
	if l.Above {
		text += ", from above the indicator"
	}
	switch {
	case l.Acts && l.Use == "allow":
		text += "; suppresses the hit"
	case l.Acts:
		text += "; labels the hit"
	default:
		text += "; suppresses nothing, as all that matches has to be listed"
	}
	return text
}

// text says what becomes of the hit.
func (h *valueHit) text() string {
	text := "on " + h.Type + " " + scanner.Printable(h.Value) + " alone in its row would stay"
	if h.Suppressed {
		text = strings.TrimSuffix(text, "stay") + "be suppressed by " + scanner.Printable(strings.Join(h.SuppressedBy, ", "))
	}
	if len(h.Labels) > 0 {
		labels := slices.Clone(h.Labels)
		for i := range labels {
			labels[i] = scanner.Printable(labels[i])
		}
		text += ", labelled " + strings.Join(labels, ", ")
	}
	return text
}

// capital begins a sentence with a word.
func capital(word string) string { return strings.ToUpper(word[:1]) + word[1:] }

// suppressorNames names rules and allow lists, the first first.
func suppressorNames(names []string) string {
	list := make([]string, len(names))
	for i, name := range names {
		if own, ok := strings.CutPrefix(name, scanner.AllowPrefix); ok {
			list[i] = "allow list " + own
		} else {
			list[i] = "rule " + name
		}
	}
	return strings.Join(list, ", ")
}
