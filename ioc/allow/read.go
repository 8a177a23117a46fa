package allow

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/ioc/feed"
)

// Bounds of a list.
const (
	maxJSON    = 256 << 20 // bytes of a warninglist, which is held
	maxEntries = 2_000_000
	maxEntry   = 4_096 // bytes
	maxRejects = 1_000 // that are listed
	minPart    = 3     // bytes of an entry of a substring list
)

// Errors of lists as a whole.
var (
	// ErrNoList is what a file gets that is neither a warninglist nor a plain list.
	ErrNoList = errors.New("not an allow list")
	// ErrNothingUsable is what a list gets of which no entry can match anything.
	ErrNothingUsable = errors.New("no usable entry")

	errMany = errors.New("more than 2,000,000 entries")
)

// Reasons for which an entry is not used.
var (
	errEmpty       = errors.New("empty")
	errLong        = errors.New("longer than 4,096 bytes")
	errNoAddress   = errors.New("not an address or network")
	errAllAddrs    = errors.New("a network of all addresses")
	errWithPort    = errors.New("an address with a port: a list of this type has none")
	errShortPart   = errors.New("shorter than 3 bytes: it would be in nearly every value")
	errManyParts   = errors.New("beyond the 1 MiB that a substring list may have")
	errManyRegexes = errors.New("beyond the expressions that a list may have")
	errNoText      = errors.New("not a text")
	errURL         = errors.New("a URL: a list of this type has names")
	errHash        = errors.New("a hash: a list of this type has names")
	errOtherKind   = errors.New("of a kind that matching_attributes leave out")

	errSomeRequests = errors.New("an exception with a wildcard, or for some requests only")
)

// Read reads one list, packed or not; path is what errors call it, with a line
// where there is one. JSON is a MISP warninglist, has the networks of a provider, or is an
// array of the lines of a plain list. Anything else is a plain list, as feed.Lines reads
// them: a domain with everything below it, an address, a network, a range or an address
// with a port on each line, defanged or not, what a blocker's list lets through, or a row
// of a geofeed or of ranks. Text that is mostly none of these is ErrNoList. What cannot be
// used of a list is counted in it; a list that is broken, or gives nothing, is an error.
func Read(r io.Reader, path string) (*List, error) {
	return read(r, &List{Path: path, Skipped: map[string]int{}})
}

// read reads a list into l, which has its path, and lines if they are wanted.
func read(r io.Reader, l *List) (*List, error) {
	path := l.Path
	text, done, err := feed.Unpack(r)
	defer done()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	b := builder{List: l, seen: map[string]struct{}{}}
	// A shorter text is all there is; a read error is met again by the read.
	head, _ := text.Peek(4 << 10)
	switch {
	case bytes.IndexByte(head, 0) >= 0:
		return nil, fmt.Errorf("%s: %w: binary data", path, ErrNoList)
	case looksLikeJSON(head):
		err = b.warninglist(text)
	default:
		err = b.plain(text)
	}
	if err != nil {
		return nil, feed.InFile(path, err)
	}
	if l.parts != nil {
		l.parts.close()
	}
	if l.Name == "" {
		l.Name = feed.Clean(filepath.Base(path))
	}
	if l.Entries == 0 {
		return nil, fmt.Errorf("%s: %w%s", path, ErrNothingUsable, l.whyNothing())
	}
	return l, nil
}

// looksLikeJSON tells a document from a list that begins with [2001:db8::1].
func looksLikeJSON(head []byte) bool {
	head = bytes.TrimLeft(head, " \t\r\n")
	if len(head) == 0 || head[0] == '{' {
		return len(head) > 0
	}
	rest := bytes.TrimLeft(head[1:], " \t\r\n")
	return head[0] == '[' && (len(rest) == 0 || bytes.IndexByte([]byte(`{["]`), rest[0]) >= 0)
}

// whyNothing says in brackets why a list gave nothing.
func (l *List) whyNothing() string {
	var why []string
	for _, reason := range slices.Sorted(maps.Keys(l.Skipped)) {
		if len(why) == 5 {
			why = append(why, "…")
			break
		}
		why = append(why, fmt.Sprintf("%d %s", l.Skipped[reason], reason))
	}
	if len(why) == 0 {
		return ""
	}
	return " (" + strings.Join(why, ", ") + ")"
}

// A builder fills a list.
type builder struct {
	*List
	seen    map[string]struct{} // normal forms of all entries, by kind
	program int                 // instructions of all expressions
}

func (b *builder) full() bool { return b.Entries+b.Repeats+b.Unusable() >= maxEntries }

