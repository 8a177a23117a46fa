package allow

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/ioc/feed"
)

// A plain list is filled line by line.
type plainList struct {
	*builder
	exceptions feed.Exceptions
	full       bool
	foreign    int    // lines that are not even something else that a list may hold
	first      string // of them, with its line
}

// plain reads a plain list.
func (b *builder) plain(r io.Reader) error {
	p := b.newPlain()
	if err := feed.Lines(r, func(text []byte, line int, skip string) { p.take(string(text), line, skip) }); err != nil {
		return err
	}
	return p.end()
}

// array reads a plain list that is an array of JSON: ["corp.example","203.0.113.0/24"].
func (b *builder) array(d *document) error {
	p := b.newPlain()
	if t, err := d.Token(); err != nil || t != json.Delim('[') || !d.More() {
		return errShape
	}
	for d.More() {
		t, err := d.Token()
		text, ok := t.(string)
		if err != nil || !ok {
			return errShape
		}
		p.take(text, d.line(), "")
	}
	if err := d.end(); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return errShape
	}
	return p.end()
}

func (b *builder) newPlain() *plainList {
	b.Type, b.names, b.addrs, b.urls, b.hashes = Plain, true, true, true, true
	return &plainList{builder: b}
}

// take takes a line, unless it is to be skipped for a reason.
func (p *plainList) take(text string, line int, skip string) {
	switch {
	case skip != "":
		p.skip(text, line, skip)
	case p.full || p.builder.full():
		p.full = true
	default:
		err := p.enterLine(text, line)
		if err == nil {
			return
		}
		p.skip(text, line, err.Error())
		if !errors.Is(err, ioc.ErrNotIndicator) {
			return
		}
		if p.foreign++; p.foreign == 1 {
			p.first = fmt.Sprintf("line %d: %s", line, feed.Clip(text))
		}
	}
}

// end says whether what was taken is a list.
func (p *plainList) end() error {
	switch {
	case p.full:
		return errMany
	case p.foreign > p.Entries+p.Repeats:
		hint := ""
		if strings.Contains(p.first, ",") {
			hint = " (of a table, give the column of values alone)"
		}
		return fmt.Errorf("%w: %d lines hold an address, network or name, %d do not, the first is %s%s", ErrNoList, p.Entries+p.Repeats, p.foreign, p.first, hint)
	}
	return nil
}

// enterLine takes a line of a plain list, what a blocker's list lets through, or a row of
// a table that is published as a list. Other rows stay what they are: a feed given by
// mistake would hide all hits on it.
func (p *plainList) enterLine(text string, line int) error {
	if rule, ok := strings.CutPrefix(text, "@@|"); ok {
		return p.enterException(rule, line)
	}
	if strings.HasPrefix(text, "! ") || strings.HasPrefix(text, "[Adblock") {
		return nil // adblock's comment and first line
	}
	err := p.enter(text, line)
	if !errors.Is(err, ioc.ErrNotIndicator) && !errors.Is(err, ioc.ErrEmail) { // @ SOA is of a policy zone
		return err
	}
	values, aside := p.exceptions.Of(text)
	switch entry := rowEntry(text); {
	case aside:
		return nil
	case len(values) > 0:
	case entry != "":
		values = []string{entry}
	default:
		values = feed.Networks(text)
	}
	if len(values) == 0 {
		return err
	}
	err = nil
	for _, v := range values {
		if e := p.enter(v, line); e != nil {
			err = e
		}
	}
	return err
}

// enterException takes an exception of adblock, of which @@| is cut off: |good.example^
// with everything below, good.example^ alone. One with other options, or with a
// wildcard within, is for some requests only.
func (p *plainList) enterException(rule string, line int) error {
	name, options, _ := strings.Cut(rule, "$")
	name, below := strings.CutPrefix(strings.TrimRight(name, "^|"), "|")
	i, err := ioc.Parse(name)
	switch {
	case options != "" && options != "important", strings.ContainsAny(strings.TrimPrefix(name, "*."), "*^"):
		return errSomeRequests
	case err == nil && i.Type == ioc.Domain && !below && name[0] != '*':
		return p.enterText(&p.exact, inExact, i.Value, line)
	}
	return p.enter(name, line)
}
