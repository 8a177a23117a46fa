package main

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/scanner"
)

// No text makes a line wider than the page, and none of it is lost.
func FuzzPage(f *testing.F) {
	f.Add("   - ", "one two three")
	f.Add("", strings.Repeat("x", 500)+" y")
	f.Add("1. ", strings.Repeat("äöü ", 60))
	f.Add(strings.Repeat(" ", 60), strings.Repeat("z", 100))
	f.Add("a", "\xff\u202e\x1b[2J  ")
	f.Fuzz(func(t *testing.T, lead, text string) {
		lead, text = scanner.Printable(lead), shown(text)
		var p page
		p.para(lead, text)
		out := p.String()
		squeeze := func(s string) string { return strings.NewReplacer(" ", "", "\n", "").Replace(s) }
		if squeeze(out) != squeeze(lead+text) {
			t.Errorf("%q: %q", text, out)
		}
		if utf8.RuneCountInString(lead) >= pageWidth/2 {
			return // words that are too long for what is left stay whole
		}
		for line := range strings.Lines(out) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > pageWidth {
				t.Errorf("%q, %q: a line of %d", lead, text, n)
			}
		}
	})
}

// An explanation agrees with the sets: whatever the value, what it says of both
// modes is what they return, and no near miss is a match.
func FuzzExplainValue(f *testing.F) {
	var list []ioc.Indicator
	for _, text := range []string{"176.65.139.7:3778", "176.65.139.7", "198.51.100.0/24", "2001:db8::1", "tvt.evil.example", "evil.example", "xn--pypal-4ve.example"} {
		i, err := ioc.Parse(text)
		if err != nil {
			f.Fatal(err)
		}
		list = append(list, i)
	}
	set := ioc.NewSet(list)
	for _, s := range []string{"176.65.139.7:23", "::ffff:176.65.139.7", "a-tvt.evil.example", "http://x.evil.example/\u202e", "see evil.example, 198.51.100.7",
		"paypal.example", "tvt[.]evil[.]example", "", "\xff", "evi1.example"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		e := explainValue(value, set)
		matched := map[string]bool{}
		for _, m := range e.Matches {
			matched[m.Type+" "+m.Value] = true
			if !m.Strict && !m.KQL || m.Rule == "" || m.Strict != m.KQL && m.Mode == "" {
				t.Errorf("%q: %+v", value, m)
			}
		}
		for _, n := range e.Near {
			if matched[n.Type+" "+n.Value] || n.Why == "" {
				t.Errorf("%q: %+v", value, n)
			}
		}
		text := ioc.Refang(value)
		for _, c := range set.HasAny([]byte(text), nil) {
			for _, i := range set.Indicators(c.Entry) {
				if !matched[i.Type.String()+" "+i.Value] {
					t.Errorf("%q: has_any returns %s", value, i.Value)
				}
			}
		}
		if out := e.text(); strings.ContainsAny(out, "\x1b\u202e\x7f") || !utf8.ValidString(out) {
			t.Errorf("%q: %q", value, out)
		}
	})
}

// Lines that fit stay as they are; others are broken at words, and go on where
// they were told.
func TestFold(t *testing.T) {
	long := "  near miss         " + strings.Repeat("words and ", 12) + "end"
	out := fold("short\n"+long+"\nä "+strings.Repeat("x", 200)+"\nlast\n", 20)
	lines := strings.Split(out, "\n")
	if lines[0] != "short" || lines[1] != long[:strings.LastIndex(long[:pageWidth+1], " ")] || !strings.HasPrefix(lines[2], strings.Repeat(" ", 20)+"words") && !strings.HasPrefix(lines[2], strings.Repeat(" ", 20)+"and") {
		t.Errorf("%q", lines)
	}
	for _, l := range lines {
		if utf8.RuneCountInString(l) > pageWidth {
			t.Errorf("too long: %q", l)
		}
	}
	squeeze := func(s string) string { return strings.NewReplacer(" ", "", "\n", "").Replace(s) }
	if squeeze(out) != "short"+squeeze(long)+"ä"+strings.Repeat("x", 200)+"last" {
		t.Errorf("%q", out)
	}
}
