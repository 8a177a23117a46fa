package main

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/iocsweep/iocsweep/scanner"
	"github.com/iocsweep/iocsweep/scanner/clock"
	"github.com/iocsweep/iocsweep/scanner/rule"
)

// pageWidth is the usual width of a terminal.
const pageWidth = 80

// A page is text laid out in lines of at most pageWidth, where words allow it.
type page struct{ strings.Builder }

// para writes words with the first line after lead and the others indented as
// far. Words are split at single blanks; what a log holds has been made
// printable by the caller.
func (p *page) para(lead, text string) {
	indent := utf8.RuneCountInString(lead)
	p.WriteString(lead)
	at := indent
	for i, word := range strings.Split(text, " ") {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case at+1+n > pageWidth:
			p.WriteString("\n" + strings.Repeat(" ", indent))
			at = indent
		default:
			p.WriteByte(' ')
			at++
		}
		// A word that no line can hold is cut.
		for indent < pageWidth/2 && at+n > pageWidth {
			cut := 0
			for range pageWidth - at {
				_, size := utf8.DecodeRuneInString(word[cut:])
				cut += size
			}
			p.WriteString(word[:cut] + "\n" + strings.Repeat(" ", indent))
			word, at = word[cut:], indent
			n = utf8.RuneCountInString(word)
		}
		p.WriteString(word)
		at += n
	}
	p.WriteByte('\n')
}

// folded breaks the lines of a text at pageWidth and indents what goes on, but on a
// terminal only: elsewhere programs look through them, one line for each thing to say.
func (a *app) folded(text string, indent int) string {
	if !isTerminal(a.out) {
		return text
	}
	return fold(text, indent)
}

func fold(text string, indent int) string {
	p := new(page)
	for line := range strings.Lines(text) {
		r := []rune(strings.TrimSuffix(line, "\n"))
		if len(r) <= pageWidth {
			p.WriteString(line)
			continue
		}
		p.para(string(r[:indent]), string(r[indent:]))
	}
	return p.String()
}

// maxCellText is how much of a cell is shown.
const maxCellText = 400

// shown is a cell as a page has it.
func shown(s string) string {
	if len(s) > maxCellText {
		return scanner.Printable(strings.ToValidUTF8(s[:maxCellText], "")) + fmt.Sprintf("… (%s bytes)", number(len(s)))
	}
	return scanner.Printable(s)
}

// writeTable aligns columns by their widest cell.
func writeTable(b *strings.Builder, rows [][]string) {
	var widths []int
	for _, row := range rows {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], len([]rune(c)))
		}
	}
	for _, row := range rows {
		for i, c := range row {
			if i == len(row)-1 {
				b.WriteString(c)
				break
			}
			b.WriteString(c + strings.Repeat(" ", widths[i]-len([]rune(c))+2))
		}
		b.WriteByte('\n')
	}
}

func count[N int | int64](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return number(n) + " " + noun + "s"
}

// number groups digits: 1,234,567.
func number[N int | int64](n N) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// seconds is a time as people read it, cut to seconds: 2026-05-20 14:02:11.
func seconds(t clock.Time) string { return strings.Replace(t.String()[:19], "T", " ", 1) }

// printableError is an error's text as it may go to a terminal. Only the line breaks
// that we have made stay: a name with one in it must not look like a line of ours.
func printableError(err error) string {
	text := err.Error()
	var parts []error
	switch e := err.(type) {
	case *rule.SyntaxError: // it is laid out in lines
		return scanner.PrintableLines(text)
	case interface{ Unwrap() error }:
		parts = append(parts, e.Unwrap())
	case interface{ Unwrap() []error }:
		parts = e.Unwrap()
	}
	var b strings.Builder
	for i, part := range parts {
		if part == nil {
			continue
		}
		before, after, ok := strings.Cut(text, part.Error())
		if !ok {
			break
		}
		if i > 0 && before == "\n" { // errors.Join
			b.WriteString(before)
		} else {
			b.WriteString(scanner.Printable(before))
		}
		b.WriteString(printableError(part))
		text = after
	}
	b.WriteString(scanner.Printable(text))
	return b.String()
}
