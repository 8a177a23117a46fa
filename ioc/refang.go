package ioc

import (
	"bytes"
	"net/netip"
	"strings"
	"unicode/utf8"
)

// maxRefang is the length beyond which a text is no indicator and is left
// alone, so that hostile lines cost no more than their reading.
const maxRefang = 4096

// Refang undoes what people do to indicators so that nobody clicks on them:
// 176[.]65[.]139[.]7, hxxp://tvt(dot)miraibotnet[.]su, bot[@]example.com. It is
// for indicators and rules, never for log cells. Refang(Refang(s)) is
// Refang(s). A clean text comes back as it is, without allocation.
func Refang(s string) string {
	if clean(s) {
		return s
	}
	if len(s) > maxRefang {
		return s
	}
	// Every step shortens the text or writes a form that no step touches, so
	// this ends: almost always after the second round.
	for {
		t := refang(s)
		if t == s {
			return s
		}
		s = t
	}
}

// clean reports whether s is such that no step of refang could change it.
func clean(s string) bool {
	if s == "" || !isAlnum(s[0]) || !isAlnum(s[len(s)-1]) {
		return s == ""
	}
	for i := range len(s) {
		if b := s[i]; !isAlnum(b) && b != '.' && b != '-' && b != '_' && b != ':' {
			return false
		}
	}
	return true
}

// refang is one round of Refang.
func refang(s string) string {
	s = trimLatinBlanks(s)
	s = entities.Replace(fold(s))
	s = strip(s)
	if quad, ok := commaQuad(s); ok {
		return quad
	}
	scheme, rest := refangScheme(s)
	return scheme + strip(refangDots(rest))
}

// trimLatinBlanks drops the hard blanks of Windows-1252 round a text, as spreadsheets
// write them into CSV: 0xa0, which by itself is no UTF-8.
func trimLatinBlanks(s string) string {
	for s != "" && s[0] == 0xa0 {
		s = s[1:]
	}
	for strings.HasSuffix(s, "\xa0") {
		if r, _ := utf8.DecodeLastRuneInString(s); r != utf8.RuneError {
			break // the last byte of a letter
		}
		s = s[:len(s)-1]
	}
	return s
}

// fold drops invisible characters and makes full-width ones and the other
// full stops ASCII.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 0x200B && r <= 0x200F, r == 0x2060, r == 0xFEFF, r == 0xAD:
			return -1
		case r >= 0xFF01 && r <= 0xFF5E:
			return r - 0xFF01 + '!'
		case r == 0x3002, r == 0xFF61, r == 0x2024:
			return '.'
		case r == 0x2010, r == 0x2011: // hyphens of word processors
			return '-'
		case r == 0xA0, r == 0x3000, r == '\t', r == '\r', r == '\n':
			return ' '
		}
		return r
	}, s)
}

var entities = strings.NewReplacer("&#46;", ".", "&#046;", ".", "&#x2e;", ".", "&#x2E;", ".", "&period;", ".",
	"&#58;", ":", "&#x3a;", ":", "&#x3A;", ":", "&colon;", ":", "&#47;", "/", "&#x2f;", "/", "&#x2F;", "/", "&sol;", "/",
	"&#91;", "[", "&lsqb;", "[", "&#93;", "]", "&rsqb;", "]", "&amp;", "&", "%2E", ".", "%2e", ".")

// strip drops quotes, space and the punctuation of the sentence round an
// indicator.
func strip(s string) string {
	for {
		t := strings.Trim(s, " \"'`\u201c\u201d\u2018\u2019\u00ab\u00bb")
		t = strings.TrimRight(t, ",;.!")
		// Behind a path a colon is the sentence's, whatever port stands before it.
		if n := len(t); n > 1 && t[n-1] == ':' && (strings.Count(t, ":") == 1 || strings.IndexByte(t, '/') >= 0) {
			t = t[:n-1]
		}
		for _, pair := range [...]string{"()", "<>", "{}", "[]"} {
			open, shut := strings.Count(t, pair[:1]), strings.Count(t, pair[1:])
			if open == 0 && shut == 1 {
				t = strings.TrimSuffix(t, pair[1:])
			}
			if open == 1 && shut == 0 {
				t = strings.TrimPrefix(t, pair[:1])
			}
			if n := len(t); open == 1 && shut == 1 && n > 1 && t[0] == pair[0] && t[n-1] == pair[1] && !isV6(t[1:n-1]) {
				t = t[1 : n-1]
			}
		}
		if t == s {
			return s
		}
		s = t
	}
}

