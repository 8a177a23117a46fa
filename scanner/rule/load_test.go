package rule

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

func TestLoad(t *testing.T) {
	const file = `# comment
exclusions:
  - name: nightly-backup
    reason: nc moves the nightly backup, change 1042
    tables: [DeviceNetworkEvents]
    when: process.command_line LIKE '%nc -z 192.168.1.100%'
          AND timestamp BETWEEN '2025-04-01 02:00:00' AND '2025-04-01 04:00:00'
  - name: "siem"
    reason: 1042
    when: |
      destination_ip = '10.10.10.10' OR
      process.name IN ('fluentd', 'logstash')
`
	rules, err := Load(strings.NewReader("\ufeff"+file), "x.yaml") // as Notepad writes it
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range rules {
		got = append(got, fmt.Sprint(r.Name, " | ", r.Reason, " | ", r.Tables, " | ", r.When))
	}
	want := []string{
		"nightly-backup | nc moves the nightly backup, change 1042 | [DeviceNetworkEvents] | process.command_line LIKE '%nc -z 192.168.1.100%' AND timestamp BETWEEN '2025-04-01 02:00:00' AND '2025-04-01 04:00:00'",
		"siem | 1042 | [] | destination_ip = '10.10.10.10' OR process.name IN ('fluentd', 'logstash')",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestLoadErrors(t *testing.T) {
	rule := func(s string) string {
		return "exclusions:\n  - name: a\n    reason: b\n    when: Message = 'x'\n" + s
	}
	for _, c := range []struct{ name, text, want string }{
		{"nothing", "", "x.yaml: no exclusions"},
		{"comment only", "# a\n", "x.yaml: no exclusions"},
		{"empty list", "exclusions: []\n", "x.yaml: no exclusions"},
		{"not a list", "exclusions: a\n", "x.yaml:1: exclusions is not a list"},
		{"a list at the top", "- name: a\n", "x.yaml:1: the file is not a mapping: the list of rules stands below exclusions:"},
		{"unknown top key", "rules: []\n", `x.yaml:1: unknown key "rules"`},
		{"unknown key", rule("    tabels: [x]\n"), `x.yaml:5: unknown key "tabels": did you mean "tables"?`},
		{"no reason", "exclusions:\n  - name: a\n    when: Message = 'x'\n", "a rule needs a reason"},
		{"empty reason", "exclusions:\n  - name: a\n    reason:\n    when: Message = 'x'\n", "a rule needs a reason"},
		{"no name", "exclusions:\n  - reason: a\n    when: Message = 'x'\n", "a rule needs a name"},
		{"no expression", "exclusions:\n  - reason: a\n    name: b\n", "a rule needs a when"},
		{"same name", rule("  - name: a\n    reason: b\n    when: Message = 'x'\n"), `x.yaml:5: rule "a" already stands in line 2`},
		{"tables as text", rule("    tables: DnsEvents\n"), "x.yaml:5: tables is not a list"},
		{"no tables", rule("    tables: []\n"), "x.yaml:5: tables is empty"},
		{"key twice", rule("    reason: c\n"), "x.yaml:5"},
		{"expression", "exclusions:\n  - name: a\n    reason: b\n    when: Message == nc\n", "x.yaml:4: rule \"a\": column 12: put text in quotes: 'nc'\n    Message == nc\n               ^"},
		{"a mapping as text", "exclusions:\n  - name: {a: b}\n    reason: b\n    when: Message = 'x'\n", "x.yaml:2: name is not text"},
		{"an alias", "exclusions:\n  - name: &a b\n    reason: *a\n    when: Message = 'x'\n", "is not text"},
		{"broken YAML", "exclusions:\n  - name: 'a\n", "x.yaml:2"},
		{"deep brackets", "exclusions: " + strings.Repeat("[", 100000), "x.yaml:1: nested deeper than 100"},
		{"deep dashes", "exclusions:\n  " + strings.Repeat("- ", 100000), "x.yaml:2: nested deeper than 100"},
		{"lone dashes", "exclusions:\n" + strings.Repeat("-\n", 500000), "over 10000 list entries"},
		{"bomb", rule("# " + strings.Repeat("x", maxFile)), "rule file over"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Load(strings.NewReader(c.text), "x.yaml")
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
}

func TestSyntax(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "column 1: empty expression"},
		{"a = 'x", "column 5: quote is never closed"},
		{"a = x", "put text in quotes: 'x'"},
		{"a = 10.0.0.1", "10.0.0.1 is not a number: put addresses, times and text in quotes"},
		{"a = NULL", "nothing equals NULL"},
		{"'x' = a", "a field name has no quotes"},
		{"5 = a", "the field stands on the left"},
		{"a", "want a comparison after a instead of the end"},
		{"a = 'x' b = 'y'", `column 9: "b" is left over: AND or OR missing?`},
		{"(a = 'x'", "column 1: parenthesis is never closed"},
		{"a = 'x')", `column 8: no parenthesis is open`},
		{"a IN ()", "IN wants a value"},
		{"a IN ('x', )", "IN wants a value"},
		{"a IN 'x'", "IN wants a list in parentheses"},
		{"a IN ('x' 'y')", "want , or ) instead of 'y'"},
		{"a BETWEEN 1 OR 2", "want AND and the upper end of BETWEEN"},
		{"a NOT = 'x'", "want a comparison after a"},
		{"a IS 'x'", "want NULL instead of 'x'"},
		{"a LIKE 'x' ESCAPE 'yy'", "ESCAPE wants one character"},
		{`a LIKE 'x\y' ESCAPE '\'`, "ESCAPE character stands before neither"},
		{"a = 'x' ; b = 'y'", "unexpected ';'"},
		{"a > datetime(never)", "datetime(never) is not a time"},
		{"a = 'x\xff'", "not UTF-8"},
		{strings.Repeat("(", 300) + "a = 'x'" + strings.Repeat(")", 300), "nested deeper than 200"},
		{strings.Repeat("NOT ", 300) + "a = 'x'", "nested deeper than 200"},
		{"a = '" + strings.Repeat("x", maxExpression) + "'", "expression over"},
	} {
		_, err := Parse(c.text)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.40q: got %v, want %s", c.text, err, c.want)
		}
	}
	if _, err := Parse(strings.Repeat("(", 199) + "a = 'x'" + strings.Repeat(")", 199)); err != nil {
		t.Errorf("199 parentheses: %v", err)
	}
}

func FuzzLoad(f *testing.F) {
	if b, err := os.ReadFile("../../testdata/exclusions/netcat.yaml"); err == nil {
		f.Add(string(b))
	}
	f.Add("exclusions:\n  - name: &a b\n    reason: *a\n    when: |\n      x = 'y'\n")
	f.Add("exclusions: [{name: a, reason: b, when: \"x = 'y'\", tables: [DnsEvents]}]\n---\n")
	f.Fuzz(func(t *testing.T, text string) {
		rules, err := Load(strings.NewReader(text), "x")
		if (err == nil) != (len(rules) > 0) {
			t.Errorf("%d rules and %v", len(rules), err)
		}
		for _, r := range rules {
			if r.Name == "" || r.Reason == "" || r.When == nil {
				t.Errorf("half a rule: %+v", r)
			}
		}
	})
}

// Lines that end in CR LF say what those that end in LF say.
func TestLoadCRLF(t *testing.T) {
	lf := "exclusions:\n  - name: 'a\n      b'\n    reason: c\n    when: 'Message = ''one\n      two'''\n"
	for _, text := range []string{lf, strings.ReplaceAll(lf, "\n", "\r\n")} {
		rules, err := Load(strings.NewReader(text), "r.yaml")
		if err != nil {
			t.Fatal(err)
		}
		if got := rules[0].When.String(); got != "Message = 'one two'" || rules[0].Name != "a b" {
			t.Errorf("%q: %q is %q", text, rules[0].Name, got)
		}
	}
}
