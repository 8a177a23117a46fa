package rule

import (
	"math/big"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// The row that fuzzed rules look at. FlexString2 is there and empty, FlexString1
// is not there; the rest are plain text columns.
var fuzzRow = map[string]string{"message": "nc -z 192.168.1.100", "activity": "Ünïcode", "filename": "42", "reason": "42.5", "flexstring2": ""}

// slow evaluates an expression over a map, as plainly as SQL says it. ok is
// false where it names a field that is not plain text.
func slow(e *Expr, row map[string]string) (v Tri, ok bool) {
	switch {
	case e.Not != nil:
		v, ok = slow(e.Not, row)
		return -v, ok
	case e.And != nil, e.Or != nil:
		counts := map[Tri]int{}
		for _, kid := range append(append([]*Expr{}, e.And...), e.Or...) {
			v, ok := slow(kid, row)
			if !ok {
				return Unknown, false
			}
			counts[v]++
		}
		switch {
		case e.And != nil && counts[False] > 0:
			return False, true
		case e.Or != nil && counts[True] > 0:
			return True, true
		case counts[Unknown] > 0:
			return Unknown, true
		case e.And != nil:
			return True, true
		}
		return False, true
	}
	p := e.Pred
	name := strings.ToLower(p.Field)
	text, has := row[name]
	if !has && name != "flexstring1" {
		return Unknown, false
	}
	v = slowPredicate(p, text, has)
	if p.Not {
		v = -v
	}
	return v, true
}

func slowPredicate(p *Predicate, text string, has bool) Tri {
	if p.Op == Null {
		if !has {
			return Unknown
		}
		return truth(text == "")
	}
	if !has || text == "" {
		return Unknown
	}
	same := func(a, b string) bool { return slowLike(split(a), plain(b)) }
	num := func(s string) *big.Float {
		if _, ok := parseDecimal(s); !ok {
			return nil
		}
		if i, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64); err == nil {
			return new(big.Float).SetInt64(i)
		}
		x, _ := strconv.ParseFloat(strings.TrimSpace(s), 64)
		return big.NewFloat(x)
	}
	order := func(l Literal) (int, bool) {
		a, b := num(text), num(l.Text)
		switch {
		case a != nil && b != nil:
			return a.Cmp(b), true
		case l.Number:
			return 0, false
		}
		return strings.Compare(fold(text), fold(l.Text)), true
	}
	ordered := func(l Literal, op Op) Tri {
		n, ok := order(l)
		if !ok {
			return Unknown
		}
		return truth(op == Lt && n < 0 || op == Le && n <= 0 || op == Gt && n > 0 || op == Ge && n >= 0)
	}
	switch p.Op {
	case Like:
		return truth(slowLike(split(text), pieces(p.Args[0].Text, p.Escape)))
	case Between:
		return ordered(p.Args[0], Ge).And(ordered(p.Args[1], Le))
	case Eq, In:
		for _, l := range p.Args {
			a, b := num(text), num(l.Text)
			if l.Number && a != nil && b != nil && a.Cmp(b) == 0 || !(l.Number && a != nil && b != nil) && same(text, l.Text) {
				return True
			}
		}
		return False
	}
	return ordered(p.Args[0], p.Op)
}

// plain is a text as a pattern without anything special.
func plain(s string) []string {
	list := split(s)
	for i, c := range list {
		if c == "%" || c == "_" {
			list[i] = "\x00" + c
		}
	}
	return list
}

// pieces is a pattern, its escaped characters marked by a leading NUL.
func pieces(s, escape string) []string {
	var list []string
	chars := split(s)
	for i := 0; i < len(chars); i++ {
		if chars[i] == escape && escape != "" {
			i++
			if chars[i] == "%" || chars[i] == "_" {
				list = append(list, "\x00"+chars[i])
				continue
			}
		}
		list = append(list, chars[i])
	}
	return list
}

func FuzzRule(f *testing.F) {
	for _, s := range []string{
		`Message LIKE '%nc -z%' AND NOT (Activity = 'ÜNÏCODE' OR FileName < 43)`,
		`FileName BETWEEN 1 AND '99' OR Reason IN (42.50, "x")`,
		`FlexString1 = 'x' OR FlexString2 IS NULL`,
		`FlexString2 IS NOT NULL AND FlexString1 IS NULL`,
		`Message LIKE '100\%' ESCAPE '\'`,
		`Message NOT IN ('a''b', "c""d") AND (Activity <> 'x' AND Activity == 'y')`,
		`destination_ip = '10.0.0.0/8' AND timestamp > datetime(2025-04-01)`,
		`NOT NOT Message >= 'a'`, `Reason = 42.5`, `Message = true`,
		`user = 'CORP\bob' AND host != 'x' AND process.name NOT LIKE '%'`,
	} {
		f.Add(s)
	}
	var pairs []string
	for k, v := range fuzzRow {
		pairs = append(pairs, k, v)
	}
	hit := context(csl, pairs...)
	f.Fuzz(func(t *testing.T, text string) {
		r, err := Inline(1, text)
		if err != nil {
			if !utf8.ValidString(err.Error()) {
				t.Errorf("message is not UTF-8: %q", err)
			}
			return
		}
		printed := r.When.String()
		again, err := Inline(1, printed)
		if err != nil {
			t.Fatalf("%q is printed as %q: %v", text, printed, err)
		}
		if s := again.When.String(); s != printed {
			t.Errorf("%q is printed as %q, and that as %q", text, printed, s)
		}
		got := r.Eval(hit)
		if v := again.Eval(hit); v != got {
			t.Errorf("%q is %s, printed %s", text, got, v)
		}
		if want, ok := slow(r.When, fuzzRow); ok && got != want {
			t.Errorf("%q is %s, the slow evaluator says %s", text, got, want)
		}
		r.Lint(builtinTables)
	})
}