// skip counts an entry that is not used. Nothing of the entry stands in the
// reason, so that there are few.
func (b *builder) skip(text string, line int, reason string) {
	b.Skipped[reason]++
	if len(b.Rejects) < maxRejects {
		b.Rejects = append(b.Rejects, feed.Reject{Line: line, Text: feed.Clip(text), Reason: reason})
	}
}

// enter takes an entry of a list whose type is known.
func (b *builder) enter(text string, line int) error {
	text = strings.TrimSpace(text)
	switch {
	case text == "":
		return errEmpty
	case len(text) > maxEntry:
		return errLong
	}
	switch b.Type {
	case Substring:
		return b.enterPart(strings.ToLower(text), line)
	case Regex:
		return b.enterRegex(text, line)
	}
	parse := ioc.Parse
	if b.Type == String {
		parse = ioc.ParseBroad // com and its like can do no harm where nothing below them matches
	}
	i, err := parse(text)
	if host, ok := webHost(text); ok && errors.Is(err, ioc.ErrURLHost) && b.Type == Plain {
		i, err = parse(host)
	}
	switch {
	case b.Type == CIDR && (err != nil || !i.Prefix.IsValid()):
		return errNoAddress
	case err != nil:
		return err
	case !b.wants(i.Type):
		return errOtherKind
	case i.Type == ioc.CIDR && i.Prefix.Bits() == 0:
		return errAllAddrs
	case b.Type == String:
		return b.enterText(&b.exact, inExact, i.Value, line)
	}
	switch i.Type {
	case ioc.Domain:
		return b.enterText(&b.hosts, inHosts, i.Value, line)
	case ioc.IP, ioc.CIDR:
		if b.nets.Get(i.Prefix) {
			b.Repeats++
			return nil
		}
		b.nets.Insert(i.Prefix)
		b.entered(inNets, b.netEntry(i.Prefix).Text, line)
		return nil
	}
	if b.Type == Plain {
		return b.enterText(&b.exact, inExact, i.Value, line)
	}
	return map[ioc.Type]error{ioc.IPPort: errWithPort, ioc.URL: errURL, ioc.Hash: errHash}[i.Type]
}

// webHost returns the host of https://corp.example/, by which who allows it means the host.
// With a port or defanged it is rather of a list of servers.
func webHost(text string) (host string, ok bool) {
	scheme, host, _ := strings.Cut(text, "://")
	host = strings.TrimSuffix(host, "/")
	return host, (strings.EqualFold(scheme, "http") || strings.EqualFold(scheme, "https")) && !strings.ContainsAny(host, ":@/?#") && ioc.Refang(host) == host
}

// wants reports whether a list is for indicators of a type.
func (l *List) wants(t ioc.Type) bool {
	switch t {
	case ioc.Domain:
		return l.names
	case ioc.URL:
		return l.urls
	case ioc.Hash:
		return l.hashes
	}
	return l.addrs
}

// entered counts an entry, and notes where it stands if that is wanted.
func (b *builder) entered(in entryKind, text string, line int) {
	b.Entries++
	if b.lines != nil {
		b.lines[in.key(text)] = line
	}
}

func (b *builder) enterText(to *map[string]struct{}, in entryKind, value string, line int) error {
	if *to == nil {
		*to = map[string]struct{}{}
	}
	if _, ok := (*to)[value]; ok {
		b.Repeats++
		return nil
	}
	(*to)[value] = struct{}{}
	b.entered(in, value, line)
	return nil
}

func (b *builder) enterPart(part string, line int) error {
	if len(part) < minPart {
		return errShortPart
	}
	if b.again(part) {
		return nil
	}
	if b.parts == nil {
		b.parts = new(substrings)
	}
	if len(b.parts.fail)+len(part) > maxParts {
		return errManyParts
	}
	b.parts.add(part)
	b.entered(inParts, part, line)
	return nil
}

func (b *builder) enterRegex(text string, line int) error {
	if b.again(text) {
		return nil
	}
	x, size, err := compileRegex(text)
	if err != nil {
		return err
	}
	if len(b.regexs) == maxRegexes || b.program+size > maxAllPrograms {
		return errManyRegexes
	}
	b.regexs, b.regexTexts = append(b.regexs, x), append(b.regexTexts, text)
	b.program += size
	b.entered(inRegexs, text, line)
	return nil
}

// again reports whether an entry was there before, and counts it.
func (b *builder) again(text string) bool {
	if _, ok := b.seen[text]; ok {
		b.Repeats++
		return true
	}
	b.seen[text] = struct{}{}
	return false
}
