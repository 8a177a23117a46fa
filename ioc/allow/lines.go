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
	adblock    bool   // the list is in adblock's language
	bare       int    // lines that are values alone
	firstBare  string
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
			p.first = at(text, line)
		}
	}
}

func at(text string, line int) string { return fmt.Sprintf("line %d: %s", line, feed.Clip(text)) }

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
	case p.adblock && p.bare > 0:
		return fmt.Errorf("%w: adblock blocks values that stand alone, as on %d lines here: the first is %s", ErrNoList, p.bare, p.firstBare)
	}
	return nil
}

// enterLine takes a line of a plain list, what a blocker's list lets through, or a row of
// a table that is published as a list. Other rows stay what they are: a feed given by
// mistake would hide all hits on it.
func (p *plainList) enterLine(text string, line int) error {
	rule, exception := strings.CutPrefix(text, "@@|")
	first := strings.HasPrefix(text, "[Adblock")
	p.adblock = p.adblock || exception || first
	switch {
	case exception:
		return p.enterException(rule, line)
	case first, strings.HasPrefix(text, "! "): // adblock's comment
		return nil
	}
	err := p.enter(text, line)
	if err == nil {
		if p.bare++; p.bare == 1 {
			p.firstBare = at(text, line)
		}
	}
	if !errors.Is(err, ioc.ErrNotIndicator) && !errors.Is(err, ioc.ErrEmail) { // @ SOA is of a policy zone
		return err
	}
	values, below, aside := p.exceptions.Of(text)
	switch entry := rowEntry(text); {
	case aside:
		return nil
	case len(values) > 0:
	case entry != "":
		values, below = []string{entry}, true
	default:
		values = feed.Networks(text)
	}
	if len(values) == 0 {
		return err
	}
	err = nil
	for _, v := range values {
		if e := p.enterName(v, below, line); e != nil {
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
	if options != "" && options != "important" || strings.ContainsAny(strings.TrimPrefix(name, "*."), "*^") {
		return errSomeRequests
	}
	if host, ok := webHost(name); ok && !below { // |https://good.example/
		name = host
	}
	return p.enterName(name, below || strings.HasPrefix(name, "*."), line)
}

// enterName takes a value, with everything below it or alone.
func (p *plainList) enterName(value string, below bool, line int) error {
	if i, err := ioc.Parse(value); err == nil && i.Type == ioc.Domain && !below {
		return p.enterText(&p.exact, inExact, i.Value, line)
	}
	return p.enter(value, line)
}
