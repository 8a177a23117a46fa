package rule

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// Limits of a list that a rule takes from a file.
const (
	maxListFile   = 16 << 20 // bytes
	maxListValues = 50_000   // of all lists of a rule file together
	maxListValue  = 1024     // bytes
)

// A list is the values of a file, looked up by what they may equal rather than
// one by one. It is immutable and safe for concurrent use.
type list struct {
	path   string
	values []Literal
	lines  []int // of the values, from 1

	indexes sync.Map // table.Compare to *listIndex
}

// readList reads a list: one value a line; blank lines and what follows # are
// no values. The file has to be a regular one, so that nothing waits for it, or one
// that Windows calls irregular: a folder in the cloud keeps it on the machine.
func readList(path string) (*list, error) {
	fi, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if fi.Mode().Type()&^fs.ModeIrregular != 0 {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	if fi.Size() > maxListFile {
		return nil, fmt.Errorf("%s: list over %d bytes", path, maxListFile)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	// No more than its size: what grows while it is read, or has no size (a
	// pipe that looks like a file), does not hold us up.
	return parseList(decoded(io.LimitReader(f, fi.Size())), path)
}

func parseList(r io.Reader, path string) (*list, error) {
	l := &list{path: path}
	s := bufio.NewScanner(r)
	s.Buffer(nil, 4*maxListValue)
	line := 0
	for s.Scan() {
		line++
		text, _, _ := bytes.Cut(bytes.TrimPrefix(s.Bytes(), []byte("\ufeff")), []byte("#"))
		text = bytes.TrimSpace(text)
		switch {
		case len(text) == 0:
			continue
		case !utf8.Valid(text):
			return nil, fmt.Errorf("%s:%d: not UTF-8", path, line)
		case len(text) > maxListValue:
			return nil, fmt.Errorf("%s:%d: value over %d bytes", path, line, maxListValue)
		case len(l.values) == maxListValues:
			return nil, fmt.Errorf("%s:%d: over %d values", path, line, maxListValues)
		}
		l.values = append(l.values, newLiteral(string(text), false, 0))
		l.lines = append(l.lines, line)
	}
	if err := s.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			err = fmt.Errorf("value over %d bytes", maxListValue)
		}
		return nil, fmt.Errorf("%s:%d: %w", path, line+1, err)
	}
	if len(l.values) == 0 {
		return nil, fmt.Errorf("%s: a list without values", path)
	}
	return l, nil
}

// lists are those of a rule file, each read once.
type lists struct {
	dir    string // relative paths are relative to it
	byPath map[string]*list
	values int
}

// resolve reads the lists of an expression.
func (s *lists) resolve(e *Expr, text string) error {
	for p := range e.predicates {
		if p.File == "" {
			continue
		}
		path := p.File
		if !filepath.IsAbs(path) {
			path = filepath.Join(s.dir, path)
		}
		l := s.byPath[path]
		if l == nil {
			var err error
			if l, err = readList(path); err == nil {
				if s.values += len(l.values); s.values > maxListValues {
					err = fmt.Errorf("%s: over %d values in the lists of the rules", path, maxListValues)
				}
			}
			if err != nil {
				return &SyntaxError{Text: text, At: p.fileAt, Msg: err.Error()}
			}
			if s.byPath == nil {
				s.byPath = map[string]*list{}
			}
			s.byPath[path] = l
		}
		p.list = l
	}
	return nil
}

// Files returns the files that the rule's lists were read from.
func (r *Rule) Files() []string {
	var paths []string
	for p := range r.When.predicates {
		if p.list != nil {
			paths = append(paths, p.list.path)
		}
	}
	return paths
}

// holds is what IN says of the cell: the OR of its comparisons with all values.
// A list that has not been read holds nothing that could be known.
func (l *list) holds(x *cell) Tri {
	if l == nil {
		return Unknown
	}
	if x.compare == table.CompareDirection {
		// Words of a table, and nobody lists more than a few.
		return truth(slices.ContainsFunc(l.values, func(v Literal) bool { return x.equals(&v) == True }))
	}
	i, ok := l.indexes.Load(x.compare)
	if !ok {
		i, _ = l.indexes.LoadOrStore(x.compare, newListIndex(l.values, x.compare))
	}
	return i.(*listIndex).holds(x, l.values)
}

