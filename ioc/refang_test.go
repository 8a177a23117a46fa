package ioc

import "testing"

func TestRefangBracketsRoundWords(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"placeholder", "[redacted].bank[.]example", "[redacted].bank.example"},
		{"file", "Copy (2).zip", "Copy (2).zip"},
		{"function", "decode().split", "decode().split"},
		{"argument", "decode(x).split", "decode(x).split"},
		{"end of an expression", "-UseBasicParsing).Content", "-UseBasicParsing).Content"},
		{"remark", "nearby.(4s)", "nearby.(4s)"},
		{"octets", "[203].[0].[113].[7]", "203.0.113.7"},
		{"inside out", "203].[0].[113].[7", "203.0.113.7"},
		{"mistyped", "203[].]0[]].113[.]7", "203.0.113.7"},
		{"empty", "203[].0[].113[].7", "203.0.113.7"},
		{"element", "items[].name", "items[].name"},
		{"call", "now().0", "now().0"},
		{"half", "203.]0.]113.]7", "203.0.113.7"},
		{"of two kinds", "(203].0].113].7", "203.0.113.7"},
		{"hyphens", "an\u2010evil\u2011one[.]example", "an-evil-one.example"},
		{"slashes", "hxxps[:]///evil[.]example/a", "https://evil.example/a"},
		{"slashes of a file", "file:///C:/a.cmd", "file:///C:/a.cmd"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := Refang(test.text); got != test.want {
				t.Errorf("Refang(%q) = %q, want %q", test.text, got, test.want)
			}
		})
	}
}

func TestParseDashes(t *testing.T) {
	for _, name := range []string{"an\u2013evil.example", "an\u2014evil.example"} {
		if i, err := Parse(name); err == nil {
			t.Errorf("%q is taken as %s", name, i.Value)
		}
	}
}
