package feed

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

func isHTML(head []byte) bool {
	start := bytes.ToLower(trimHead(head[:min(len(head), 2000)]))
	return bytes.HasPrefix(start, []byte("<!doctype html")) || bytes.HasPrefix(start, []byte("<html")) ||
		bytes.HasPrefix(start, []byte("<")) && (bytes.Contains(start, []byte("<html")) || bytes.Contains(start, []byte("<body")))
}

// A webPage is a report in HTML. Tags that only change the looks of text do not part it,
// so that a value with a bold part is whole.
type webPage struct {
	t    *prose
	text strings.Builder // that no tag has parted yet
	line int             // that has been come to
	from int             // the line on which text begins

	structured, listed, hidden int // how many tags are open of cells and code, items, scripts
}

func (t *prose) html(r io.Reader) error {
	p := webPage{t: t, line: 1, from: 1}
	z := html.NewTokenizer(r)
	z.SetMaxBuf(maxLine)
	for {
		kind := z.Next()
		breaks := bytes.Count(z.Raw(), []byte("\n"))
		switch kind {
		case html.ErrorToken:
			p.flush()
			if err := z.Err(); err != io.EOF {
				return &LineError{p.line, fmt.Errorf("read HTML: %w", err)}
			}
			return nil
		case html.TextToken:
			if p.hidden == 0 && p.text.Len() < maxLine {
				p.text.Write(z.Text())
			}
		case html.StartTagToken:
			p.tag(z, 1)
		case html.EndTagToken:
			p.tag(z, -1)
		case html.SelfClosingTagToken:
			p.tag(z, 0)
		}
		p.line += breaks
		if p.text.Len() == 0 {
			p.from = p.line
		}
	}
}

// tag reads a tag that opens so many elements.
func (p *webPage) tag(z *html.Tokenizer, opens int) {
	name, _ := z.TagName()
	switch atom.Lookup(name) {
	case atom.Script, atom.Style:
		p.hidden = max(0, p.hidden+opens)
	case atom.Td, atom.Th, atom.Code, atom.Pre:
		p.flush()
		p.structured = max(0, p.structured+opens)
	case atom.Li:
		p.flush()
		p.listed = max(0, p.listed+opens)
	case atom.B, atom.I, atom.Em, atom.Strong, atom.Span, atom.A, atom.Font, atom.U, atom.Wbr, atom.Mark, atom.Small:
	default:
		p.flush()
	}
}

// flush reads the text that a tag ends.
func (p *webPage) flush() {
	s := strings.TrimSpace(p.text.String())
	bare := p.structured > 0
	for line := range strings.Lines(s) {
		if p.listed > 0 && !bare {
			p.t.item(line, p.from)
		} else {
			rest, _ := p.t.labelled(strings.TrimSpace(line), p.from)
			p.t.text(rest, p.from, bare || strings.IndexFunc(s, isBlank) < 0)
		}
		p.from += strings.Count(line, "\n")
	}
	p.text.Reset()
	p.from = p.line
}