// A listIndex finds the values that a cell may equal under one way of
// comparing. What is found is compared as a value of a list in parentheses
// would be, so the index only has to miss none.
type listIndex struct {
	byKey    map[string][]int32
	prefixes map[netip.Prefix]int32
	bits     [2][]int // lengths of prefixes, of IPv4 and IPv6
	numbers  bool     // a value is a number
	addrs    bool     // a value is an address or a network
}

func newListIndex(values []Literal, c table.Compare) *listIndex {
	i := &listIndex{byKey: map[string][]int32{}, prefixes: map[netip.Prefix]int32{}}
	var room []string
	var seen [2][129]bool
	for n := range values {
		v := &values[n]
		i.numbers = i.numbers || v.hasNum
		i.addrs = i.addrs || v.addr.IsValid() || v.prefix.IsValid()
		if v.prefix.IsValid() {
			family := 0
			if v.prefix.Addr().Is6() {
				family = 1
			}
			if !seen[family][v.prefix.Bits()] {
				seen[family][v.prefix.Bits()] = true
				i.bits[family] = append(i.bits[family], v.prefix.Bits())
			}
			i.prefixes[v.prefix] = int32(n)
		}
		room = listKeys(room[:0], c, v.Text)
		for _, k := range room {
			i.byKey[k] = append(i.byKey[k], int32(n))
		}
	}
	return i
}

// listKeys appends keys of a text: two texts that are equal under a way of
// comparing share one.
func listKeys(dst []string, c table.Compare, text string) []string {
	f := fold(text)
	dst = append(dst, f)
	if a, ok := address(text); ok {
		dst = append(dst, "\x00"+a.String())
	}
	switch c {
	case table.CompareNumber:
		if d, ok := parseDecimal(text); ok {
			dst = append(dst, "\x01"+strconv.FormatFloat(d.f, 'g', -1, 64))
		}
	case table.CompareHost:
		name := strings.TrimSuffix(f, ".")
		label, _, _ := strings.Cut(name, ".")
		dst = append(dst, name, label)
	case table.CompareName, compareIndicator:
		dst = append(dst, strings.TrimSuffix(f, "."))
		if name, ok := ioc.AppendDomain(nil, []byte(text)); ok {
			dst = append(dst, string(name))
		}
	case table.CompareAddrs:
		dst = append(dst, strings.TrimSuffix(f, "."))
	case table.CompareProcess, table.ComparePath:
		dst = append(dst, processName(f))
	case table.CompareUser:
		name, _ := account(f)
		dst = append(dst, name)
	case table.CompareProtocol:
		dst = append(dst, table.Protocol(text))
	case table.CompareDNSType:
		dst = append(dst, table.RecordType(text))
	case table.CompareRCode:
		dst = append(dst, table.ResponseCode(text))
	}
	return dst
}

// holds looks a cell up.
func (i *listIndex) holds(x *cell, values []Literal) Tri {
	texts := []string{x.text}
	if x.compare == table.CompareAddrs {
		texts = table.List(x.text)
	}
	var room []string
	for _, text := range texts {
		room = listKeys(room[:0], x.compare, text)
		for _, k := range room {
			for _, n := range i.byKey[k] {
				if x.equals(&values[n]) == True {
					return True
				}
			}
		}
		if a, ok := addressIn(x.compare, text); ok && i.inside(a, x, values) {
			return True
		}
	}
	return i.missed(x)
}

// addressIn is the address that a network of the list may hold.
func addressIn(c table.Compare, text string) (netip.Addr, bool) {
	if a, ok := address(text); ok {
		return a, true
	}
	if c == compareIndicator {
		if p, err := netip.ParsePrefix(text); err == nil {
			return p.Addr(), true
		}
	}
	return netip.Addr{}, false
}

func (i *listIndex) inside(a netip.Addr, x *cell, values []Literal) bool {
	family := 0
	if a.Is6() {
		family = 1
	}
	for _, bits := range i.bits[family] {
		p, err := a.Prefix(bits)
		if err != nil {
			continue
		}
		if n, ok := i.prefixes[p]; ok && x.equals(&values[n]) == True {
			return true
		}
	}
	return false
}

// missed is the answer where no value is equal: Unknown if the cell cannot be
// read as what a value is.
func (i *listIndex) missed(x *cell) Tri {
	switch x.compare {
	case table.CompareNumber:
		if _, ok := parseDecimal(x.text); !ok && i.numbers {
			return Unknown
		}
	case table.CompareAddr:
		if _, ok := address(x.text); !ok && i.addrs {
			return Unknown
		}
	}
	return False
}
