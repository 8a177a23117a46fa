package table

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
)

// Limits of a definition: what no honest file comes near.
const (
	maxDefinition = 1 << 20
	maxColumns    = 4096
)

var plainTypes = []string{"string", "int", "long", "real", "bool", "time", "hash"}

var roles = []string{"src", "dst", "src-nat", "dst-nat", "remote", "local", "any", "enrichment", "referrer",
	"user", "reporter", "reporter-nat", "reference", "file", "process", "rdp-client", "endpoint", "query", "answer"}

// parser holds what is checked only when all columns are known.
type parser struct {
	t     *Table
	line  int
	later []check
	seen  map[string]int
	used  []string

	// What becomes the table's lookups.
	native     map[string]column
	aliases    map[string][]Term
	compares   map[string]Compare
	userDomain map[string]string
	roles      map[string][]Term
}

type check struct {
	line int
	do   func() error
}

// Parse reads a table definition in the format of the package comment. name is
// what errors call the input: `my.table:7: unknown role "srcc"`.
func Parse(name string, r io.Reader) (*Table, error) {
	const many = 150 // columns, as the wider tables have
	p := &parser{t: new(Table), seen: make(map[string]int, many), native: make(map[string]column, many),
		aliases: map[string][]Term{}, compares: map[string]Compare{}, userDomain: map[string]string{}, roles: map[string][]Term{}}
	lines := bufio.NewScanner(io.LimitReader(r, maxDefinition+1))
	lines.Buffer(nil, maxDefinition)
	size, n, start := 0, 0, 0
	var held strings.Builder // a logical line
	flush := func() error {
		text := strings.TrimSpace(held.String())
		held.Reset()
		if text == "" {
			return nil
		}
		p.line = start
		if err := p.do(text); err != nil {
			return fmt.Errorf("%s:%d: %w", name, start, err)
		}
		return nil
	}
	for lines.Scan() {
		n++
		text := strings.TrimPrefix(lines.Text(), "\ufeff")
		if size += len(text) + 1; size > maxDefinition {
			return nil, fmt.Errorf("%s:%d: definition over %d bytes", name, n, maxDefinition)
		}
		switch {
		case strings.HasPrefix(text, "#"):
		case text != "" && (text[0] == ' ' || text[0] == '\t'):
			held.WriteString(" " + strings.TrimSpace(text))
		default:
			if err := flush(); err != nil {
				return nil, err
			}
			start = n
			held.WriteString(text)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s:%d: %w", name, n+1, err)
	}
	if err := flush(); err != nil {
		return nil, err
	}
	for _, c := range p.later {
		if err := c.do(); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, c.line, err)
		}
	}
	if err := p.whole(); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return p.t, nil
}

// whole checks the definition as a whole, once all lines are read, and lists the columns
// in use.
func (p *parser) whole() error {
	t := p.t
	switch {
	case t.Name == "":
		return errors.New(`no "table: NAME" line`)
	case len(t.Times) == 0:
		return errors.New(`no "time:" line`)
	case len(t.Keys) == 0:
		return errors.New("no column holds anything to match")
	case len(t.Hunt) == 0:
		return errors.New("no column is printed as hunt")
	}
	for _, list := range [][]string{t.Times, t.Hunt, t.Triage} {
		p.used = append(p.used, list...)
	}
	for _, q := range t.KQL {
		p.used = append(p.used, q.Column)
	}
	if t.sides[0].addr != "" {
		for _, k := range t.Keys {
			if k.labelled() {
				p.used = append(p.used, k.Column, k.RoleBy)
			}
		}
	}
	t.used = p.used
	keyAt := make(map[string]int, len(t.Keys))
	for i, k := range t.Keys {
		keyAt[k.Column] = i
	}
	t.keyAt, t.native, t.alias = lookupOf(keyAt), lookupOf(p.native), lookupOf(p.aliases)
	t.compare, t.userDomain, t.roles = lookupOf(p.compares), lookupOf(p.userDomain), lookupOf(p.roles)
	for i := range t.who {
		t.who[i].settle(t)
	}
	return nil
}

func (p *parser) spelled(column string) string { return p.native[strings.ToLower(column)].name }

// want checks, once all lines are read, that columns exist.
func (p *parser) want(columns ...string) {
	p.check(func() error {
		for _, c := range columns {
			if p.spelled(c) == "" {
				return fmt.Errorf("%q is not a column of this table", c)
			}
		}
		return nil
	})
}

