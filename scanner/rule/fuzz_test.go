package rule

import (
	"math/big"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// The row that fuzzed rules look at. FlexString2 is there and empty, FlexString1
// is not there; the rest are plain text columns.
var fuzzRow = map[string]string{"message": "nc -z 192.168.1.100", "activity": "Ünïcode", "filename": "42", "reason": "42.5", "flexstring2": "",
	"filepath": `C:\tmp/NC.exe`}

// The time of the hit: Tuesday, in the night.
const fuzzTime = "2025-04-01T23:30:00Z"

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
	switch p.Left.Func {
	case TimeOfDay, DayOfWeek:
		if !strings.EqualFold(p.Left.Args[0].Field, "timestamp") {
			return Unknown, false
		}
		v = slowClock(p)
	default:
		text, has, ok := slowOperand(&p.Left, row)
		if !ok || p.File != "" {
			return Unknown, false
		}
		v = slowPredicate(p, text, has)
	}
	if p.Not {
		v = -v
	}
	return v, true
}

// slowOperand is the text of an operand; has says that there is a place for it.
func slowOperand(o *Operand, row map[string]string) (text string, has, ok bool) {
	switch o.Func {
	case NoFunc:
		if o.Value != nil {
			return o.Value.Text, true, true
		}
		name := strings.ToLower(o.Field)
		text, has = row[name]
		return text, has, has || name == "flexstring1"
	case Lower:
		text, has, ok = slowOperand(&o.Args[0], row)
		return strings.ToLower(text), has, ok
	case BaseName:
		text, has, ok = slowOperand(&o.Args[0], row)
		parts := strings.FieldsFunc("x"+text+"x", func(r rune) bool { return r == '/' || r == '\\' })
		last := parts[len(parts)-1]
		if len(parts) == 1 {
			last = last[1:]
		}
		return last[:len(last)-1], has, ok
	case Coalesce:
		found := false
		for i := range o.Args {
			t, h, k := slowOperand(&o.Args[i], row)
			if !k {
				return "", false, false
			}
			has = has || h
			if t != "" && !found {
				text, found = t, true
			}
		}
		return text, has, true
	}
	return "", false, false // host has tests of its own
}

// slowClock evaluates the functions of time by the minute and the name.
func slowClock(p *Predicate) Tri {
	if p.Op == Null {
		return False
	}
	rank := func(s string) (int, bool) {
		if p.Left.Func == DayOfWeek {
			n := strings.Index("monday   tuesday  wednesdaythursday friday   saturday sunday   ", strings.ToLower(strings.TrimSpace(s)))
			return n, n >= 0 && n%9 == 0 && len(strings.TrimSpace(s)) >= 3
		}
		for _, form := range []string{"15:04", "15:04:05"} {
			if t, err := time.Parse(form, strings.TrimSpace(s)); err == nil {
				return t.Hour()*3600 + t.Minute()*60 + t.Second(), true
			}
		}
		return 86400, strings.HasPrefix(strings.TrimSpace(s), "24:00")
	}
	when, _ := time.Parse(time.RFC3339, fuzzTime)
	own, _ := rank(when.Format("15:04"))
	if p.Left.Func == DayOfWeek {
		own, _ = rank(when.Weekday().String())
	}
	var ranks []int
	for _, a := range p.Args {
		n, _ := rank(a.Text)
		ranks = append(ranks, n)
	}
	switch p.Op {
	case Eq, In:
		return truth(slices.Contains(ranks, own))
	case Between:
		if ranks[0] > ranks[1] {
			return truth(own >= ranks[0] || own <= ranks[1])
		}
		return truth(own >= ranks[0] && own <= ranks[1])
	case Lt:
		return truth(own < ranks[0])
	case Le:
		return truth(own <= ranks[0])
	case Gt:
		return truth(own > ranks[0])
	case Ge:
		return truth(own >= ranks[0])
	}
	return slowText(p, when.Format("15:04:05"))
}

// slowText evaluates the operators of text.
func slowText(p *Predicate, text string) Tri {
	want := p.Args[0].Text
	chars, part := split(text), split(want)
	at := func(i int) bool {
		return i >= 0 && i+len(part) <= len(chars) && slowLike(chars[i:i+len(part)], plain(want))
	}
	switch p.Op {
	case Like:
		return truth(slowLike(chars, pieces(want, p.Escape)))
	case StartsWith:
		return truth(at(0))
	case EndsWith:
		return truth(at(len(chars) - len(part)))
	case Contains:
		for i := range len(chars) + 1 {
			if at(i) {
				return True
			}
		}
		return False
	}
	// Not the pattern as compiled, but what it says: case folded by the flag.
	return truth(regexp.MustCompile("(?i)(?:" + want + ")").MatchString(text))
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
	case Lt, Le, Gt, Ge:
		return ordered(p.Args[0], p.Op)
	}
	return slowText(p, text)
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
		`Message CONTAINS 'Z 192' AND Activity STARTS WITH 'ü' OR FileName NOT ENDS WITH '2'`,
		`Message REGEXP '^nc( -[a-z])+ \d' AND Reason NOT REGEXP 'x|y'`,
		`lower(Activity) = 'ünïcode' AND basename(FilePath) = 'nc.exe' OR basename(lower(FilePath)) LIKE '%c'`,
		`coalesce(FlexString1, FlexString2, 'none') = 'none' AND coalesce(FlexString2, FlexString1) IS NULL`,
		`time_of_day(timestamp) BETWEEN '22:00' AND '04:00' AND day_of_week(timestamp) IN ('Mon', 'Tuesday')`,
		`time_of_day(timestamp) < '23:30:01' OR day_of_week(timestamp) NOT BETWEEN 'Sat' AND 'Mon'`,
		`host(RequestURL) = 'x' AND indicator.type = 'ip' AND match.class != 'ip-only'`,
		`Message IN FILE 'no such file' OR Message LIKE 'x'`,
		`user = 'CORP\bob' AND host != 'x' AND process.name NOT LIKE '%'`,
	} {
		f.Add(s)
	}
	var pairs []string
	for k, v := range fuzzRow {
		pairs = append(pairs, k, v)
	}
	hit := context(csl, append(pairs, "TimeGenerated", fuzzTime)...)
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
		r.Trace(hit)
		for _, w := range lintOf(r) {
			if w.Text == "" || w.Lint == "" {
				t.Errorf("%q: %+v", text, w)
			}
		}
		if r.Check(builtinTables) != nil {
			return // what it evaluates to does not matter
		}
		if want, ok := slow(r.When, fuzzRow); ok && got != want {
			t.Errorf("%q is %s, the slow evaluator says %s", text, got, want)
		}
	})
}
