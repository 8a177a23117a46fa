package rule

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
	yaml "github.com/goccy/go-yaml/parser"
	yamltoken "github.com/goccy/go-yaml/token"

	"github.com/iocsweep/iocsweep/scanner/clock"
)

// Limits of a rule file.
const (
	maxFile    = 1 << 20 // bytes
	maxNesting = 100     // of YAML, far beyond the three levels that rules have
	maxEntries = 10_000  // lines that start with a dash: the YAML library takes quadratic time over some
)

// Load reads a file of exclusion rules. name is what errors call it, with a
// line. Anything that is not understood is an error: an exclusion that is half
// read would remove what nobody asked to remove. Lists that rules take from
// files are read too, relative to the folder of name.
//
//	exclusions:
//	  - name: siem
//	    reason: log shipping
//	    owner: network team         # optional, as all that follows but when
//	    ticket: CHG-1042
//	    expires: 2026-12-31         # the last day on which it applies
//	    enabled: true
//	    time_zone: Europe/Berlin    # of times of day, and of times without a zone
//	    tables: [CommonSecurityLog]
//	    risk: hides what the SIEM itself does
//	    when: destination_ip = '10.10.10.10'
func Load(r io.Reader, name string) (rules []*Rule, err error) {
	data, err := io.ReadAll(io.LimitReader(decoded(r), maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read rules: %s: %w", name, err)
	}
	if len(data) > maxFile {
		return nil, fmt.Errorf("%s: rule file over %d bytes", name, maxFile)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // as Notepad writes it
	// The YAML library folds lines of quoted text to blanks only where LF ends them.
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	if line := tooDeep(string(data)); line > 0 {
		return nil, fmt.Errorf("%s:%d: nested deeper than %d", name, line, maxNesting)
	}
	entries := 0
	for line := range strings.Lines(string(data)) {
		if strings.HasPrefix(strings.TrimSpace(line), "-") {
			entries++
		}
	}
	if entries > maxEntries {
		return nil, fmt.Errorf("%s: over %d list entries", name, maxEntries)
	}
	file, err := parseYAML(data)
	if err != nil {
		return nil, fmt.Errorf("%s%w", name, err)
	}
	l := loader{name: name, seen: map[string]int{}, lists: lists{dir: filepath.Dir(name)}}
	for _, doc := range file.Docs {
		if err := l.document(doc.Body); err != nil {
			return nil, err
		}
	}
	if len(l.rules) == 0 {
		return nil, fmt.Errorf("%s: no exclusions", name)
	}
	return l.rules, nil
}

// tooDeep returns the line on which brackets or one-line lists nest deeper
// than any rule file needs, so that the YAML parser need not recurse into
// them; 0 if there is none. Quotes are not looked at: no rule has so many
// open brackets in its text either.
func tooDeep(s string) int {
	line, open, dashes, indent := 1, 0, 0, true
	for _, c := range s {
		switch c {
		case '\n':
			line++
			dashes, indent = 0, true
			continue
		case '[', '{':
			open++
		case ']', '}':
			open = max(open-1, 0)
		case '-', '?', ':':
			if indent {
				dashes++
			}
		case ' ', '\t':
			continue
		default:
			indent = false
		}
		if open > maxNesting || dashes > maxNesting {
			return line
		}
	}
	return 0
}

// parseYAML keeps the library's errors in the form of ours, and a panic inside
// it from ending the program: a rule file is foreign input.
func parseYAML(data []byte) (f *ast.File, err error) {
	defer func() {
		if x := recover(); x != nil {
			f, err = nil, errors.New(": not YAML")
		}
	}()
	f, err = yaml.ParseBytes(data, 0)
	if err == nil {
		return f, nil
	}
	var positioned interface {
		GetToken() *yamltoken.Token
		GetMessage() string
	}
	if errors.As(err, &positioned) && positioned.GetToken() != nil && positioned.GetToken().Position != nil {
		return nil, fmt.Errorf(":%d: %s", positioned.GetToken().Position.Line, positioned.GetMessage())
	}
	return nil, fmt.Errorf(": %s", strings.SplitN(err.Error(), "\n", 2)[0])
}

type loader struct {
	name  string
	rules []*Rule
	seen  map[string]int // rule names and their lines
	lists lists
}

func (l *loader) fail(n ast.Node, format string, args ...any) error {
	line := 1
	if n != nil && n.GetToken() != nil && n.GetToken().Position != nil {
		line = n.GetToken().Position.Line
	}
	return fmt.Errorf("%s:%d: %s", l.name, line, fmt.Sprintf(format, args...))
}

func pairs(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch m := n.(type) {
	case *ast.MappingNode:
		return m.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{m}, true
	}
	return nil, false
}

// each calls do for every pair of a mapping, refusing repeated keys.
func (l *loader) each(n ast.Node, what string, do func(key string, v *ast.MappingValueNode) error) error {
	list, ok := pairs(n)
	if !ok {
		return l.fail(n, "%s is not a mapping", what)
	}
	seen := map[string]bool{}
	for _, v := range list {
		key, ok := v.Key.(*ast.StringNode)
		if !ok {
			return l.fail(v, "%s has a key that is not a word", what)
		}
		if seen[key.Value] {
			return l.fail(v.Key, "%s stands twice", key.Value)
		}
		seen[key.Value] = true
		if err := do(key.Value, v); err != nil {
			return err
		}
	}
	return nil
}

func (l *loader) document(n ast.Node) error {
	if n == nil {
		return nil
	}
	if _, ok := n.(*ast.NullNode); ok {
		return nil
	}
	if _, ok := pairs(n); !ok {
		return l.fail(n, "the file is not a mapping: the list of rules stands below exclusions:")
	}
	return l.each(n, "the file", func(key string, v *ast.MappingValueNode) error {
		if key != "exclusions" {
			return l.fail(v.Key, "unknown key %q: want exclusions", key)
		}
		list, ok := v.Value.(*ast.SequenceNode)
		if !ok {
			return l.fail(v.Key, "exclusions is not a list")
		}
		for _, item := range list.Values {
			if err := l.rule(item); err != nil {
				return err
			}
		}
		return nil
	})
}

var ruleKeys = []string{"name", "reason", "risk", "owner", "ticket", "enabled", "expires", "time_zone", "tables", "when"}

func (l *loader) rule(n ast.Node) error {
	r := &Rule{}
	var when, expires ast.Node
	var until string
	err := l.each(n, "a rule", func(key string, v *ast.MappingValueNode) (err error) {
		switch key {
		case "name":
			r.Name, err = l.text(key, v)
			if line, ok := l.seen[r.Name]; ok && err == nil {
				return l.fail(v.Key, "rule %q already stands in line %d", r.Name, line)
			}
			l.seen[r.Name] = v.Key.GetToken().Position.Line
		case "reason":
			r.Reason, err = l.text(key, v)
		case "risk":
			r.Risk, err = l.text(key, v)
		case "owner":
			r.Owner, err = l.text(key, v)
		case "ticket":
			r.Ticket, err = l.text(key, v)
		case "enabled":
			on, ok := v.Value.(*ast.BoolNode)
			if !ok {
				return l.fail(v.Key, "enabled is true or false")
			}
			r.Disabled = !on.Value
		case "expires":
			expires = v.Key
			until, err = l.text(key, v)
		case "time_zone":
			var zone string
			if zone, err = l.text(key, v); err == nil {
				var ok bool
				if r.Zone, ok = clock.Zone(zone); !ok {
					return l.fail(v.Key, "unknown time zone %q: want a name such as Europe/Berlin or UTC+02:00", zone)
				}
			}
		case "when":
			when = v.Value
			r.text, err = l.text(key, v)
		case "tables":
			r.Tables, err = l.tables(v)
		default:
			return l.fail(v.Key, "unknown key %q%s", key, suggest(key, ruleKeys))
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, need := range []struct{ key, value string }{{"name", r.Name}, {"reason", r.Reason}, {"when", r.text}} {
		if strings.TrimSpace(need.value) == "" {
			return l.fail(n, "a rule needs a %s", need.key)
		}
	}
	if expires != nil {
		if r.Expires, err = expiry(until, r.Zone); err != nil {
			return l.fail(expires, "expires: %v", err)
		}
	}
	r.at = fmt.Sprintf("%s:%d", l.name, when.GetToken().Position.Line)
	if err := l.expression(r); err != nil {
		return err
	}
	l.rules = append(l.rules, r)
	return nil
}

// tables reads the names of the tables that a rule is restricted to.
func (l *loader) tables(v *ast.MappingValueNode) (names []string, err error) {
	list, ok := v.Value.(*ast.SequenceNode)
	if !ok {
		return nil, l.fail(v.Key, "tables is not a list: write [DeviceNetworkEvents]")
	}
	if len(list.Values) == 0 {
		return nil, l.fail(v.Key, "tables is empty: leave it out for all tables")
	}
	for _, t := range list.Values {
		s, ok := t.(*ast.StringNode)
		if !ok {
			return nil, l.fail(t, "a table is not a name")
		}
		names = append(names, s.Value)
	}
	return names, nil
}

// expression parses the text of a rule, reads its lists, and takes times without a zone
// for those of the rule's.
func (l *loader) expression(r *Rule) (err error) {
	if r.When, err = Parse(r.text); err == nil {
		err = l.lists.resolve(r.When, r.text)
	}
	if err != nil {
		return fmt.Errorf("%s: rule %q: %w", r.at, r.Name, err)
	}
	if r.Zone != nil {
		for p := range r.When.predicates {
			for i := range p.Args {
				p.Args[i].in(r.Zone)
			}
		}
	}
	return nil
}

// expiry reads when a rule ends. A day alone is the last day on which it
// applies.
func expiry(text string, zone *time.Location) (time.Time, error) {
	if zone == nil {
		zone = time.UTC
	}
	if day, err := time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return day.AddDate(0, 0, 1), nil
	}
	r := clock.Parse(text, clock.None, zone)
	if r.Status != clock.OK {
		return time.Time{}, fmt.Errorf("%q is not a time: write 2026-12-31 or 2026-12-31 18:00", text)
	}
	return r.Time.Std(), nil
}

// text is a scalar as text: plain, quoted, or a block.
func (l *loader) text(key string, v *ast.MappingValueNode) (string, error) {
	switch s := v.Value.(type) {
	case *ast.StringNode:
		return s.Value, nil
	case *ast.LiteralNode:
		return s.Value.Value, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return s.GetToken().Value, nil
	case *ast.NullNode:
		return "", nil
	}
	return "", l.fail(v.Key, "%s is not text", key)
}
