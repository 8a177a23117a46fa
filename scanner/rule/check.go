package rule

import (
	"fmt"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/scanner/clock"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// Check reports what must stop a scan before it begins: a field that no known
// table has, a table that is not known, a time that is none.
func (r *Rule) Check(tables []*table.Table) error {
	if last := r.checked.Load(); last != nil && slices.Equal(*last, tables) {
		return nil // a scan checks what its caller has checked
	}
	for _, name := range r.Tables {
		if table.ByName(tables, name) == nil {
			var known []string
			for _, t := range tables {
				known = append(known, t.Name)
			}
			return fmt.Errorf("%s: rule %q: unknown table %q%s", r.at, r.Name, name, suggest(name, known))
		}
	}
	var finders []finder
	for _, t := range tables {
		finders = append(finders, fieldsOf(t))
	}
	names := func() []string {
		list := ownNames(false)
		for _, t := range tables {
			list = append(list, t.FieldNames()...)
		}
		return list
	}
	for p := range r.When.predicates {
		if err := checkPredicate(p, finders, names); err != nil {
			return fmt.Errorf("%s: rule %q: %w", r.at, r.Name, &SyntaxError{Text: r.text, At: err.at, Msg: err.msg})
		}
	}
	tables = slices.Clone(tables)
	r.checked.Store(&tables)
	return nil
}

type problem struct {
	at  int
	msg string
}

// checkPredicate looks for what no table can make sense of. names lists those
// of all fields, for suggestions.
func checkPredicate(p *Predicate, finders []finder, names func() []string) *problem {
	known := map[table.Compare]bool{}
	for f := range p.Left.fields {
		found := false
		for _, find := range finders {
			_, ok := find(f.Field)
			found = found || ok
		}
		if !found {
			if hint := fieldHints[strings.ToLower(f.Field)]; hint != "" {
				return &problem{f.at, fmt.Sprintf("unknown field %q: did you mean %q?", f.Field, hint)}
			}
			return &problem{f.at, fmt.Sprintf("unknown field %q%s", f.Field, suggest(f.Field, names()))}
		}
	}
	for _, find := range finders {
		o := bindOperand(&p.Left, nil, nil, find)
		if bad := o.misused(&p.Left); bad != nil {
			return bad
		}
		for _, c := range o.compares() {
			known[c] = true
		}
	}
	for c := range known {
		if bad := p.fits(c, len(known) == 1); bad != nil {
			return bad
		}
	}
	return nil
}

// misused looks for functions of time whose argument is none.
func (o *operand) misused(as *Operand) *problem {
	for i := range o.args {
		if bad := o.args[i].misused(&as.Args[i]); bad != nil {
			return bad
		}
		if o.fn != TimeOfDay && o.fn != DayOfWeek {
			continue
		}
		for _, c := range o.args[i].compares() {
			if c != table.CompareTime {
				return &problem{as.Args[i].at, fmt.Sprintf("%s wants a time, as in %s(timestamp)", funcNames[o.fn], funcNames[o.fn])}
			}
		}
	}
	return nil
}

// fits says whether a predicate makes sense under a way of comparing, which is
// the only one that its operand has in any table if only is set.
func (p *Predicate) fits(c table.Compare, only bool) *problem {
	switch c {
	case table.CompareTime, compareTimeOfDay, compareWeekday:
		if p.Op == In && p.File != "" {
			return &problem{p.fileAt, "IN FILE is for addresses, names, numbers and text"}
		}
	}
	switch p.Op {
	case Null, Like, Contains, StartsWith, EndsWith, Regexp:
		if c == compareWeekday && p.Op != Null {
			return &problem{p.Left.at, "compare day_of_week with =, IN or BETWEEN"}
		}
		return nil
	case Lt, Le, Gt, Ge:
		if c == compareWeekday {
			return &problem{p.Left.at, "days have no order: write day_of_week(timestamp) BETWEEN 'Monday' AND 'Friday'"}
		}
	}
	for i := range p.Args {
		a := &p.Args[i]
		switch {
		case c == compareTimeOfDay && !a.hasClock:
			return &problem{a.at, fmt.Sprintf("%q is not a time of day: write '22:00' or '22:00:30'", a.Text)}
		case c == compareWeekday && a.weekday == 0:
			return &problem{a.at, fmt.Sprintf("%q is not a day of the week: write 'Monday' or 'Mon' (numbers count from different days)", a.Text)}
		case c == table.CompareAddr && only && !a.fits(c) && looksLikeAddress(a.Text):
			return &problem{a.at, fmt.Sprintf("%q is neither an address nor a network: write '10.0.0.5' or '10.0.0.0/8' (a port is a field of its own)", a.Text)}
		case c != table.CompareTime:
		case a.timeStatus == clock.Ambiguous:
			return &problem{a.at, fmt.Sprintf("%q leaves the order of day and month open: write 2025-04-01", a.Text)}
		case !a.hasTime:
			return &problem{a.at, fmt.Sprintf("%q is not a time", a.Text)}
		}
	}
	if p.list == nil || !only || c != table.CompareAddr {
		return nil
	}
	for i := range p.list.values {
		if v := &p.list.values[i]; !v.addr.IsValid() && !v.prefix.IsValid() {
			return &problem{p.fileAt, fmt.Sprintf("%s:%d: %.60q is neither an address nor a network", p.list.path, p.list.lines[i], v.Text)}
		}
	}
	return nil
}

// looksLikeAddress reports whether a text that is no address is meant to be one.
func looksLikeAddress(s string) bool {
	if strings.Contains(s, ":") {
		return strings.Trim(s, "0123456789abcdefABCDEF.:/[]") == ""
	}
	return strings.Count(s, ".") > 1 && strings.Trim(s, "0123456789./- ") == ""
}

// fieldHints are names of other schemas whose spelling alone does not lead to
// the field that is meant.
var fieldHints = map[string]string{
	"process.args":           "process.command_line",
	"process.arguments":      "process.command_line",
	"process.cmdline":        "process.command_line",
	"cmdline":                "process.command_line",
	"command":                "process.command_line",
	"process.parent_process": "process.parent.name",
	"process.parent":         "process.parent.name",
	"parent.name":            "process.parent.name",
	"parent_process":         "process.parent.name",
	"parentimage":            "process.parent.name",
	"process.original_name":  "process.name",
	"proc":                   "process.name",
	"exe":                    "process.executable",
	"file.name":              "FileName",
	"file.path":              "process.executable",
	"username":               "user.name",
	"user_name":              "user.name",
	"subjectusername":        "user.name",
	"targetusername":         "user.name",
	"agent.name":             "host.name",
	"endpoint":               "host.name",
	"workstation":            "host.name",
	"ip":                     "source_ip",
	"ip_address":             "source_ip",
	"ipaddress":              "source_ip",
	"server.ip":              "destination_ip",
	"dest":                   "destination_ip",
	"target_ip":              "destination_ip",
	"port":                   "destination_port",
	"server.port":            "destination_port",
	"dest.port":              "destination_port",
	"dns.query":              "dns.question.name",
	"date":                   "timestamp",
	"hour":                   "time_of_day(timestamp)",
	"confidence":             "indicator.confidence",
	"malware":                "indicator.malware",
	"threat_type":            "indicator.threat_type",
	"tags":                   "indicator.tags",
	"ioc":                    "indicator.value",
	"indicator":              "indicator.value",
	"class":                  "match.class",
	"role":                   "match.role",
	"outcome":                "who.outcome",
	"event.outcome":          "EventOutcome",

	"processes.process_name":        "process.name", // of Splunk's data models
	"processes.process":             "process.command_line",
	"processes.parent_process_name": "process.parent.name",
	"processes.user":                "user.name",
	"processes.dest":                "host.name",
	"all_traffic.src":               "source_ip",
	"all_traffic.src_ip":            "source_ip",
	"all_traffic.dest":              "destination_ip",
	"all_traffic.dest_ip":           "destination_ip",
	"all_traffic.dest_port":         "destination_port",
	"peer":                          "who.peer",
}

// suggest returns `: did you mean "x"?` for the nearest name, or nothing.
func suggest(name string, known []string) string {
	fold := func(s string) string { return strings.ReplaceAll(strings.ToLower(s), ".", "_") }
	want := fold(name)
	if len(want) > 100 {
		return ""
	}
	best, near, raw := "", len(want)/3+2, 0
	for _, k := range known {
		// Of two names as near, the one that is spelled more alike.
		d, e := distance(want, fold(k)), distance(name, k)
		if d < near || best != "" && d == near && e < raw {
			best, near, raw = k, d, e
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(": did you mean %q?", best)
}

// distance counts the edits between two names, a swap of neighbours as one.
func distance(a, b string) int {
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	for j := range rows[1] {
		rows[1][j] = j
	}
	for i := range len(a) {
		old, last, now := rows[0], rows[1], rows[2]
		now[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			now[j+1] = min(last[j+1]+1, now[j]+1, last[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				now[j+1] = min(now[j+1], old[j-1]+1)
			}
		}
		rows = [3][]int{last, now, old}
	}
	return rows[1][len(b)]
}
