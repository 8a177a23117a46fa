package rule

import (
	"regexp"
	"slices"
	"strings"
)

// emit writes a comparison of a field with values, one of which is enough; or,
// with not, that none is. narrow says that the original is true of more.
func (w *rewriter) emit(field loose, op string, not bool, values []loose, narrow bool) {
	name := w.name(field)
	args := isArgs(field.text)
	for _, v := range values {
		narrow = narrow || args || (op == ":" || op == "LIKE") && strings.Contains(v.text, "?") ||
			v.quoted && !v.escape && op != "REGEXP" && strings.Contains(v.text, `\\`) // which may be one
		w.failed = w.failed || args && strings.ContainsAny(v.text, " \t") // of one word only in quotes
	}
	no := ""
	if not {
		no = "NOT "
	}
	if strings.HasSuffix(op, "NULL") {
		w.out, w.narrow = append(w.out, name+" IS "+op), append(w.narrow, false)
		return
	}
	if v := values[0]; len(values) == 1 && !v.quoted && !v.regex && (op == "=" || op == ":") {
		if isNull := strings.EqualFold(v.text, "null"); isNull || v.text == "*" {
			if no = ""; isNull == not {
				no = "NOT "
			}
			w.out, w.narrow = append(w.out, name+" IS "+no+"NULL"), append(w.narrow, false)
			return
		}
	}
	var parts, same []string
	for _, v := range values {
		this, text := looseComparison(args, op, v)
		switch _, number := parseDecimal(text); {
		case this == "=" && number && !v.quoted:
			same = append(same, text)
		case this == "=":
			same = append(same, quote(text))
		case strings.ContainsAny(this, "<>"):
			parts = append(parts, name+" "+this+" "+quote(text))
			w.failed = w.failed || not
		default:
			parts = append(parts, name+" "+no+this+" "+quote(text))
		}
	}
	switch {
	case len(same) == 1 && not:
		parts = append(parts, name+" != "+same[0])
	case len(same) == 1:
		parts = append(parts, name+" = "+same[0])
	case len(same) > 1:
		parts = append(parts, name+" "+no+"IN ("+strings.Join(same, ", ")+")")
	}
	w.narrow = append(w.narrow, slices.Repeat([]bool{narrow}, len(parts))...)
	join := " OR "
	if not {
		join = " AND "
	}
	text := strings.Join(parts, join)
	if len(parts) > 1 {
		text = "(" + text + ")"
	}
	w.out = append(w.out, text)
}

// isArgs reports whether a field is a list of words, of which the whole line stands here.
func isArgs(field string) bool {
	return strings.EqualFold(field, "process.args") || strings.EqualFold(field, "process.arguments")
}

// looseComparison is how one value is compared here.
func looseComparison(args bool, op string, v loose) (own, text string) {
	text = v.text
	star := op == ":" && strings.Contains(text, "*") || op == "LIKE" && !strings.ContainsAny(text, "%_")
	switch {
	case v.regex:
		return "REGEXP", text
	case args && (star || op == ":" || op == "="):
		pattern := regexp.QuoteMeta(text)
		if star {
			pattern = strings.ReplaceAll(pattern, `\*`, `\S*`)
		}
		return "REGEXP", strings.TrimSuffix(strings.TrimPrefix(`(^|\s)`+pattern+`(\s|$)`, `(^|\s)\S*`), `\S*(\s|$)`)
	case op == "HAS", op == "HASPREFIX", op == "HASSUFFIX":
		return "REGEXP", wordPattern(text, op != "HASSUFFIX", op != "HASPREFIX")
	case (op == ":" || op == "LIKE") && strings.HasPrefix(text, `?:\`): // on any drive
		return "REGEXP", "^." + strings.ReplaceAll(regexp.QuoteMeta(text[1:]), `\*`, ".*") + "$"
	case star:
		return unstarred(text)
	case op != ":" && op != "=":
		return op, text
	}
	return "=", text
}

// wordPattern is the pattern of a text that stands at the edges of words. An
// edge that is a sign is one already.
func wordPattern(text string, before, after bool) string {
	isWord := func(c byte) bool { return wordByte(c) && c != '.' && c != '@' }
	pattern := regexp.QuoteMeta(text)
	if before && text != "" && isWord(text[0]) {
		pattern = `\b` + pattern
	}
	if after && text != "" && isWord(text[len(text)-1]) {
		pattern += `\b`
	}
	return pattern
}

// unstarred is how a text with stars is compared: without LIKE where that needs
// none, as _ would be special in it.
func unstarred(text string) (own, part string) {
	inner := strings.Trim(text, "*")
	switch before, after := strings.HasPrefix(text, "*"), strings.HasSuffix(text, "*"); {
	case strings.Contains(inner, "*") || inner == "":
		return "REGEXP", "^" + strings.ReplaceAll(regexp.QuoteMeta(text), `\*`, ".*") + "$"
	case before && after:
		return "CONTAINS", inner
	case before:
		return "ENDS WITH", inner
	case after:
		return "STARTS WITH", inner
	}
	return "=", text
}
