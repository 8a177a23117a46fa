package allow

import (
	"bytes"
	"net/netip"

	"github.com/iocsweep/iocsweep/ioc"
)

// An Entry is the entry by which a list has a value.
type Entry struct {
	Text string // in normal form; an expression as the file has it
	Line int    // in the list's file, from 1; 0 unless the list was opened with its lines
}

// key tells entries of different kinds apart, which may have the same text.
func (e entryKind) key(text string) string { return string(e) + text }

// An entryKind is where in a list an entry stands.
type entryKind string

const (
	inExact  entryKind = "exact "
	inHosts  entryKind = "host "
	inNets   entryKind = "net "
	inParts  entryKind = "part "
	inRegexs entryKind = "regex "
)

func (l *List) entry(in entryKind, text string) Entry { return Entry{text, l.lines[in.key(text)]} }

// EntryOfName returns HasName's answer and the entry behind it. It is slower.
func (l *List) EntryOfName(name []byte, indicator string) (Entry, Answer) {
	answer := l.HasName(name, indicator)
	if answer == No {
		return Entry{}, No
	}
	for at := name; ; {
		if _, ok := l.hosts[string(at)]; ok {
			return l.entry(inHosts, string(at)), answer
		}
		dot := bytes.IndexByte(at, '.')
		if dot < 0 {
			return l.textEntry(name), answer
		}
		at = at[dot+1:]
	}
}

// EntryOfAddr returns HasAddr's answer and the entry behind it.
func (l *List) EntryOfAddr(a netip.Addr) (Entry, Answer) {
	answer := l.HasAddr(a)
	if answer == No {
		return Entry{}, No
	}
	a = a.Unmap().WithZone("")
	if p, ok := l.nets.LookupPrefixLPM(netip.PrefixFrom(a, a.BitLen())); ok {
		return l.netEntry(p), answer
	}
	return l.textEntry([]byte(a.String())), answer
}

// EntryOf returns Has's answer and the entry behind it.
func (l *List) EntryOf(i *ioc.Indicator) (Entry, Answer) {
	answer := l.Has(i)
	if answer == No {
		return Entry{}, No
	}
	switch i.Type {
	case ioc.Domain:
		return l.EntryOfName([]byte(i.Value), i.Value)
	case ioc.IP, ioc.IPPort:
		if e, answer := l.EntryOfAddr(i.Addr()); answer != No {
			return e, answer
		}
	case ioc.CIDR:
		if p, ok := l.nets.LookupPrefixLPM(i.Prefix); ok && l.addrs {
			return l.netEntry(p), answer
		}
	case ioc.URL:
		if answer != Above { // which only its host makes it
			break
		}
		host, _ := ioc.AppendHost(nil, []byte(i.Value))
		if host.Addr.IsValid() {
			e, _ := l.EntryOfAddr(host.Addr)
			return e, answer
		}
		e, _ := l.EntryOfName(host.Name, "")
		return e, answer
	}
	return l.textEntry([]byte(i.Value)), answer
}

func (l *List) netEntry(p netip.Prefix) Entry {
	text := p.String()
	if p.IsSingleIP() {
		text = p.Addr().String()
	}
	return l.entry(inNets, text)
}

// textEntry returns the entry by which text answers Yes.
func (l *List) textEntry(value []byte) Entry {
	if _, ok := l.exact[string(value)]; ok {
		return l.entry(inExact, string(value))
	}
	if l.parts != nil {
		if part := l.parts.first(value); part != "" {
			return l.entry(inParts, part)
		}
	}
	for n, x := range l.regexs {
		if x.Match(value) {
			return l.entry(inRegexs, l.regexTexts[n])
		}
	}
	return Entry{}
}
