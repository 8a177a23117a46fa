package rule

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// maxRewrite is the longest expression for which another spelling is offered.
const maxRewrite = 2000 // bytes

// rewrite returns what an expression of another language (KQL of both kinds,
// EQL, Sigma, Splunk) means here, "" where that is not sure. What it returns
// has been parsed. Names of fields that stand for others here are replaced.
//
//	process.name:nc                        process.name = 'nc'
//	user.name : ("a" or "b")               user.name IN ('a', 'b')
//	Image|endswith: '\nc.exe'              Image ENDS WITH '\nc.exe'
//	CommandLine !has "nc" && x =~ "y"      CommandLine NOT REGEXP '\bnc\b' AND x = 'y'
//	cidrMatch("10.0.0.0/8", src_ip)        src_ip = '10.0.0.0/8'
//	FolderPath startswith "c:\\Users\\"    FolderPath STARTS WITH 'c:\Users\'
func rewrite(text string) string {
	if len(text) > maxRewrite || !utf8.ValidString(text) {
		return ""
	}
	w := &rewriter{toks: looseTokens(text)}
	halveBackslashes(w.toks)
	if len(w.toks) > 2 && w.toks[1].is("where") {
		w.at = 2 // process where, | where
	} else if len(w.toks) > 1 && w.toks[0].is("where") {
		w.at = 1
	}
	for w.at < len(w.toks) {
		switch t := w.toks[w.at]; {
		case t.quoted:
			w.predicate()
		case t.text == "(" || t.text == ")":
			w.put(t.text)
		case t.is("and") || t.text == "&&":
			w.put("AND")
		case t.is("or") || t.text == "||":
			w.put("OR")
		case t.is("not") || t.text == "!":
			w.put("NOT")
		default:
			w.predicate()
		}
		if w.failed {
			return ""
		}
	}
	e, err := parse(strings.Join(w.out, " "))
	if err != nil || w.widens(e) {
		return ""
	}
	return e.String()
}

// widens reports whether what is written, with its NOTs, may be true where the original
// is not.
func (w *rewriter) widens(e *Expr) (widens bool) {
	n := 0
	e.polarity(func(p *Predicate, not bool) bool {
		widens = n >= len(w.narrow) || w.narrow[n] && not != p.Not
		n++
		return !widens
	})
	return widens
}

