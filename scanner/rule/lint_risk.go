package rule

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/iocsweep/iocsweep/scanner/clock"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// orNotEqual looks for != joined with OR: the classic slip, since a field can
// hold only one of two values.
func (l *lint) orNotEqual(e *Expr, not bool) {
	if e.Not != nil {
		l.orNotEqual(e.Not, !not)
		return
	}
	kids := e.Or
	if not {
		kids = e.And
	}
	var unequal []*Predicate
	for _, kid := range kids {
		p, denied := kid.Pred, not
		for kid.Not != nil {
			kid, denied = kid.Not, !denied
			p = kid.Pred
		}
		if p == nil || p.Not == denied {
			continue
		}
		switch p.Op {
		case Eq, In, Like, Contains, StartsWith, EndsWith, Regexp:
			x := *p
			x.Not = true
			unequal = append(unequal, &x)
		}
	}
	if len(unequal) > 1 {
		a, b := unequal[0], unequal[1]
		if l.apart(a, b) {
			l.say(OrNotEqual, "%s OR %s is true of every row: whatever %s is, it differs from one of the two; AND is meant", a, b, &a.Left)
		} else {
			l.say(OrNotEqual, "%s OR %s is true of all rows but those in which neither holds, which is nearly everything; AND is meant, or NOT IN", a, b)
		}
	}
	for _, list := range [...][]*Expr{e.And, e.Or} {
		for _, kid := range list {
			l.orNotEqual(kid, not)
		}
	}
}

// apart reports whether both deny something of one field and no cell of it can be the
// one and the other, in all tables that have the field.
func (l *lint) apart(p, q *Predicate) bool {
	both := denied(&Expr{Or: []*Expr{{Pred: p}, {Pred: q}}}, nil)
	found := false
	for _, t := range l.Tables {
		a := l.in(t)
		if !l.rule.applies(t) || a.operand(p).lacking() && a.operand(q).lacking() {
			continue
		}
		if !a.contradicts(both) {
			return false
		}
		found = true
	}
	return found
}

// bounds looks for a way that nothing bounds in time or by address.
func (l *lint) bounds(ways []branch) {
	if !l.rule.Expires.IsZero() {
		return
	}
	for _, t := range l.Tables {
		if !l.rule.applies(t) {
			continue
		}
		a := l.in(t)
		for _, b := range ways {
			if a.possible(b) && !slices.ContainsFunc(b, a.bounds) {
				l.say(Unbounded, "is bound neither in time nor to an address: it removes such hits for ever and from everywhere")
				return
			}
		}
	}
}

// possible reports whether all predicates of a way can be true in the table.
func (a *analysis) possible(b branch) bool {
	return !a.contradicts(b) && !slices.ContainsFunc(b, func(p *Predicate) bool {
		// Where one end has no order BETWEEN can be false, and is never true.
		return !a.predicate(p).be || p.Op == Between && !p.Not && a.unordered(a.operand(p).compares(), p)
	})
}

// bounds reports whether a predicate holds only within a time or for some addresses.
func (a *analysis) bounds(p *Predicate) bool {
	if p.Not || p.Op == Null {
		return false
	}
	o := a.operand(p)
	for _, c := range o.compares() {
		switch c {
		case table.CompareTime:
			return true
		case table.CompareAddr, table.CompareAddrs, compareIndicator:
			return p.pattern == nil || !p.pattern.any()
		case table.CompareHost, table.CompareName:
			return p.File != "" || len(p.Args) > 0 && (p.Args[0].addr.IsValid() || p.Args[0].prefix.IsValid())
		}
	}
	return false
}

// accounts looks for a way that asks for nothing but who it was.
func (l *lint) accounts(ways []branch) {
	for _, b := range ways {
		var who *Predicate
		other := false
		for _, p := range b {
			switch {
			case p.Not:
			case l.account(p):
				who = p
			default:
				other = true
			}
		}
		if who != nil && !other {
			l.say(AccountOnly, "%s removes whatever that account does, and an intruder's programs run under accounts too (most of what Mirai runs is root's): bind the process, the peer or the time as well", who)
			return
		}
	}
}

// account reports whether a predicate asks only for an account.
func (l *lint) account(p *Predicate) bool {
	for _, t := range l.Tables {
		o := l.in(t).operand(p)
		for _, s := range o.sources(nil) {
			if s.Compare != table.CompareUser && !strings.Contains(s.Column, "Account") && !strings.Contains(s.Column, "UserID") {
				return false
			}
		}
	}
	return true
}

// sides looks, in tables that know both ends of a connection, for ways that
// bind one of them to inside addresses and say nothing of the other.
func (l *lint) sides(ways []branch) {
	for _, t := range l.Tables {
		src, dst, ok := ends(t)
		if !ok || !l.rule.applies(t) {
			continue
		}
		a := l.in(t)
		for _, b := range ways {
			if !a.possible(b) {
				continue
			}
			var from, to *Predicate
			outside, more := false, false
			for _, p := range b {
				o := a.operand(p)
				at := o.sources(nil)
				switch {
				case p.Not, len(at) == 0:
				case at[0].own >= ownClass, at[0].own == ownValue, at[0].Func == table.WhoField:
					outside = true // it says where the indicator is, or who the parties are
				case at[0].Column == src:
					from = p
				case at[0].Column == dst:
					to = p
				case at[0].Func != table.EventTime:
					more = true
				}
			}
			switch {
			case outside || from != nil && to != nil:
			case to != nil && to.inside():
				l.say(OtherSide, "in %s, %s can only remove rows that have the indicator elsewhere than in %s: mostly its attacks on that address, and none of what goes out to it. "+
					"If traffic from inside is meant, say so: AND source_ip = '10.0.0.0/8'", t.Name, to, dst)
				return
			case from != nil && from.inside() && !more:
				l.say(WholeHost, "in %s, %s removes everything that this address says to an indicator: if it is ever infected, nobody will see it. Bind the destination or the port too", t.Name, from)
				return
			}
		}
	}
}