func (p *parser) check(do func() error) { p.later = append(p.later, check{p.line, do}) }

// do reads one logical line.
func (p *parser) do(text string) error {
	// A keyed line has a colon right after its first word or its second; kinds
	// with colons, as in json(query:domain), come later in a column line.
	head, rest, ok := strings.Cut(text, ":")
	if words := strings.Fields(head); ok && (len(words) == 1 || isKeyed(words)) {
		rest = strings.TrimSpace(rest)
		if rest == "" {
			return fmt.Errorf("nothing after %q", head+":")
		}
		return p.keyed(words, rest)
	}
	return p.column(strings.Fields(text))
}

func isKeyed(words []string) bool {
	if len(words) == 0 {
		return false
	}
	if words[0] == "alias" {
		return true
	}
	return len(words) == 2 && slices.Contains([]string{"columns", "compare", "role", "outcome", "who"}, words[0])
}

// column reads the line of a column that holds something.
func (p *parser) column(w []string) error {
	if len(w) != 6 {
		return fmt.Errorf("a column line has 6 words (column holds level role port print), this has %d", len(w))
	}
	name, holds, level, role, port, print := w[0], w[1], w[2], w[3], w[4], w[5]
	if err := p.addColumn(name, holds); err != nil {
		return err
	}
	switch print {
	case "hunt":
		p.t.Hunt = append(p.t.Hunt, name)
	case "triage":
		p.t.Triage = append(p.t.Triage, name)
	case "-":
	default:
		return fmt.Errorf("unknown print %q: want hunt, triage or -", print)
	}
	if port != "-" {
		p.want(port)
	}
	if level != "-" {
		return p.key(name, holds, level, role, port)
	}
	if !slices.Contains(plainTypes, holds) {
		return fmt.Errorf("%s holds %s but has no level", name, holds)
	}
	if role != "-" || port != "-" {
		return fmt.Errorf("%s is not matched, so it has no role and no port", name)
	}
	return nil
}

// key adds the key of a column that is matched.
func (p *parser) key(name, holds, level, role, port string) error {
	k := Key{Column: name}
	if port != "-" {
		k.Port = port
	}
	l := slices.Index(levelNames, level)
	if l < 0 {
		return fmt.Errorf("unknown level %q: want hunt, wide, deep, never or -", level)
	}
	k.Level = Level(l)
	if label, by := strings.CutPrefix(role, "by:"); by {
		k.RoleBy = label
		p.want(label)
	} else if !slices.Contains(roles, role) {
		return fmt.Errorf("unknown role %q: want one of %s, or by:COLUMN", role, strings.Join(roles, " "))
	} else {
		k.Role = role
	}
	if slices.Contains(plainTypes, holds) && holds != "hash" {
		return fmt.Errorf("%s has level %s but holds %s, which is not matched", name, level, holds)
	}
	if inner, ok := jsonMembers(holds); ok {
		k.Kind = ioc.KindText
		for _, m := range strings.Split(inner, ",") {
			key, word, _ := strings.Cut(m, ":")
			kind, ok := ioc.ParseKind(word)
			if !ok || key == "" {
				return fmt.Errorf("unknown kind in %q: want KEY:KIND", m)
			}
			k.JSON = append(k.JSON, ioc.Member{Key: key, Kind: kind})
		}
	} else {
		kind, ok := ioc.ParseKind(holds)
		if !ok {
			return fmt.Errorf("unknown kind %q", holds)
		}
		k.Kind = kind
	}
	p.t.Keys = append(p.t.Keys, k)
	return nil
}

func jsonMembers(holds string) (string, bool) {
	inner, ok := strings.CutPrefix(holds, "json(")
	if !ok {
		return "", false
	}
	return strings.CutSuffix(inner, ")")
}

func (p *parser) addColumn(name, holds string) error {
	if strings.ContainsAny(name, `@()|",.:;`) {
		return fmt.Errorf("%q cannot be a column name", name)
	}
	key := strings.ToLower(name)
	if line, ok := p.seen[key]; ok {
		return fmt.Errorf("column %s already stands in line %d", name, line)
	}
	if len(p.seen) >= maxColumns {
		return fmt.Errorf("over %d columns", maxColumns)
	}
	p.seen[key] = p.line
	if strings.HasPrefix(holds, "json") {
		holds = "json"
	}
	p.native[key] = column{name: name, holds: holds}
	p.t.names = append(p.t.names, name)
	return nil
}

