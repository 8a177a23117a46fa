package rule

import (
	"slices"
	"strings"
	"testing"
)

// fold works out the value of the step at n from those below it, by the
// definitions of AND, OR and NOT, and returns the step behind them.
func foldSteps(t *testing.T, steps []Step, n int) (Tri, int) {
	s := steps[n]
	if s.Joined == "" {
		return s.Value, n + 1
	}
	var below []Tri
	at := n + 1
	for at < len(steps) && steps[at].Depth > s.Depth {
		if steps[at].Depth != s.Depth+1 {
			t.Fatalf("step %d is %d deep below one of %d", at, steps[at].Depth, s.Depth)
		}
		var v Tri
		v, at = foldSteps(t, steps, at)
		below = append(below, v)
	}
	v := slices.Min(below)
	switch s.Joined {
	case "any of":
		v = slices.Max(below)
	case "not":
		v = -below[0]
	}
	if v != s.Value {
		t.Errorf("step %d: %v, but what it joins gives %v", n, s.Value, v)
	}
	return v, at
}

func TestExplain(t *testing.T) {
	hit := context(dne, "Timestamp", "2026-05-20T02:05:00Z", "ActionType", "ConnectionSuccess", "LocalIP", "10.0.0.5", "RemoteIP", "1.2.3.4",
		"RemotePort", "", "InitiatingProcessFileName", "nc", "InitiatingProcessCommandLine", "nc -z")
	for _, c := range []struct {
		when  string
		value Tri
		steps string // joined or predicate, value, cells
	}{
		{"process = 'NC'", True, "process = 'NC' TRUE InitiatingProcessFileName=nc"},
		{"destination_ip = '1.2.3.4' AND NOT (remote_port = 23 OR host IS NULL)", Unknown, ""},
		{"destination_ip = '1.2.3.4' AND destination_port = 23", Unknown,
			"all of UNKNOWN|destination_ip = '1.2.3.4' TRUE RemoteIP=1.2.3.4 -LocalIP|destination_port = 23 UNKNOWN RemotePort= -LocalPort"},
		{"timestamp > '2026-05-21 00:00' OR who.peer = '1.2.3.4'", True,
			"any of TRUE|timestamp > '2026-05-21 00:00' FALSE event time=2026-05-20T02:05:00.0000000Z|who.peer = '1.2.3.4' TRUE who.peer=1.2.3.4"},
		{"query LIKE '%x%'", Unknown, "query LIKE '%x%' UNKNOWN -AdditionalFields.query"},
		{"NOT SourceUserName = 'root'", Unknown, "not UNKNOWN|SourceUserName = 'root' UNKNOWN"},
	} {
		r := inline(t, strings.ReplaceAll(c.when, "remote_port", "RemotePort"))
		a := r.Explain(hit)
		if !a.Applies || a.Value != c.value || a.Value != r.Eval(hit) || a.Steps[0].Value != a.Value {
			t.Errorf("%s: %v, want %v", c.when, a.Value, c.value)
		}
		if _, end := foldSteps(t, a.Steps, 0); end != len(a.Steps) {
			t.Errorf("%s: steps beside the expression", c.when)
		}
		var got []string
		for _, s := range a.Steps {
			text := s.Joined + s.Text + " " + s.Value.String()
			for _, cell := range s.Cells {
				if cell.Has {
					text += " " + cell.Name + "=" + cell.Text
				} else {
					text += " -" + cell.Name
				}
			}
			got = append(got, text)
		}
		if s := strings.Join(got, "|"); c.steps != "" && s != c.steps {
			t.Errorf("%s:\ngot  %s\nwant %s", c.when, s, c.steps)
		}
	}
	r := inline(t, "process = 'nc'")
	r.Tables = []string{"DnsEvents"}
	if a := r.Explain(hit); a.Applies || a.Value != Unknown || a.Steps != nil {
		t.Errorf("a rule for another table: %+v", a)
	}
}
