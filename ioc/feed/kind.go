package feed

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
)

// A Kind is one shape in which indicators are handed round.
type Kind struct {
	Name string // as --iocs-format takes it
	// Sniff says whether a feed that begins with head is of this kind. head is
	// unpacked, UTF-8 without byte order mark, at most 64 KiB; the last line
	// may be cut.
	Sniff func(head []byte) bool
	// Read calls emit for every entry, in feed order. An entry that cannot be
	// used is emitted too, with its Fate, so that it can be counted. An entry
	// and its bytes live until emit returns. The error is one that ends the
	// feed early: entries emitted before it stand. Read is nil for a pack, which
	// is no stream of entries.
	Read func(r io.Reader, emit func(*Entry)) error

	// pieces reads a feed to the same result as Read, on several processors;
	// nil for kinds that have no such way.
	pieces func(r *reading, in *bufio.Reader) error
	// load reads a feed whole, in place of Read.
	load func(r *reading, in *bufio.Reader) error
}

// Kinds are all kinds in the order in which they are tried: those that are
// recognised by a signature first, those that go by statistics last.
var Kinds = []Kind{
	packFile,
	rulePage,
	threatfoxCSV,
	threatfoxExport,
	threatfoxAPI,
	threatfoxLines,
	exported,
	misp,
	stix,
	jsonObjects,
	openIOC,
	zeekIntel,
	torExits,
	suricata,
	adblock,
	dnsmasq,
	unbound,
	rpz,
	headedCSV,
	plainList,
	bareCSV,
	report,
	reportAll,
}

// A Fate is what becomes of an Entry.
type Fate uint8

// What a kind can say of an entry.
const (
	Usable   Fate = iota // to be parsed and taken
	Skipped              // readable, but nothing the engine matches
	Rejected             // not readable
	Noted                // no indicator at all, only a warning

	dated // no indicator at all: Added is the date that the feed gives itself
)

// An Entry is what a feed says of one indicator, before it is parsed.
type Entry struct {
	Line  int    // physical line on which it stands, from 1
	Value []byte // as the feed has it, defanged or not; for Rejected and Noted what to show
	Type  string // the feed's word for what Value is; "" where it has none
	Port  []byte // where the feed keeps the port apart from the address
	loose bool   // Type is a cell of a table, in which people write their own words

	ioc.Details // tags may repeat
	// Added is when the feed took it up. It is no sighting: it only tells how
	// fresh the feed is.
	Added ioc.Date
	Feeds []string // where the feed itself had it from

	Fate   Fate
	Reason string // for all but Usable
}

// newEntry returns an entry that says nothing yet.
func newEntry(line int) Entry {
	return Entry{Line: line, Details: ioc.NoDetails()}
}

// give emits a value of unknown type.
func give(emit func(*Entry), no int, value string) {
	e := newEntry(no)
	e.Value = []byte(value)
	emit(&e)
}

// skipped emits an entry that is read and not taken.
func skipped(emit func(*Entry), line int, text, reason string) {
	e := newEntry(line)
	e.Fate, e.Value, e.Reason = Skipped, []byte(Clip(text)), reason
	emit(&e)
}

// reject emits an entry that could not be read, of which text is shown.
func reject(emit func(*Entry), line int, text, reason string) {
	e := newEntry(line)
	e.Fate, e.Value, e.Reason = Rejected, []byte(text), reason
	emit(&e)
}

// note emits a warning about text, which is no indicator.
func note(emit func(*Entry), line int, text, reason string) {
	e := newEntry(line)
	e.Fate, e.Value, e.Reason = Noted, []byte(text), reason
	emit(&e)
}

// Errors of feeds as a whole.
var (
	// ErrUnknownKind is what a file gets that no kind recognises.
	ErrUnknownKind = errors.New("not a feed of a known kind")
	// ErrNothingUsable is what a feed gets that was read and gave nothing.
	ErrNothingUsable = errors.New("no usable indicator")
	errBinary        = errors.New("binary data")
)

