package ioc

import (
	"net/netip"
	"regexp"
	"strings"
)

// maxRefang is the longest text that is refanged, in bytes: no indicator
// comes near it.
const maxRefang = 4096

// Refang undoes what people do to indicators so that nobody clicks on them:
// 176[.]65[.]139[.]7, hxxp://, tvt(dot)miraibotnet(dot)su. What is clean comes
// back unchanged, and refanging twice is refanging once. It is for indicators
// only: a defanged name in a log is somebody's text, not a contact.
func Refang(s string) string {
	if clean(s) || len(s) > maxRefang {
		return s
	}
	// Nested brackets come off one by one; every round shortens the text or
	// is the last.
	for range maxRefang {
		next := refangOnce(s)
		if next == s {
			break
		}
		s = next
	}
	return s
}

// clean says that a text has nothing that refanging would touch.
func clean(s string) bool {
	for i := range len(s) {
		b := s[i]
		if !isAlnum(b) && b != '.' && b != '-' && b != '_' && b != '*' {
			return false
		}
	}
	return s != "" && s[len(s)-1] != '.'
}

var (
	invisible = strings.NewReplacer("\u200b", "", "\u200c", "", "\u200d", "", "\u200e", "", "\u200f", "",
		"\u2060", "", "\ufeff", "", "\u00ad", "", "\u00a0", " ", "\u202f", " ", "\t", " ",
		"\u3002", ".", "\uff61", ".", "\u2024", ".")
	entities = strings.NewReplacer("&#46;", ".", "&#x2e;", ".", "&#x2E;", ".", "&period;", ".",
		"&#58;", ":", "&#x3a;", ":", "&#x3A;", ":", "&colon;", ":", "&#47;", "/", "&sol;", "/", "&amp;", "&")
	percentDot = strings.NewReplacer("%2E", ".", "%2e", ".")

	schemeRE = regexp.MustCompile(`(?i)^(h(?:xx|tt|tx|xt|\*\*|__|\[tt\]|\[xx\])p|meow|fxp|ftx|ftp)(s?)\s*(?:\[?:\]?|\(:\))\s*(?:\[?//\]?|\\\\|\[/\]\[/\])\s*`)
	otherRE  = regexp.MustCompile(`(?i)^([a-z][a-z0-9+.-]{1,15})(?:\[:\]//|\[://\])`)
	v6RE     = regexp.MustCompile(`\[[0-9A-Fa-f:.]*(?:%[0-9A-Za-z._~-]+)?\]`)
	dotRE    = regexp.MustCompile(`(?i)\s*[\[({<]\s*(?:\.|,|dot|punkt|punto)\s*[\])}>]\s*`)
	halfRE   = regexp.MustCompile(`\s*(?:\]\.\[|\[\.|\.\]|\\\.|\^\.)\s*`)
	wordRE   = regexp.MustCompile(`(?i) (?:dot|punkt|punto) | \. `)
	atRE     = regexp.MustCompile(`(?i)\s*[\[({<]\s*(?:@|at)\s*[\])}>]\s*`)
	otherSep = regexp.MustCompile(`(?i)[\[({](:|-|/|www)[\])}]`)
	commasRE = regexp.MustCompile(`^\d{1,3},\d{1,3},\d{1,3},\d{1,3}$`)
)

func refangOnce(s string) string {
	s = invisible.Replace(s)
	s = strings.Map(func(r rune) rune {
		if r >= 0xff01 && r <= 0xff5e { // full-width ASCII
			return r - 0xfee0
		}
		return r
	}, s)
	s = strings.Trim(s, " \r\n\"'`\u201c\u201d\u2018\u2019")
	s = entities.Replace(s)

	scheme := ""
	if m := schemeRE.FindStringSubmatch(s); m != nil {
		scheme = "http"
		if m[1][0]|0x20 == 'f' {
			scheme = "ftp"
		}
		scheme += strings.ToLower(m[2]) + "://"
		s = s[len(m[0]):]
	} else if m := otherRE.FindStringSubmatch(s); m != nil {
		scheme, s = strings.ToLower(m[1])+"://", s[len(m[0]):]
	}
	authority, path := s, ""
	if i := strings.IndexByte(s, '/'); i >= 0 && scheme != "" {
		authority, path = s[:i], s[i:]
	}
	s = percentDot.Replace(authority) + path

	// [2001:db8::1] is how URLs write addresses, not defanging.
	var kept []string
	s = v6RE.ReplaceAllStringFunc(s, func(m string) string {
		inner, _, _ := strings.Cut(strings.Trim(m, "[]"), "%")
		if a, err := netip.ParseAddr(inner); err != nil || !a.Is6() || inner == "::" {
			return m
		}
		kept = append(kept, m)
		return "\x00"
	})
	s = dotRE.ReplaceAllString(s, ".")
	s = halfRE.ReplaceAllString(s, ".")
	s = wordRE.ReplaceAllString(s, ".")
	s = atRE.ReplaceAllString(s, "@")
	s = otherSep.ReplaceAllString(s, "$1")
	if commasRE.MatchString(s) {
		s = strings.ReplaceAll(s, ",", ".")
	}
	s = trimEnd(s)
	for _, k := range kept {
		s = strings.Replace(s, "\x00", k, 1)
	}
	return scheme + s
}

// trimEnd drops the punctuation of the sentence that an indicator stood in.
func trimEnd(s string) string {
	for s != "" {
		switch s[len(s)-1] {
		case '.', ',', ';', '!', '"', '\'', ' ':
		case ':':
			if strings.HasSuffix(s, "::") {
				return s
			}
		case ')', '>', '}':
			if strings.ContainsAny(s[:len(s)-1], "(<{") {
				return s
			}
		default:
			return s
		}
		s = s[:len(s)-1]
	}
	return s
}