// ends are the columns of the two ends of a connection, if the table has one
// for each.
func ends(t *table.Table) (src, dst string, ok bool) {
	from, _ := t.Field("source_ip")
	to, _ := t.Field("destination_ip")
	if len(from) != 1 || len(to) != 1 {
		return "", "", false
	}
	return from[0].Column, to[0].Column, true
}

// inside reports whether all that a predicate asks for are inside addresses.
func (p *Predicate) inside() bool {
	if p.Op != Eq && p.Op != In {
		return false
	}
	values := p.Args
	if p.list != nil {
		values = p.list.values
	}
	for i := range values {
		a := values[i].addr
		if values[i].prefix.IsValid() {
			a = values[i].prefix.Addr()
		}
		if !insideAddr(a) {
			return false
		}
	}
	return len(values) > 0
}

var sharedSpace = netip.MustParsePrefix("100.64.0.0/10")

func insideAddr(a netip.Addr) bool {
	return a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || sharedSpace.Contains(a)
}

// window compares the times that a rule asks for with those of the data.
func (l *lint) window(ways []branch) {
	if !l.HasFirst && !l.HasLast || len(ways) == 0 {
		return
	}
	for _, b := range ways {
		from, to := clock.Time(-1<<63), clock.Time(1<<63-1)
		for _, p := range b {
			if p.Not || !l.isTime(p) {
				continue
			}
			if low, _ := lowest(p); low != nil {
				from = max(from, low.time)
			}
			if high, _ := highest(p); high != nil {
				to = min(to, high.time)
			}
			if p.Op == Eq {
				from = max(from, p.Args[0].time)
			}
		}
		if !(l.HasLast && from > l.Last || l.HasFirst && to < l.First) {
			return
		}
	}
	span := "begins"
	at := l.First
	if l.HasLast {
		span, at = "ends", l.Last
		if l.HasFirst {
			l.say(OutsideSpan, "its times are outside those of the data, %s to %s: it removes nothing of them", l.First, l.Last)
			return
		}
	}
	l.say(OutsideSpan, "its times are outside those of the data, which %s at %s: it removes nothing of them", span, at)
}

func (l *lint) isTime(p *Predicate) bool {
	for _, t := range l.Tables {
		o := l.in(t).operand(p)
		for _, s := range o.sources(nil) {
			if o.fn != NoFunc || s.Func != table.EventTime {
				return false
			}
		}
	}
	return true
}

// loose looks for patterns that may begin or end within a word.
func (l *lint) loose(p *Predicate) {
	if p.Op != Like && p.Op != Contains || len(p.pattern.runs) < 2 {
		return
	}
	first, last := p.pattern.runs[0], p.pattern.runs[len(p.pattern.runs)-1]
	core := strings.Trim(p.Args[0].Text, "%")
	if core == "" {
		return
	}
	before, after := "", ""
	if r, _ := utf8.DecodeRuneInString(core); first.text == "" && wordRune(r) {
		before = "x"
	}
	if r, _ := utf8.DecodeLastRuneInString(core); last.text == "" && wordRune(r) {
		after = "x"
		if '0' <= r && r <= '9' {
			after = "0"
		}
	}
	if before == "" && after == "" {
		return
	}
	edge := func(loose string) string {
		if loose == "" {
			return ""
		}
		return `\b`
	}
	parts := strings.Split(core, "%")
	for i, part := range parts {
		parts[i] = strings.ReplaceAll(regexp.QuoteMeta(part), "_", ".")
	}
	l.say(LooseLike, "%s may begin or end within a word: it also holds for %s. REGEXP %s does not", p,
		quote(before+strings.ReplaceAll(core, "%", "")+after), quote(edge(before)+strings.Join(parts, ".*")+edge(after)))
}

func wordRune(r rune) bool {
	return r == '_' || '0' <= r && r <= '9' || 'a' <= r|0x20 && r|0x20 <= 'z'
}

// wildcard looks for patterns in what is compared as it stands.
func (l *lint) wildcard(p *Predicate) {
	for i := range p.Args {
		if text := p.Args[i].Text; len(text) > 1 && starred(p.Op, text) {
			l.say(Wildcard, "%s compares with %s: a pattern is written %s LIKE %s", p, asItStands(p.Op), &p.Left, quote(strings.ReplaceAll(text, "*", "%")))
			return
		}
	}
}

// starred reports whether a text has a star at an edge where it would be one of a pattern
// elsewhere, and here is itself.
func starred(op Op, text string) bool {
	before, after := text[0], text[len(text)-1]
	switch op {
	case Eq, In:
		return before == '*' || before == '%' || after == '*' || after == '%'
	case Like:
		return (before == '*' || after == '*') && !strings.Contains(text, "%")
	case StartsWith:
		return after == '*'
	case EndsWith:
		return before == '*'
	}
	return false
}

func asItStands(op Op) string {
	if op == Eq || op == In {
		return "* and % as they stand"
	}
	return "* as it stands"
}
