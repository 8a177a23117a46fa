package rule

import (
	"cmp"
	"net/netip"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/scanner/clock"
	"github.com/iocsweep/iocsweep/scanner/table"
)

func address(s string) (netip.Addr, bool) {
	a, _, ok := ioc.ParseAddr([]byte(s))
	return a, ok
}

// addressEquals compares by value; a CIDR literal holds every address in it.
// Where the literal is neither, the texts are compared. ok is false where the
// cell is not an address but the literal is: nothing can be said.
func addressEquals(text string, l *Literal) (equal, ok bool) {
	if !l.addr.IsValid() && !l.prefix.IsValid() {
		return fold(text) == l.fold, true
	}
	a, ok := address(text)
	if !ok {
		return false, false
	}
	if l.prefix.IsValid() {
		return l.prefix.Contains(a), true
	}
	return a == l.addr, true
}

// equals compares a cell with a literal. Unknown where the cell cannot be read
// as what the field is.
func (x *cell) equals(l *Literal) Tri {
	if x.compare == table.CompareText && !l.Number && !strings.EqualFold(x.text, l.Text) {
		return False // mostly seen in the first letters: folding copies the whole cell
	}
	f := fold(x.text)
	switch x.compare {
	case table.CompareNumber:
		if l.hasNum {
			n, ok := x.against(l)
			if !ok {
				return Unknown
			}
			return truth(n == 0)
		}
	case table.CompareTime, compareTimeOfDay, compareWeekday:
		n, ok := x.against(l)
		if !ok {
			return Unknown
		}
		return truth(n == 0)
	case compareIndicator:
		return truth(indicatorEquals(x.text, l))
	case table.CompareAddr:
		equal, ok := addressEquals(x.text, l)
		if !ok {
			return Unknown
		}
		return truth(equal)
	case table.CompareAddrs:
		for _, e := range table.List(x.text) {
			if equal, _ := addressEquals(e, l); equal || sameName(fold(e), l.fold) {
				return True
			}
		}
		return False
	case table.CompareHost:
		if a, ok := address(x.text); ok {
			equal, _ := addressEquals(a.String(), l)
			return truth(equal)
		}
		name := strings.TrimSuffix(f, ".")
		label, _, _ := strings.Cut(name, ".")
		want := strings.TrimSuffix(l.fold, ".")
		return truth(name == want || label == want)
	case table.CompareName:
		if l.addr.IsValid() || l.prefix.IsValid() {
			equal, _ := addressEquals(x.text, l) // a name is no address
			return truth(equal)
		}
		return truth(sameName(f, l.fold) || sameDomain(x.text, l.Text))
	case table.CompareProcess:
		return truth(sameProcess(f, l.fold))
	case table.ComparePath:
		if !strings.ContainsAny(l.Text, `/\`) {
			return truth(sameProcess(f, l.fold))
		}
	case table.CompareUser:
		return truth(sameUser(f, fold(x.domain), l.fold))
	case table.CompareProtocol:
		return truth(table.Protocol(x.text) == table.Protocol(l.Text))
	case table.CompareDNSType:
		return truth(table.RecordType(x.text) == table.RecordType(l.Text))
	case table.CompareRCode:
		return truth(table.ResponseCode(x.text) == table.ResponseCode(l.Text))
	case table.CompareDirection:
		a, ok := x.table.DirectionWord(x.text)
		b, same := x.table.DirectionWord(l.Text)
		if ok && same {
			return truth(a == b)
		}
	}
	if l.Number && l.hasNum {
		if n, ok := parseDecimal(x.text); ok {
			return truth(n.compare(l.num) == 0)
		}
	}
	return truth(f == l.fold)
}

// against orders a cell and a literal. ok is false where they have no order.
func (x *cell) against(l *Literal) (n int, ok bool) {
	switch x.compare {
	case table.CompareTime:
		when, ok := x.instant()
		return cmp.Compare(when, l.time), ok && l.hasTime
	case compareTimeOfDay:
		return cmp.Compare(x.time, l.clock), x.hasTime && l.hasClock
	case compareWeekday:
		return cmp.Compare(x.time, clock.Time(l.weekday)), x.hasTime && l.weekday > 0
	case table.CompareAddr, table.CompareAddrs: // of a list: one of its elements
		a, ok := address(x.text)
		if !ok || !l.addr.IsValid() || a.Is4() != l.addr.Is4() {
			return 0, false
		}
		return a.Compare(l.addr), true
	}
	d, isNum := parseDecimal(x.text)
	switch {
	case isNum && l.hasNum:
		return d.compare(l.num), true
	case x.compare == table.CompareNumber, l.Number:
		return 0, false
	}
	return strings.Compare(fold(x.text), l.fold), true
}

func sameName(a, b string) bool { return strings.TrimSuffix(a, ".") == strings.TrimSuffix(b, ".") }

// sameDomain compares the normal forms of names: spellings of an IDN are one.
func sameDomain(a, b string) bool {
	x, ok := ioc.AppendDomain(nil, []byte(a))
	if !ok {
		return false
	}
	y, ok := ioc.AppendDomain(nil, []byte(b))
	return ok && string(x) == string(y)
}

// baseName is what follows the last separator of either kind.
func baseName(s string) string {
	if i := strings.LastIndexAny(s, `/\`); i >= 0 {
		return s[i+1:]
	}
	return s
}

// processName is the base name of a folded path, without .exe.
func processName(s string) string { return strings.TrimSuffix(baseName(s), ".EXE") }

func sameProcess(a, b string) bool { return processName(a) == processName(b) }

// sameUser compares accounts, folded. A domain counts only where both sides
// have one, and then by its first label: CORP\bob is bob@corp.example.
func sameUser(cell, cellDomain, want string) bool {
	name, domain := account(cell)
	if domain == "" {
		domain = cellDomain
	}
	other, otherDomain := account(want)
	if name != other {
		return false
	}
	if domain == "" || otherDomain == "" {
		return true
	}
	if strings.Contains(domain, ".") && strings.Contains(otherDomain, ".") {
		return domain == otherDomain
	}
	a, _, _ := strings.Cut(domain, ".")
	b, _, _ := strings.Cut(otherDomain, ".")
	return a == b
}

func account(s string) (name, domain string) {
	if i := strings.LastIndexByte(s, '\\'); i >= 0 {
		return s[i+1:], s[:i]
	}
	if i := strings.LastIndexByte(s, '@'); i > 0 {
		return s[:i], s[i+1:]
	}
	return s, ""
}