// A LineError is a problem that ends a feed early, with the line that has it.
type LineError struct {
	Line int // from 1
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap leads to the cause.
func (e *LineError) Unwrap() error { return e.Err }

// InFile says of which file an error is, and on which line if it has a LineError; nil of
// none.
func InFile(path string, err error) error {
	if err == nil {
		return nil
	}
	if at := (*LineError)(nil); errors.As(err, &at) {
		return fmt.Errorf("%s:%d: %w", path, at.Line, at.Err)
	}
	return fmt.Errorf("%s: %w", path, err)
}

// Names returns the names of all kinds, in the order in which they are tried.
func Names() []string {
	names := make([]string, len(Kinds))
	for i, k := range Kinds {
		names[i] = k.Name
	}
	return names
}

// find returns the kind of that name.
func find(name string) (*Kind, error) {
	for i := range Kinds {
		if strings.EqualFold(Kinds[i].Name, name) {
			return &Kinds[i], nil
		}
	}
	return nil, fmt.Errorf("unknown feed kind %q: want one of %s", Clip(name), strings.Join(Names(), ", "))
}

// detect returns the kind of a feed that begins with head.
func detect(head []byte) (*Kind, error) {
	if bytes.IndexByte(head, 0) >= 0 && !packFile.Sniff(head) {
		return nil, fmt.Errorf("%w: %w", ErrUnknownKind, errBinary)
	}
	if isSTIX1(head) {
		return nil, fmt.Errorf("%w: STIX 1 is not read; STIX 2, or a list of its values, is", ErrUnknownKind)
	}
	for i := range Kinds {
		if Kinds[i].Sniff(head) {
			return &Kinds[i], nil
		}
	}
	return nil, fmt.Errorf("%w: %s", ErrUnknownKind, impression(head))
}

// isSTIX1 reports whether a feed is in the first version of STIX, in JSON or in XML. Its
// ##comma## between values would make another kind take it.
func isSTIX1(head []byte) bool {
	if startsJSON(head) {
		return bytes.Contains(head, []byte(`:STIXPackage-`)) && bytes.Contains(head, []byte(`"stix_header"`))
	}
	return startsTag(head) && !isHTML(head) && bytes.Contains(head, []byte("STIX_Package"))
}

// impression says in a few words what an unknown file looks like, so that its
// owner knows which of the files it is.
func impression(head []byte) string {
	switch {
	case len(trimHead(head)) == 0:
		return "nothing but blanks"
	case startsJSON(head):
		return "JSON of another shape"
	case startsTag(head):
		return "XML or HTML"
	case startsZeek(head):
		return "a Zeek log or intelligence file"
	}
	n := countList(head)
	what := fmt.Sprintf("text in which %d of the first %d lines hold an indicator", n.good, n.all)
	if values := countProse(head); values > 0 {
		what += fmt.Sprintf("; %d in prose, not defanged: --iocs-format text-all takes all", values)
	}
	return what
}

// trimHead is a feed's beginning without the white space before it.
func trimHead(head []byte) []byte { return bytes.TrimLeft(head, " \t\r\n") }

// startsJSON reports whether a feed begins as a JSON object or array, and not as a
// bracketed IPv6 address.
func startsJSON(head []byte) bool {
	start := trimHead(head)
	if len(start) == 0 || start[0] != '[' {
		return len(start) > 0 && start[0] == '{'
	}
	rest := trimHead(start[1:])
	return len(rest) == 0 || bytes.IndexByte([]byte(`{["]`), rest[0]) >= 0 || len(rest) < len(start)-1
}

// startsTag reports whether a feed begins as XML and HTML do.
func startsTag(head []byte) bool { return bytes.HasPrefix(trimHead(head), []byte("<")) }

// startsZeek reports whether a feed begins as files of Zeek do.
func startsZeek(head []byte) bool {
	start := trimHead(head)
	return bytes.HasPrefix(start, []byte("#fields")) || bytes.HasPrefix(start, []byte("#separator"))
}