// commaQuad reads 176,65,139,7 where that is the whole text.
func commaQuad(s string) (string, bool) {
	if strings.Count(s, ",") != 3 {
		return "", false
	}
	t := strings.ReplaceAll(s, ",", ".")
	_, n := parse4([]byte(t))
	return t, n == len(t)
}

// refangScheme cuts the scheme off and writes it as it should be.
func refangScheme(s string) (scheme, rest string) {
	i := 0
	for i < len(s) && i < 16 && (isAlnum(s[i]) || strings.IndexByte("+-_*.", s[i]) >= 0 || bracketedLetters(s, i)) {
		i++
	}
	n := schemeEnd(s[i:])
	if i == 0 || n == 0 {
		return "", s
	}
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune("[](){}", r) {
			return -1
		}
		return r
	}, strings.ToLower(s[:i]))
	name, rest = schemeName(name), s[i+n:]
	if name == "http" || name == "https" {
		rest = strings.TrimLeft(rest, "/") // of https:///evil.example, as browsers do
	}
	return name + "://", rest
}

// bracketedLetters reports whether s[i] is a bracket as in h[tt]p.
func bracketedLetters(s string, i int) bool {
	switch s[i] {
	case '[', '(', '{':
		end := strings.IndexAny(s[i:], "])}")
		return end > 1 && end < 5 && isAlnum(s[i+1]) && i > 0
	case ']', ')', '}':
		return i > 0 && isAlnum(s[i-1])
	}
	return false
}

// schemeEnd returns the length of ://, [:]//, [://], :\\ and the like at the
// start of s, with the space after it; 0 if there is none.
func schemeEnd(s string) int {
	i, open, colons, slashes := 0, 0, 0, 0
	for i < len(s) && slashes < 2 {
		switch s[i] {
		case '[', '(', '{', '<':
			open++
		case ']', ')', '}', '>':
			open--
		case ':':
			colons++
		case '/', '\\':
			if colons == 0 {
				return 0
			}
			slashes++
		default:
			return 0
		}
		i++
	}
	if colons != 1 || slashes < 2 {
		return 0
	}
	if open > 0 && i < len(s) && strings.IndexByte("])}>", s[i]) >= 0 {
		i++
	}
	for i < len(s) && s[i] == ' ' {
		i++
	}
	return i
}

func schemeName(s string) string {
	tail := ""
	base := s
	if strings.HasSuffix(base, "s") {
		base, tail = base[:len(base)-1], "s"
	}
	switch {
	case base == "meow", len(base) >= 3 && len(base) <= 5 && base[0] == 'h' && base[len(base)-1] == 'p' &&
		strings.Trim(base[1:len(base)-1], "tx*_") == "":
		return "http" + tail
	case base == "fxp", base == "ftx", base == "f*p", base == "f_p", base == "fxtp":
		return "ftp" + tail
	}
	return s
}

// words are the texts that stand for a sign when they are in brackets.
var words = [...]struct{ text, sign string }{
	{"dot", "."}, {"punkt", "."}, {"punto", "."}, {"at", "@"}, {"www", "www"}, {".", "."}, {",", "."},
	{"://", "://"}, {"//", "//"}, {":", ":"}, {"-", "-"}, {"_", "_"}, {"/", "/"}, {"@", "@"},
}

// maxWord is the length of the longest of words in brackets, with a few spaces.
const maxWord = 13

