package ioc

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
)

// Has finds a term wherever a look at every place finds it.
func TestHasLooksAtEveryPlace(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	letters := []rune("aAbB1.-é\u00c9\u212ak ")
	text := func(most int) string {
		var b strings.Builder
		for range r.IntN(most) {
			b.WriteRune(letters[r.IntN(len(letters))])
		}
		return b.String()
	}
	found := 0
	for range 200_000 {
		cell, term := text(12), text(4)
		if r.IntN(8) == 0 {
			cell += "\xff" + cell // not UTF-8
		}
		want := hasSlow(cell, term)
		if got := Has([]byte(cell), term); got != want {
			t.Fatalf("%q has %q: %v, want %v", cell, term, got, want)
		}
		if want {
			found++
		}
	}
	if found < 1000 {
		t.Errorf("only %d found", found)
	}
}

// hasSlow compares the term with the text at every character.
func hasSlow(cell, term string) bool {
	text, want := []rune(cell), []rune(term)
	if len(want) == 0 {
		return false
	}
	word := func(i int) bool {
		return i >= 0 && i < len(text) && (unicode.IsLetter(text[i]) || unicode.IsNumber(text[i]))
	}
	for i := range text {
		if len(text)-i < len(want) {
			break
		}
		same := true
		for n, w := range want {
			got := text[i+n]
			if w < 0x80 || got < 0x80 {
				same = same && w < 0x80 && got < 0x80 && strings.EqualFold(string(w), string(got))
			} else {
				same = same && unicode.ToLower(w) == unicode.ToLower(got)
			}
		}
		end := i + len(want)
		if same && !(word(i) && word(i-1)) && !(word(end-1) && word(end)) {
			return true
		}
	}
	return false
}