// halveBackslashes makes one backslash of two in texts in double quotes, if none is
// single, as all languages that have such texts write it: "c:\\Users" is c:\Users. Sigma's
// modifiers are beside texts of YAML.
func halveBackslashes(toks []loose) {
	for i, t := range toks {
		if i > 0 && !t.quoted && t.text == "|" || t.escape && strings.Contains(strings.ReplaceAll(t.text, `\\`, ""), `\`) {
			return
		}
	}
	for i, t := range toks {
		if t.escape {
			toks[i].text = strings.ReplaceAll(t.text, `\\`, `\`)
		}
	}
}

// A rewriter writes an expression token by token. It gives up at what it does
// not know.
type rewriter struct {
	toks   []loose
	at     int
	out    []string
	narrow []bool // of each comparison: it is not true of all that the original is
	failed bool
}

// put writes a word in the place of the token that comes.
func (w *rewriter) put(word string) { w.out, w.at = append(w.out, word), w.at+1 }

func (w *rewriter) peek() loose {
	if w.at < len(w.toks) {
		return w.toks[w.at]
	}
	return loose{}
}

// next takes the token that comes.
func (w *rewriter) next() loose {
	t := w.peek()
	w.at++
	return t
}

// take takes a sign or word, if it comes.
func (w *rewriter) take(text string) bool {
	t := w.peek()
	if t.quoted || t.regex || !strings.EqualFold(t.text, text) {
		return false
	}
	w.at++
	return true
}

// looseOps are operators of other languages. A star in the value of : and of
// Splunk's = stands for anything, in that of == for itself.
var looseOps = map[string]string{"=": ":", "==": "=", "===": "=", "=~": "=", ":": ":", "~": "REGEXP", "equals": "=", "eq": "=", "is": "=", "in": "=",
	"!=": "!:", "<>": "!=", "ne": "!=", "!~": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=",
	"has": "HAS", "has_cs": "HAS", "has_any": "HAS", "contains": "CONTAINS", "contains_cs": "CONTAINS", "startswith": "STARTS WITH", "startswith_cs": "STARTS WITH",
	"endswith": "ENDS WITH", "endswith_cs": "ENDS WITH", "hasprefix": "HASPREFIX", "hassuffix": "HASSUFFIX", "like": "LIKE", "ilike": "LIKE", "wildcard": ":",
	"matches": "REGEXP", "regex": "REGEXP", "regexp": "REGEXP", "rlike": "REGEXP", "re": "REGEXP", "cidr": "=", "cidrmatch": "=", "between": "BETWEEN"}

// looseFuncs are functions that stand for a comparison of a field.
var looseFuncs = map[string]string{"contains": "CONTAINS", "stringcontains": "CONTAINS", "startswith": "STARTS WITH", "endswith": "ENDS WITH", "match": "REGEXP",
	"matches": "REGEXP", "regex": "REGEXP", "wildcard": ":", "like": "LIKE", "cidrmatch": "=", "cidr": "=", "ipv4_is_match": "=", "ipv4_is_in_range": "=",
	"ipv6_is_match": "=", "ipv6_is_in_range": "=", "ipv4_is_in_any_range": "=", "isnull": "NULL", "isempty": "NULL", "isnotnull": "NOT NULL", "isnotempty": "NOT NULL",
	"ipv4_is_private": "PRIVATE"}

// privateNets are what ipv4_is_private means.
var privateNets = []loose{{text: "10.0.0.0/8", quoted: true}, {text: "172.16.0.0/12", quoted: true}, {text: "192.168.0.0/16", quoted: true}}

// predicate writes one comparison.
func (w *rewriter) predicate() {
	t := w.next()
	w.take("]") // [name]
	switch {
	case t.text == "[" && !t.quoted:
		t = w.next()
		w.take("]")
	case t.is("_exists_") && w.take(":"):
		w.emit(w.next(), "NOT NULL", false, nil, false)
		return
	}
	if op := looseFuncs[strings.ToLower(strings.TrimSuffix(t.text, "~"))]; t.word && op != "" {
		at := w.at
		if w.take("~"); w.take("(") {
			w.call(op, strings.HasPrefix(strings.ToLower(t.text), "ip"))
			return
		}
		w.at = at
	}
	field := t
	if t.quoted || t.word && !isFieldName(t.text) {
		// A value on the left, or a name in quotes.
		op, right := w.peek(), loose{}
		if w.at+1 < len(w.toks) {
			right = w.toks[w.at+1]
		}
		if !op.word && (op.text == "=" || looseOps[op.text] == "=") && right.word && isFieldName(right.text) {
			w.at += 2
			w.emit(right, "=", false, []loose{{text: t.text, quoted: true}}, false)
			return
		}
		if op.word {
			w.failed = true // 'text' in name
			return
		}
		field = loose{text: t.text, word: true}
	}
	if !isFieldName(field.text) || t.regex {
		w.failed = true
		return
	}
	if w.peek().text == "(" && slices.Contains([]string{"tolower", "toupper", "lower", "upper"}, strings.ToLower(field.text)) {
		w.at++
		field = w.next()
		if !w.take(")") {
			w.failed = true
			return
		}
	}
	w.comparison(field)
}

// comparison writes what follows a field.
func (w *rewriter) comparison(field loose) {
	op, not, all := "", false, false
	sign := ""        // as it stands there
	for w.take("|") { // Sigma's modifiers
		switch m := strings.ToLower(w.next().text); {
		case m == "all":
			all = true
		case op == "" && looseOps[m] != "":
			op = looseOps[m]
		default:
			w.failed = true
		}
	}
	if w.take("not") || w.take("!") {
		not = true
	}
	switch {
	case op != "":
		if !w.take(":") {
			w.take("=")
		}
	case w.take("starts"), w.take("ends"):
		op = strings.ToUpper(w.toks[w.at-1].text) + " WITH"
		w.take("with")
	default:
		t := w.next()
		sign = strings.ToLower(t.text)
		if op = looseOps[sign]; op == "" || t.quoted || t.regex {
			w.failed = true
			return
		}
		if w.take("~") && op == "LIKE" { // in~; of like~ only the stars are special
			op = ":"
		}
		if t.is("matches") {
			w.take("regex")
		}
		if t.is("is") && w.take("not") {
			not = true
		}
	}
	if op[0] == '!' {
		op, not = op[1:], !not
	}
	if op == "BETWEEN" {
		w.between(field, not)
		return
	}
	values := w.values()
	reference := sign != "" && !slices.Contains(bareSigns, sign) && slices.ContainsFunc(values, isReference)
	if all && len(values) > 1 || w.failed || reference && (sign != "in" || not || len(values) == 1) {
		w.failed = true
		return
	}
	w.emit(field, op, not, values, reference)
}

// bareSigns are the operators behind which languages have texts without quotes. Behind
// others such a word is a list or a value that is defined elsewhere: RemoteIP in (ours).
var bareSigns = []string{":", "=", "equals", "eq", "is"}

// isReference reports whether a value may be the name of something else.
func isReference(t loose) bool {
	return t.word && isFieldName(t.text) && !strings.EqualFold(t.text, "null") && !strings.EqualFold(t.text, "true") && !strings.EqualFold(t.text, "false")
}

// between writes (a .. b), or a AND b.
func (w *rewriter) between(field loose, not bool) {
	open := w.take("(")
	low := w.time()
	if !w.take("..") && !w.take("and") {
		w.failed = true
		return
	}
	high := w.time()
	if open && !w.take(")") || w.failed {
		w.failed = true
		return
	}
	w.out = append(w.out, w.name(field))
	if not {
		w.out = append(w.out, "NOT")
	}
	w.out, w.narrow = append(w.out, "BETWEEN", quote(low), "AND", quote(high)), append(w.narrow, false)
}

// time reads a value, or datetime(value).
func (w *rewriter) time() string {
	t := w.next()
	if t.is("datetime") && w.take("(") {
		t = w.next()
		if !w.take(")") {
			w.failed = true
		}
	}
	w.failed = w.failed || isReference(t)
	return t.text
}

// call writes a function that compares: its field is the first of its
// arguments that is no text. One of KQL for addresses of a kind says neither yes nor no
// of the other kind.
func (w *rewriter) call(op string, kind bool) {
	var field loose
	var values []loose
	for {
		t := w.next()
		if field.text == "" && t.word && isFieldName(t.text) {
			field = t
		} else {
			values = append(values, t)
		}
		if t.text == "" && !t.quoted {
			w.failed = true
			return
		}
		if w.take(")") {
			break
		}
		if !w.take(",") {
			w.failed = true
			return
		}
	}
	if op == "PRIVATE" && len(values) == 0 {
		op, values = "=", privateNets
	}
	if field.text == "" || (len(values) == 0) != strings.HasSuffix(op, "NULL") {
		w.failed = true
		return
	}
	w.emit(field, op, false, values, kind)
}

// values reads a value, or a list of them in whatever brackets.
func (w *rewriter) values() (list []loose) {
	shut := map[string]string{"(": ")", "[": "]", "{": "}"}[w.peek().text]
	if shut == "" || w.peek().quoted {
		t := w.next()
		if !t.quoted && !t.regex && !t.word {
			w.failed = true
		}
		return []loose{t}
	}
	w.at++
	for !w.take(shut) {
		t := w.next()
		if !t.quoted && (t.is("and") || t.is("or") || t.is("not") || !t.regex && !t.word) || len(list) > 200 {
			w.failed = true
			return nil
		}
		list = append(list, t)
		if !w.take(",") && !w.take("or") && (w.peek().quoted || w.peek().text != shut) {
			w.failed = true // nothing says how the next one is meant
			return nil
		}
	}
	w.failed = w.failed || len(list) == 0
	return list
}

func isFieldName(s string) bool {
	for i := range len(s) {
		if !wordByte(s[i]) {
			return false
		}
	}
	return s != "" && (s[0] < '0' || s[0] > '9') && !reserved[strings.ToLower(s)]
}

// name is a field's name here.
func (w *rewriter) name(field loose) string {
	if !isFieldName(field.text) {
		w.failed = true
	}
	if own := fieldHints[strings.ToLower(field.text)]; own != "" {
		return own
	}
	return field.text
}