// refangDots puts back the signs inside an indicator. Behind the first slash only pairs
// of brackets count, since a path may hold single ones.
func refangDots(s string) string {
	if !strings.ContainsAny(s, "[](){}<>\\^ ") {
		return s
	}
	b := make([]byte, 0, len(s))
	path := false
	for i := 0; i < len(s); {
		if s[i] == '[' {
			if end := strings.IndexByte(s[i:min(i+maxV6, len(s))], ']'); end > 0 && isV6(s[i+1:i+end]) {
				b = append(b, s[i:i+end+1]...)
				i += end + 1
				continue
			}
		}
		if sign, n := bracketSign(s[i:]); n > 0 {
			i += n
			if sign == "." || sign == "@" {
				b = trimSpaces(b)
				for i < len(s) && s[i] == ' ' {
					i++
				}
			}
			path = path || sign == "/" || sign == "//"
			b = append(b, sign...)
			continue
		}
		if n := looseDot(s[i:]); n > 0 && !path && !closesWord(b, s[i:]) {
			b = append(trimSpaces(b), '.')
			i += n
			continue
		}
		path = path || s[i] == '/'
		b = append(b, s[i])
		i++
	}
	return string(b)
}

// maxV6 is more than an IPv6 address in brackets is long, with any usual zone.
const maxV6 = 80

func trimSpaces(b []byte) []byte {
	for len(b) > 0 && b[len(b)-1] == ' ' {
		b = b[:len(b)-1]
	}
	return b
}

// bracketSign reads [.], (dot), { @ } and the like at the start of s.
func bracketSign(s string) (sign string, n int) {
	k := strings.IndexByte("[({<", s[0])
	if k < 0 {
		return "", 0
	}
	end := strings.IndexByte(s[:min(maxWord, len(s))], "])}>"[k])
	if end < 2 {
		return "", 0
	}
	inner := strings.Trim(s[1:end], " ")
	for _, w := range words {
		if strings.EqualFold(inner, w.text) {
			return w.sign, end + 1
		}
	}
	return "", 0
}

// closesWord reports whether s begins with a bracket that closes one in before: what stands
// between them is a placeholder, an argument or part of the name of a file, and no full
// stop is meant: [redacted].example.com, decode(x).split, Copy (2).zip. Where the opening one
// was left out, as in the second half of (Get-Item a).Name, only ] is half of a full stop.
func closesWord(before []byte, s string) bool {
	k := strings.IndexByte("])}>", s[0])
	if k < 0 || len(s) > 2 && s[1] == '.' && s[2] == "[({<"[k] { // [203].[0].[113].[7]
		return false
	}
	return k > 0 && len(s) > 1 && s[1] == '.' || bytes.Count(before, []byte{"[({<"[k]}) > bytes.Count(before, []byte{s[0]})
}

// looseDot returns the length of a defanged full stop at the start of s, 0 if there is
// none: one with single brackets, a backslash or a caret beside it, one between spaces,
// or the word dot between spaces.
func looseDot(s string) int {
	if len(s) >= 5 && s[0] == ' ' && strings.EqualFold(s[:5], " dot ") {
		return 5
	}
	if strings.HasPrefix(s, " . ") {
		return 3
	}
	i := 0
	for i < min(5, len(s)) && strings.IndexByte("[](){}<>\\^", s[i]) >= 0 {
		i++
	}
	if i > 4 || i >= len(s) || s[i] != '.' {
		return 0
	}
	j := i + 1
	for j < len(s) && strings.IndexByte("[](){}<>", s[j]) >= 0 && j-i < 4 {
		j++
	}
	call := strings.HasPrefix(s, "()") || i == 2 && (strings.HasPrefix(s, "[]") || strings.HasPrefix(s, "{}") || strings.HasPrefix(s, "<>"))
	octet := s[0] == '[' && j < len(s) && isDigit(s[j]) // of 203[].0[].113[].7: no name in a program begins with a digit
	if i == 0 && (j == 1 || s[1] != '[' && s[1] != ']') || call && j == i+1 && !octet {
		return 0 // a full stop, one before (a remark), decode().split
	}
	return j
}

func isV6(s string) bool {
	if strings.Count(s, ":") < 2 {
		return false
	}
	a, err := netip.ParseAddr(s)
	return err == nil && a.Is6()
}