// keyed reads a keyed line: one word, or two for the keywords of isKeyed.
func (p *parser) keyed(words []string, rest string) error {
	t := p.t
	one := len(words) == 1
	switch key := words[0]; {
	case key == "table" && one:
		if t.Name != "" {
			return errors.New("a second table: line")
		}
		if !nameChars(rest) {
			return fmt.Errorf("%q is not a table name: want letters, digits and _", rest)
		}
		t.Name = rest
	case key == "fingerprint" && one:
		t.Fingerprint = strings.Fields(rest)
		p.want(t.Fingerprint...)
	case key == "presence" && one:
		if rest != "optional" {
			return fmt.Errorf("presence %q: only optional is known", rest)
		}
		t.Optional = true
	case key == "time" && one:
		t.Times = strings.Fields(rest)
		p.want(t.Times...)
	case key == "rows" && one:
		c, err := p.condition(rest)
		t.rows = c
		return err
	case key == "kql" && one:
		for _, part := range splitTop(rest, ',') {
			w := strings.Fields(part)
			if len(w) != 2 || w[1] != "in" && w[1] != "has_any" {
				return fmt.Errorf("%q: want COLUMN in or COLUMN has_any", part)
			}
			p.want(w[0])
			t.KQL = append(t.KQL, KQL{Column: w[0], HasAny: w[1] == "has_any"})
		}
	case key == "columns" && !one:
		if words[1] != "json" && (words[1] == "hash" || !slices.Contains(plainTypes, words[1])) {
			return fmt.Errorf("unknown type %q: want string, int, long, real, bool, time or json", words[1])
		}
		for _, name := range strings.Fields(rest) {
			if err := p.addColumn(name, words[1]); err != nil {
				return err
			}
		}
	case key == "compare" && !one:
		return p.compare(words[1], strings.Fields(rest))
	case key == "alias" && !one:
		return p.alias(strings.Join(words[1:], " "), rest)
	case key == "direction" && one:
		return p.direction(rest)
	case key == "sides" && one:
		return p.sides(rest)
	case key == "role" && !one:
		return p.role(words[1], rest)
	case key == "outcome":
		return p.outcome(words[1:], rest)
	case key == "who" && !one:
		return p.who(words[1], rest)
	default:
		return fmt.Errorf("unknown line %q", strings.Join(words, " ")+":")
	}
	return nil
}

func (p *parser) compare(word string, columns []string) error {
	c, ok := compareByName[word]
	if !ok {
		return fmt.Errorf("unknown comparison %q", word)
	}
	for _, name := range columns {
		name, domain, qualified := strings.Cut(name, "/")
		base, _, _ := strings.Cut(name, ".")
		p.want(base)
		p.compares[strings.ToLower(name)] = c
		if qualified {
			if c != CompareUser {
				return fmt.Errorf("%s/%s: only an account has a domain column", name, domain)
			}
			p.want(domain)
			p.userDomain[strings.ToLower(name)] = domain
		}
	}
	return nil
}

func (p *parser) alias(names, rest string) error {
	terms, err := p.terms(rest, '|')
	if err != nil {
		return err
	}
	for _, t := range terms {
		switch t.Func {
		case Plain, HostOf, EventTime, WhoField:
		default:
			return fmt.Errorf("%s cannot stand in an alias", t)
		}
		if t.When == WhenSrc || t.When == WhenDst {
			return fmt.Errorf("%s: an alias knows only @out and @in", t)
		}
	}
	for _, name := range splitTop(names, ',') {
		if name == "" || strings.ContainsAny(name, " \t") {
			return fmt.Errorf("%q cannot be a name", name)
		}
		// The same name in several lines keeps its first meaning.
		if _, ok := p.aliases[foldName(name)]; !ok {
			p.aliases[foldName(name)] = terms
			p.t.aliasNames = append(p.t.aliasNames, name)
		}
	}
	return nil
}

// terms reads a list of terms, whose columns are checked once all lines are read.
func (p *parser) terms(s string, sep byte) ([]Term, error) {
	var list []Term
	for _, part := range splitTop(s, sep) {
		t, err := parseTerm(part)
		if err != nil {
			return nil, err
		}
		if t.Func != Literal && t.Func != WhoField && t.Column != "" {
			p.want(t.Column)
		}
		if t.Domain != "" {
			p.want(t.Domain)
		}
		list = append(list, t)
	}
	return list, nil
}

// use notes columns that direction, outcome or who read.
func (p *parser) use(columns ...string) { p.used = append(p.used, columns...) }
