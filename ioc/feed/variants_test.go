package feed

import (
	"fmt"
	"strings"
	"testing"
)

// A variant is a feed in a shape that senders write and the fixtures lack.
type variant struct {
	name, text string
	want       string // the indicators, as lines shows them
	reasons    string // of what was left out, as fmt shows them
}

func checkVariants(t *testing.T, tests []variant) {
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			list, reports, err := readBy(t, []Source{of(tt.text)}, Options{}, []int{1, 64}, []int{3})
			if err != nil && tt.want != "" {
				t.Fatal(err)
			}
			compare(t, "indicators", lines(list), tt.want)
			if got := strings.TrimPrefix(fmt.Sprint(reports[0].Reasons), "map"); got != tt.reasons {
				t.Errorf("left out: %s, want %s", got, tt.reasons)
			}
		})
	}
}

func TestReportVariants(t *testing.T) {
	checkVariants(t, []variant{
		{"names of files, versions and packages", `Seen at a[.]example[.]net.
- svchost.exe
- index.html
- com.android.chrome
- b.example.net
| Node.js | org.apache.log4j | 4.4.x | c.duckdns.org |
` + "```\nkernel32.dll\nd.onion\n```\n", `
domain a.example.net at=feed:1
domain b.example.net at=feed:5
domain c.duckdns.org at=feed:6
domain d.onion at=feed:9
`, "[name of a file:5 name of a package:1 version number:1]"},
		{"items of lists with words behind or before", `Seen at a[.]example[.]net.
- b.example.net (C2)
- C2 server: c.example.net, which was down
1. 45.9.148.1 - port 23
- somebody mentioned example.com
- http://d.example.net/x is a report
`, `
domain a.example.net at=feed:1
domain b.example.net at=feed:2
domain c.example.net at=feed:3
ip 45.9.148.1 at=feed:4
`, "[]"},
		{"items of lists of a page", `<html><body><p>Seen at a[.]example[.]net.</p><ul>
<li>b.example.net</li>
<li>C2: <b>c</b>.example.net (down)</li>
<li>somebody mentioned example.com</li></ul>
<table><tr><td>d.example.net and e.example.net</td></tr></table></body></html>
`, `
domain a.example.net at=feed:1
domain b.example.net at=feed:2
domain c.example.net at=feed:3
domain d.example.net at=feed:5
domain e.example.net at=feed:5
`, "[]"},
		{"a table of types and values, a list and code", `| Type | Indicator | Note |
|---|---|---|
| domain | a.example.net | as evil.com |

- b.example.net
- a.example.net
` + "```\n45.9.148.1\n```\n", `
domain a.example.net at=feed:3
domain b.example.net at=feed:5
ip 45.9.148.1 at=feed:8
`, "[]"},
	})
}
