package feed

import (
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
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
		{"defanged values in more", `Seen at a[.]example[.]net's loader.
<script src="hxxps[:]//b[.]example[.]net/a.js"></script> <a href='hxxps://c[.]example[.]net/'>here</a>
GatewayAddress=d[.]example[.]net:2145 then fetch('hxxps://e[.]example[.]net/a
url=hxxps[:]//f[.]example[.]net/a?b=c
decode(x).split Swift (1).zip DateTimeFormat().resolvedOptions().timeZone
`, `
domain a.example.net at=feed:1
url https://b.example.net/a.js at=feed:2
domain d.example.net at=feed:3
url https://e.example.net/a at=feed:3
url https://f.example.net/a?b=c at=feed:4
`, "[URL without a path: --url-hosts takes its host:1]"},
		{"defanged values that cannot be read", `Seen at a[.]example[.]net.
- [redacted].b[.]example[.]net
- 45.9.148[.]256
- hxxps://[domain]/login
- blob:hxxps://c[.]example[.]net/01234567
Search for \w+[.]exe or *[.]example.
POST http://45.9.148.7/a HTTP/1.1
`, "domain a.example.net at=feed:1\n", "[not an indicator:4 not defanged, in prose: --iocs-format text-all takes it:1]"},
		{"AsciiDoc", `:toc:

= Mirai -- Indicators of Compromise

See https://www.example.org/post/[the post].

[options="header"]
|===
|SHA-1 |Domain |Address |File
|` + "`+6CC175B9C0F1B6A831C399E269772661FFFFFFFF+` |`+a.example[.]net+` |`+45.9.148[.]1+`" + ` |` + "`loader.exe`" + `
|` + "`7CC175B9C0F1B6A831C399E269772661FFFFFFFF`" + `
|b.example.net
|{vt-url}9cc175b9c0f1b6a831c399e269772661ffffffff[` + "`9cc175b9c0f1b6a831c399e269772661ffffffff`" + `]
|===

== Hashes
----
8cc175b9c0f1b6a831c399e269772661ffffffff: the loader of Mirai
1cv8.exe
45.9.148.2
----
== C&C
- ` + "`++c[.]example[.]net|45.9.148[.]3++`" + `
- ` + "`++45.9.148[.]4++`" + `
- http://45.9.148.5/a|b
`, `
hash 6cc175b9c0f1b6a831c399e269772661ffffffff at=feed:10
domain a.example.net at=feed:10
ip 45.9.148.1 at=feed:10
hash 7cc175b9c0f1b6a831c399e269772661ffffffff at=feed:11
domain b.example.net at=feed:12
hash 9cc175b9c0f1b6a831c399e269772661ffffffff at=feed:13
hash 8cc175b9c0f1b6a831c399e269772661ffffffff at=feed:18
ip 45.9.148.2 at=feed:20
domain c.example.net at=feed:23
ip 45.9.148.3 at=feed:23
ip 45.9.148.4 at=feed:24
url http://45.9.148.5/a%7Cb at=feed:25
`, "[name of a file:2]"},
		{"hashes with the name of their algorithm", "= Indicators\n----\nsha1:6cc175b9c0f1b6a831c399e269772661ffffffff — a.rar (password: x)\nmd5:7cc175b9c0f1b6a831c399e269772661\n----\nOf nginx@sha256:8cc175b9c0f1b6a831c399e2697726618cc175b9c0f1b6a831c399e269772661 and\nimphash:9cc175b9c0f1b6a831c399e269772661 we know more.\n",
			"hash 6cc175b9c0f1b6a831c399e269772661ffffffff at=feed:3\nhash 7cc175b9c0f1b6a831c399e269772661 at=feed:4\n", "[name of a file:1]"},
		{"AsciiDoc of values in most lines", "= Indicators\n----\n6cc175b9c0f1b6a831c399e269772661ffffffff\n7cc175b9c0f1b6a831c399e269772661ffffffff\n8cc175b9c0f1b6a831c399e269772661ffffffff\nprint.dll\n----\n",
			"hash 6cc175b9c0f1b6a831c399e269772661ffffffff at=feed:3\nhash 7cc175b9c0f1b6a831c399e269772661ffffffff at=feed:4\nhash 8cc175b9c0f1b6a831c399e269772661ffffffff at=feed:5\n", "[name of a file:1]"},
		{"tables of Markdown that are most of the lines", "# Mirai\n## Hashes\n| Loader | Bot |\n|---|---|\n| 6cc175b9c0f1b6a831c399e269772661 | 6cc175b9c0f1b6a831c399e269772661ffffffff |\n|7cc175b9c0f1b6a831c399e269772661|7cc175b9c0f1b6a831c399e269772661ffffffff|\n",
			"hash 6cc175b9c0f1b6a831c399e269772661 at=feed:5\nhash 6cc175b9c0f1b6a831c399e269772661ffffffff at=feed:5\nhash 7cc175b9c0f1b6a831c399e269772661 at=feed:6\nhash 7cc175b9c0f1b6a831c399e269772661ffffffff at=feed:6\n", "[]"},
		{"links at the end of a sentence", "Seen at a[.]example[.]net.\nThe post is [here](https://www.example.org/post).\nAlso (https://www.example.org/b).\n", "domain a.example.net at=feed:1\n", "[]"},
		{"a bar within brackets", "Seen at a[.]example[.]net|45[.]9.148[.]1, which loads\nmsvc[MD|MT].lib and x\n", "domain a.example.net at=feed:1\nip 45.9.148.1 at=feed:1\n", "[]"},
		{"dots written as words and commas", "Asks a dot example dot net, b\u00a0dot\u00a0example dot net, c[,]example[,]net and us, but not main dot py.\n| 45,9,148,1 |\n`45,9,148,2`\n", "domain a.example.net at=feed:1\ndomain b.example.net at=feed:1\ndomain c.example.net at=feed:1\nip 45.9.148.1 at=feed:2\nip 45.9.148.2 at=feed:3\n", "[]"},
		{"a line of dashes that is no block of code", "IOCs of a[.]example[.]net\n----\nBeside example.org it asks more.\n~~~\nb.example.net\n~~~\nand example.com.\n", "domain a.example.net at=feed:1\ndomain b.example.net at=feed:5\n", "[not defanged, in prose: --iocs-format text-all takes it:2]"},
		{"AsciiDoc that has a table alone", "Seen by us in May.\n|===\n|Host\n|a.example.net\n|===\n", "domain a.example.net at=feed:4\n", "[]"},
		{"links in a table, and another one behind that of URLs", "Seen.\n| URL | Host |\n|---|---|\n| http://a.example.net/x | [b.example.net](https://report.example.org/x) |\n\nSaid by:\n\n| https://report.example.org/y | us |\n", "url http://a.example.net/x at=feed:4\ndomain b.example.net at=feed:4\n", "[URL that is not defanged: --iocs-format text-all takes it:2]"},
		{"a page that begins with more", "<?xml version=\"1.0\"?>\n<html><body><p>Asks a[.]example[.]net.</p></body></html>\n", "domain a.example.net at=feed:2\n", "[]"},
		{"options of commands", "Seen at a[.]example[.]net:\n```\nserve --web.page x --b[.]example[.]net\n```\n", "domain a.example.net at=feed:1\ndomain b.example.net at=feed:3\n", "[]"},
		{"several tables of Markdown, the first of which has names as a table", "## Hashes\n| SHA256 | File |\n|---|---|\n| `6cc175b9c0f1b6a831c399e269772661` | a.dll |\n## Addresses\n| IP | Role |\n|:---|---:|\n| `45.9.148.1` | C2 |\n",
			"hash 6cc175b9c0f1b6a831c399e269772661 at=feed:4\nip 45.9.148.1 at=feed:8\n", "[name of a file:1]"},
		{"a table of Markdown with URLs in front", "# Bot\n|url|is|hash|\n|-|-|-|\n|hxxp://45.9.148.1/a|Bot|6cc175b9c0f1b6a831c399e269772661|\n",
			"url http://45.9.148.1/a at=feed:4\nhash 6cc175b9c0f1b6a831c399e269772661 at=feed:4\n", "[]"},
		{"tables of URLs alone", "# Bot\n| Name |\n|---|\n| a.example.net |\n## Hacked\n| Site |\n|---|\n| http://b.example.net/p/ |\n## More\n| Title | Link |\n|---|---|\n| Bot | https://report.example.org/x |\n|https://report.example.org/|x|\n",
			"domain a.example.net at=feed:4\nurl http://b.example.net/p/ at=feed:8\n", "[URL that is not defanged: --iocs-format text-all takes it:1 URL without a path: --url-hosts takes its host:1]"},
		{"columns of URLs, and of links", "# Bot\n|URL|Threat|\n|---|---|\n| `http://a.example.net/x` | Bot |\n# More\n|IOC|Link|\n|---|---|\n|http://b.example.net/x|https://report.example.org/x|\n\n|Hash|C2 URL|\n|---|---|\n|6cc175b9c0f1b6a831c399e269772661|http://c.example.net/x|\n\n|Title|URL|\n|---|---|\n|Bot|https://report.example.org/x|\n",
			"url http://a.example.net/x at=feed:4\nurl http://b.example.net/x at=feed:8\nhash 6cc175b9c0f1b6a831c399e269772661 at=feed:12\nurl http://c.example.net/x at=feed:12\n", "[URL that is not defanged: --iocs-format text-all takes it:2]"},
		{"titles of lists before blocks of code", "# IOCs\n* **SHA256**\n```text\n6cc175b9c0f1b6a831c399e269772661ffffffff\n```\n* **Strings**\n```text\ndllhost.exe\nHKCR\\.enc\nHow to read your files\n```\n",
			"hash 6cc175b9c0f1b6a831c399e269772661ffffffff at=feed:4\n", "[name of a file:2]"},
		{"items of lists without a blank", "Seen:\n\n-45[.]9.148[.]1\n-a[.]example.net\nand more of that, as we were told\n", "ip 45.9.148.1 at=feed:3\ndomain a.example.net at=feed:4\n", "[]"},
		{"blocks of code beside a table", "# Bot\n```\n45.9.148.1\n45.9.148.2\n45.9.148.3\n```\n| 6cc175b9c0f1b6a831c399e269772661 | 6cc175b9c0f1b6a831c399e269772661ffffffff |\n",
			"ip 45.9.148.1 at=feed:3\nip 45.9.148.2 at=feed:4\nip 45.9.148.3 at=feed:5\nhash 6cc175b9c0f1b6a831c399e269772661 at=feed:7\nhash 6cc175b9c0f1b6a831c399e269772661ffffffff at=feed:7\n", "[]"},
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
`, "[not defanged, in prose: --iocs-format text-all takes it:1]"},
		{"items of lists of a page", `<html><body><p>Seen at a[.]example[.]net.</p><ul>
<li>b.example.net</li>
<li>C2: <b>c</b>.example.net (down)</li>
<li>C2 IPs: 45.9.148.1, 45.9.148.2</li>
<li>somebody mentioned example.com</li></ul><p>example.org is <strong>f</strong>[.]example.net's</p>
<table><tr><td>d.example.net and e.example.net</td></tr></table></body></html>
`, `
domain a.example.net at=feed:1
domain b.example.net at=feed:2
domain c.example.net at=feed:3
ip 45.9.148.1 at=feed:4
ip 45.9.148.2 at=feed:4
domain f.example.net at=feed:5
domain d.example.net at=feed:6
domain e.example.net at=feed:6
`, "[not defanged, in prose: --iocs-format text-all takes it:2]"},
		{"labels that say what follows", `C2 IP: 45.9.148.1:443
**Malicious domain:** a.example.net (down since b.example.net is up)
IPs: 45.9.148.2, 45[.]9[.]148[.]3 and 45.9.148.4
- SHA256: 6cc175b9c0f1b6a831c399e2697726616cc175b9c0f1b6a831c399e269772661
Payload URL: http://c.example.net/x,y
C2: d.example.net
MD5:7cc175b9c0f1b6a831c399e269772661
Host: e.example.net
Domain: 45.9.148.5
C2: main.py at work
Reference: https://report.example.org/x
`, `
ip:port 45.9.148.1:443 at=feed:1
domain a.example.net at=feed:2
ip 45.9.148.2 at=feed:3
ip 45.9.148.3 at=feed:3
ip 45.9.148.4 at=feed:3
hash 6cc175b9c0f1b6a831c399e2697726616cc175b9c0f1b6a831c399e269772661 at=feed:4
url http://c.example.net/x,y at=feed:5
domain d.example.net at=feed:6
hash 7cc175b9c0f1b6a831c399e269772661 at=feed:7
`, "[not defanged, in prose: --iocs-format text-all takes it:3]"},
		{"labels of references, victims and the house", `Seen at a[.]example[.]net.
IOCs: https://www.cisa.gov/news/aa26-1
IOCs: https://github.com/eset/malware-ioc/tree/x, github.com/eset/x
URL: https://www.microsoft.com/security/blog/x
URL: http://45.9.148.9/x
C2 URL: http://192.168.1.5/x
Domain: contoso.com
IP: 52.1.2.3 belongs to our VPN provider
IPs: 8.8.8.8, 1.1.1.1 were our resolvers
C2 IPs: 8.8.8.8, 1.1.1.1 were our resolvers
C2 IP: 10.0.0.5, 127.0.0.1, 169.254.1.1, 0.0.0.0, 224.0.0.1, 100.64.0.1, 45.9.148.8
C2: dc01.contoso.local
Malicious domains: a.corp, b.lan, c.internal, b.example.net
IOCs: c.example.net, 45[.]9[.]148[.]7
`, `
domain a.example.net at=feed:1
url http://45.9.148.9/x at=feed:5
ip 45.9.148.8 at=feed:11
domain b.example.net at=feed:13
domain c.example.net at=feed:14
ip 45.9.148.7 at=feed:14
`, "[URL that is not defanged: --iocs-format text-all takes it:5 not defanged, in prose: --iocs-format text-all takes it:16]"},
		{"a page that names STIX", "<html><body><p>A STIX_Package has a[.]example[.]net.</p></body></html>\n", "domain a.example.net at=feed:1\n", "[]"},
		{"a label of a sentence", "Asks a[.]example[.]net.\nIP: 45.9.148.1 is our proxy\n", "domain a.example.net at=feed:1\n", "[not defanged, in prose: --iocs-format text-all takes it:1]"},
		{"labels of a page", "<html><body><p>C2 IP: <b>45.9.148.1</b>, beside example.org</p></body></html>\n",
			"ip 45.9.148.1 at=feed:1\n", "[not defanged, in prose: --iocs-format text-all takes it:1]"},
		{"names in the headers of a mail", "Received: from mx.example.org\nContent-Type: text/plain\n\nAsks a[.]example[.]net.\n",
			"domain a.example.net at=feed:4\n", "[]"},
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

func TestTableVariants(t *testing.T) {
	checkVariants(t, []variant{
		{"networks without a header", "45.9.148.0/24,EU,Berlin\n45.9.149.0/24,EU,\n2001:db8::/32,EU,Paris\n", "cidr 45.9.148.0/24 at=feed:1\ncidr 45.9.149.0/24 at=feed:2\ncidr 2001:db8::/32 at=feed:3\n", "[]"},
		{"servers under names of several words", "SHA-256,Protocol,Listener/C2 URL,RSA key\n6cc175b9c0f1b6a831c399e269772661,HTTPS,https://45.9.148.1:4443/login,MIIB\n7cc175b9c0f1b6a831c399e269772661,TCP,45.9.148.2:4444,MIIC\n",
			"hash 6cc175b9c0f1b6a831c399e269772661 at=feed:2\nurl https://45.9.148.1:4443/login at=feed:2\nhash 7cc175b9c0f1b6a831c399e269772661 at=feed:3\nip:port 45.9.148.2:4444 at=feed:3\n", "[]"},
		{"values and mail addresses without a header", "6cc175b9c0f1b6a831c399e269772661;bot@a.example.net;45.9.148[.]1\n7cc175b9c0f1b6a831c399e269772661;bot@b.example.net;45.9.148[.]2\n",
			"hash 6cc175b9c0f1b6a831c399e269772661 at=feed:1\nip 45.9.148.1 at=feed:1\nhash 7cc175b9c0f1b6a831c399e269772661 at=feed:2\nip 45.9.148.2 at=feed:2\n", "[mail address:2]"},
		{"a value and whom to write to", "45.9.148.1;abuse@a.example.net\n45.9.148.2;abuse@b.example.net\n", "ip 45.9.148.1 at=feed:1\nip 45.9.148.2 at=feed:2\n", "[]"},
		{"a value, whom to write to, and its network", "45.9.148.1,abuse@a.example.net,45.9.148.0/24\n45.9.149.2,abuse@b.example.net,45.9.149.0/24\n", "ip 45.9.148.1 at=feed:1\nip 45.9.149.2 at=feed:2\n", "[]"},
		{"a name, whom to write to, and what it resolved to", "a.example.net;abuse@a.example.net;45.9.148.1\nb.example.net;abuse@b.example.net;45.9.148.1\n", "domain a.example.net at=feed:1\ndomain b.example.net at=feed:2\n", "[]"},
		{"columns of two types and of an attacker's", "SHA256,Domain/IP,Port,Phishing URL,Malicious IP,Infected IP\n6cc175b9c0f1b6a831c399e269772661,45.9.148.1,4444,https://a.example.net/a,,45.9.148.9\n,b.example.net,4445,,45.9.148.2,\n",
			"hash 6cc175b9c0f1b6a831c399e269772661 at=feed:2\nip:port 45.9.148.1:4444 at=feed:2\nurl https://a.example.net/a at=feed:2\ndomain b.example.net at=feed:3\nip:port 45.9.148.2:4445 at=feed:3\n", "[]"},
		{"types and values, of which the first cannot be read", "URL,http://[BLOCKED].example/rato.zip\nMD5,6cc175b9c0f1b6a831c399e269772661\nURL,hxxp://a[.]example[.]net/a\nSHA256,9f2c1d0b7a6e5f4c3b2a1908f7e6d5c4b3a29180706f5e4d3c2b1a0998877665\n",
			"hash 6cc175b9c0f1b6a831c399e269772661 at=feed:2\nurl http://a.example.net/a at=feed:3\nhash 9f2c1d0b7a6e5f4c3b2a1908f7e6d5c4b3a29180706f5e4d3c2b1a0998877665 at=feed:4\n", "[not an indicator:1]"},
		{"a column of URLs without any", "URL,Seen\n,2026-05-20\nhttp://45.9.148.1/a,2026-05-21\n", "url http://45.9.148.1/a at=feed:3\n", "[no value:1]"},
		{"hashes of several files a row", "first_seen,loader_md5,payload_sha256\n2026-05-20,6cc175b9c0f1b6a831c399e269772661,9f2c1d0b7a6e5f4c3b2a1908f7e6d5c4b3a29180706f5e4d3c2b1a0998877665\n",
			"hash 6cc175b9c0f1b6a831c399e269772661 first=2026-05-20 at=feed:2\nhash 9f2c1d0b7a6e5f4c3b2a1908f7e6d5c4b3a29180706f5e4d3c2b1a0998877665 first=2026-05-20 at=feed:2\n", "[]"},
		{"hashes beside values", "IoC,Type,MD5,Seen\n9f2c1d0b7a6e5f4c3b2a1908f7e6d5c4b3a29180706f5e4d3c2b1a0998877665,sha256,6cc175b9c0f1b6a831c399e269772661,x\na.example.net,domain,,x\n",
			"hash 9f2c1d0b7a6e5f4c3b2a1908f7e6d5c4b3a29180706f5e4d3c2b1a0998877665 at=feed:2\nhash 6cc175b9c0f1b6a831c399e269772661 at=feed:2\ndomain a.example.net at=feed:3\n", "[]"},
		{"patterns of STIX among values", `IOC, Valid From, Valid Until
[network-traffic:dst_ip = '45.9.148.1' AND network-traffic:dst_port = 80],2026-05-20T00:00:00Z,2099-04-29T00:00:00Z
6cc175b9c0f1b6a831c399e269772661;7cc175b9c0f1b6a831c399e269772661ffffffff;` + strings.Repeat("8cc175b9", 16) + `,2026-05-20T00:00:00Z,2099-04-29T00:00:00Z
45[.]9[.]148[.]2,2026-05-20T00:00:00Z,2099-04-29T00:00:00Z
"['a.example.net', 'b.example.net']",2026-05-20T00:00:00Z,2099-04-29T00:00:00Z
`, `
ip:port 45.9.148.1:80 until=2099-04-29T00:00:00Z at=feed:2
hash 6cc175b9c0f1b6a831c399e269772661 until=2099-04-29T00:00:00Z at=feed:3
hash 7cc175b9c0f1b6a831c399e269772661ffffffff until=2099-04-29T00:00:00Z at=feed:3
ip 45.9.148.2 until=2099-04-29T00:00:00Z at=feed:4
domain a.example.net until=2099-04-29T00:00:00Z at=feed:5
domain b.example.net until=2099-04-29T00:00:00Z at=feed:5
`, "[hash that is not the MD5, SHA-1 or SHA-256 of a file:1]"},
		{"a column of patterns", `id,type,name,pattern,pattern_type,valid_until,confidence
indicator--1,indicator,a.example.net,[domain-name:value = 'a.example.net'],stix,2099-01-01T00:00:00Z,80
indicator--2,indicator,Loader,"[file:hashes.MD5 = '6cc175b9c0f1b6a831c399e269772661' OR file:name = 'a.exe']",stix,,60
indicator--3,indicator,b.example.net,rule a { condition: true },yara,,
`, `
domain a.example.net until=2099-01-01T00:00:00Z at=feed:2 confidence=80
hash 6cc175b9c0f1b6a831c399e269772661 at=feed:3 confidence=60
`, "[pattern in yara:1 pattern on file:1]"},
		{"a column of patterns beside one of values", "indicator,type,pattern,pattern_type\na.example.net,domain,,\nb.example.net,domain,b[.]example,regex\n",
			"domain a.example.net at=feed:2\ndomain b.example.net at=feed:3\n", "[]"},
		{"a language in capitals", "pattern,pattern_type\n[domain-name:value = 'a.example.net'],STIX\n", "domain a.example.net at=feed:2\n", "[]"},
		{"whom names imitate", "IOC,Type,Imitated site\na[.]example[.]net,domain,bank[.]example\nb[.]example[.]net,domain,shop[.]example\n",
			"domain a.example.net at=feed:2\ndomain b.example.net at=feed:3\n", "[]"},
		{"where URLs lead", "URL,Then\nhxxp://a[.]example[.]net/,hxxps://bank[.]example/x\nhxxp://b[.]example[.]net/,hxxps://bank[.]example/x\nhxxp://45[.]9[.]148[.]1/a,none\n",
			"url http://45.9.148.1/a at=feed:4\n", "[URL without a path: --url-hosts takes its host:2]"},
		{"who was attacked with a file", "SHA256,Victim\n6cc175b9c0f1b6a831c399e269772661,bank[.]example\n7cc175b9c0f1b6a831c399e269772661,shop[.]example\n",
			"hash 6cc175b9c0f1b6a831c399e269772661 at=feed:2\nhash 7cc175b9c0f1b6a831c399e269772661 at=feed:3\n", "[]"},
		{"lines that end in carriage returns alone", "Type,Value\rdomain,a.example.net\rSHA1,6cc175b9c0f1b6a831c399e269772661ffffffff\r\n",
			"domain a.example.net at=feed:2\nhash 6cc175b9c0f1b6a831c399e269772661ffffffff at=feed:3\n", "[]"},
		{"MISP's export of attributes", `uuid,event_id,category,type,value,comment,to_ids,date
"5a",1,"Network activity","ip-dst","45.9.148.20","",1,1650000000
"5b",1,"Network activity","ip-dst","45.9.148.21","",0,1650000000
"5c",1,"Network activity","ip-dst|port","2a02:cf40::1|443","",1,1650000000
"5d",1,"Network activity","domain|ip","a.example.net|45.9.148.24","",1,1650000000
"5e",1,"Network activity","hostname|port","b.example.net|8443","",1,1650000000
"5f",1,"Payload delivery","filename|md5","x.exe|6cc175b9c0f1b6a831c399e269772661","",1,1650000000
"60",1,"Network activity","domain|ip","c.example.net|45.9.148.25","",0,1650000000
`, `
ip 45.9.148.20 at=feed:2
ip:port [2a02:cf40::1]:443 at=feed:4
domain a.example.net at=feed:5
ip 45.9.148.24 at=feed:5
domain b.example.net at=feed:6
hash 6cc175b9c0f1b6a831c399e269772661 at=feed:7
`, "[to_ids is false:2]"},
		{"MISP's attributes alone", `[{"type":"ip-dst","value":"45.9.148.1","to_ids":false},
{"type":"ip-dst","value":"45.9.148.2","to_ids":true,"deleted":true},
{"type":"ip-dst|port","value":"45.9.148.3|23","to_ids":true,"deleted":false}]`, "ip:port 45.9.148.3:23 at=feed:3\n",
			"[deleted:1 to_ids is false:1]"},
		{"Sentinel's ThreatIntelIndicators", `TimeGenerated [UTC],Id,Confidence,ObservableKey,ObservableValue,ValidUntil [UTC],IsActive,IsDeleted,Revoked
"11/1/2026, 1:02:03.456 AM",i1,90,ipv4-addr:value,45.9.154.5,"12/13/2026, 1:02:03.456 AM",true,false,false
"11/1/2026, 1:02:03.456 AM",i2,90,domain-name:value,a.example.net,"12/13/2026, 1:02:03.456 AM",true,false,true
"11/1/2026, 1:02:03.456 AM",i3,90,domain-name:value,b.example.net,"12/13/2026, 1:02:03.456 AM",false,false,false
"11/1/2026, 1:02:03.456 AM",i4,90,domain-name:value,c.example.net,"12/13/2026, 1:02:03.456 AM",true,true,false
"11/1/2026, 1:02:03.456 AM",i5,80,network-traffic:dst_ref.value,45.9.154.6,,true,false,false
`, "ip 45.9.154.5 until=2026-12-13T01:02:03.456Z at=feed:2 confidence=90\nip 45.9.154.6 at=feed:6 confidence=80\n", "[deleted:1 not active:1 revoked:1]"},
		{"networks of ThreatIntelligenceIndicator", "DomainName,NetworkIP,NetworkCidrBlock,Active\n,,45.9.160.0/24,true\na.example.net,,,false\n",
			"cidr 45.9.160.0/24 at=feed:2\n", "[not active:1]"},
		{"a column called ioc that says what a row is", "#ip,ioc\n45.9.148.1,Possible Cobaltstrike C2 IP\n45.9.148.2,Possible Cobaltstrike C2 IP\n",
			"ip 45.9.148.1 at=feed:2\nip 45.9.148.2 at=feed:3\n", "[]"},
		{"hashes and names of files", "Hash,Name\n6cc175b9c0f1b6a831c399e269772661,a.exe\n7cc175b9c0f1b6a831c399e269772661,b.com\n",
			"hash 6cc175b9c0f1b6a831c399e269772661 at=feed:2\nhash 7cc175b9c0f1b6a831c399e269772661 at=feed:3\n", "[]"},
		{"hashes and names of files, no header", "6cc175b9c0f1b6a831c399e269772661,a.exe\n7cc175b9c0f1b6a831c399e269772661,b.dll\n",
			"hash 6cc175b9c0f1b6a831c399e269772661 at=feed:1\nhash 7cc175b9c0f1b6a831c399e269772661 at=feed:2\n", "[]"},
		{"several values a line", "45.9.148.1,45.9.148.2:443,a.example.net\n45.9.148.3\n\"45.9.148.4\",b.example.net,,45.9.148.5\n", `
ip 45.9.148.1 at=feed:1
ip:port 45.9.148.2:443 at=feed:1
domain a.example.net at=feed:1
ip 45.9.148.3 at=feed:2
ip 45.9.148.4 at=feed:3
domain b.example.net at=feed:3
ip 45.9.148.5 at=feed:3
`, "[]"},
		{"several values a line, with semicolons", "45.9.148.1;45.9.148.2\n", "ip 45.9.148.1 at=feed:1\nip 45.9.148.2 at=feed:1\n", "[]"},
		{"several values a line, as a program writes them", "['45.9.148.1', '45.9.148.2']\n", "ip 45.9.148.1 at=feed:1\nip 45.9.148.2 at=feed:1\n", "[]"},
		{"several values a line, all defanged", "45[.]9[.]148[.]1, a[.]example[.]net\n", "ip 45.9.148.1 at=feed:1\ndomain a.example.net at=feed:1\n", "[]"},
		{"semicolons within URLs", "http://a.example.net/login;jsessionid=1\nhxxp://b.example[.]net/..;/admin ; seen in May\nhttp://c.example.net/x?a=1;b=2\n",
			"url http://a.example.net/login;jsessionid=1 at=feed:1\nurl http://b.example.net/..;/admin at=feed:2\nurl http://c.example.net/x?a=1;b=2 at=feed:3\n", "[]"},
		{"remarks behind URLs", "http://a.example.net/x;Emotet\nhttp://b.example.net/x;https://ref.example/id=1\nhttp://c.example.net/x ;a=1\n",
			"url http://a.example.net/x at=feed:1\nurl http://b.example.net/x at=feed:2\nurl http://c.example.net/x at=feed:3\n", "[]"},
		{"names of columns with dots that are not known", "@timestamp,host.name,destination.ip\n2026-05-20,cam-gw,45.9.148.1\n2026-05-20,cam-gw,45.9.148.2\n",
			"ip 45.9.148.1 at=feed:2\nip 45.9.148.2 at=feed:3\n", "[]"},
		{"a first record with a name, of a malware that has a dot", "win.mirai,a.example.net\nwin.mirai,45.9.148.1\nelf.mirai,45.9.148.2\n",
			"domain a.example.net at=feed:1\nip 45.9.148.1 at=feed:2\nip 45.9.148.2 at=feed:3\n", "[]"},
		{"a first record with a name, and others", "first_sample,a.example.net\nsecond,b.example.net\nthird,45.9.148.2\n",
			"domain a.example.net at=feed:1\ndomain b.example.net at=feed:2\nip 45.9.148.2 at=feed:3\n", "[]"},
		{"first records with names that could be columns", "evil.name,win.mirai\n45.9.148.1,Emotet\n45.9.148.2,Qakbot\n",
			"domain evil.name at=feed:1\nip 45.9.148.1 at=feed:2\nip 45.9.148.2 at=feed:3\n", "[]"},
		{"a first record with a name, and where it is from", "a.example.net,b.example.org,high\n45.9.148.1,manual,high\n",
			"domain a.example.net at=feed:1\nip 45.9.148.1 at=feed:2\n", "[]"},
		{"columns that are called as IntelMQ's", "classification_type,indicator,source_url\nmalware,a.example.net,http://b.example.net/x\n",
			"domain a.example.net at=feed:2\n", "[]"},
		{"a class beside values", "value,classification.type,source.url\n45.9.148.1,c2-server,http://b.example.net/x\n", "ip 45.9.148.1 at=feed:2\n", "[]"},
		{"IntelMQ's network, of an address", "classification.type,source.ip,source.network\nc2-server,45.9.148.1,45.9.148.0/22\n",
			"ip 45.9.148.1 threat=c2-server at=feed:2\n", "[]"},
		{"IntelMQ's network alone", "classification.type,source.network\nspam,45.9.148.0/22\n", "cidr 45.9.148.0/22 threat=spam at=feed:2\n", "[]"},
		{"IntelMQ's events", `"classification.type","source.ip","source.port","source.fqdn","source.url","malware.name","malware.hash.md5","time.source"
"c2-server","45.9.148.1","8080","a.example.net","","mirai","","2026-05-20T01:02:03+00:00"
"malware-distribution","","","","http://b.example.net/x","mirai","6cc175b9c0f1b6a831c399e269772661",""
"infected-system","45.9.148.9","","","","mirai","",""
`, `
ip:port 45.9.148.1:8080 threat=c2-server malware=mirai first=2026-05-20T01:02:03Z at=feed:2
domain a.example.net threat=c2-server malware=mirai first=2026-05-20T01:02:03Z at=feed:2
url http://b.example.net/x threat=malware-distribution malware=mirai at=feed:3
hash 6cc175b9c0f1b6a831c399e269772661 threat=malware-distribution malware=mirai at=feed:3
`, "[by its own word infected-system:1]"},
		{"FireEye's OpenIOC", `<?xml version="1.0"?>
<OpenIOC xmlns="http://openioc.org/schemas/OpenIOC_1.1"><criteria><Indicator operator="AND">
<IndicatorItem condition="is"><Context document="Network" search="Network/HTTP/Host"/><Content type="string">a.example.net</Content></IndicatorItem>
<IndicatorItem condition="is"><Context document="Network" search="Network/HTTP/Host"/><Content type="string">45.9.148.1</Content></IndicatorItem>
</Indicator></criteria></OpenIOC>
`, "domain a.example.net at=feed:3\nip 45.9.148.1 at=feed:4\n", "[]"},
		{"IntelMQ's events in JSON", `{"classification.type":"infected-system","source.ip":"45.9.148.9","destination.fqdn":"b.example.net"}
{"classification.type":"c2-server","source.fqdn":"a.example.net","feed.url":"http://c.example.net/x"}
`, "domain a.example.net threat=c2-server at=feed:2\n", "[by its own word infected-system:1]"},
		{"words behind hashes and addresses", "6cc175b9c0f1b6a831c399e269772661:mirai\n7cc175b9c0f1b6a831c399e269772661:68:Win.Mirai-1\n45.9.148.1:scanner\n45.9.148.2:\n45.9.148.3:80\n",
			"hash 6cc175b9c0f1b6a831c399e269772661 at=feed:1\nhash 7cc175b9c0f1b6a831c399e269772661 at=feed:2\nip 45.9.148.1 at=feed:3\nip 45.9.148.2 at=feed:4\nip:port 45.9.148.3:80 at=feed:5\n", "[]"},
		{"indicators behind hashes and addresses", "45.9.148.1\n45.9.148.2\n45.9.148.3:a.example.net\n45.9.148.4:x@a.example.net\n45.9.148.5\n" +
			"6cc175b9c0f1b6a831c399e269772661:da39a3ee5e6b4b0d3255bfef95601890afd80709\n6cc175b9c0f1b6a831c399e269772661:Win.Mirai\n",
			"ip 45.9.148.1 at=feed:1\nip 45.9.148.2 at=feed:2\nip 45.9.148.5 at=feed:5\nhash 6cc175b9c0f1b6a831c399e269772661 at=feed:7\n", "[mail address:1 not an indicator:2]"},
		{"words behind names and networks", "45.9.148.1\n45.9.148.2\n45.9.148.0/24\norg.example:artifact\na.example.net:x/y\n",
			"ip 45.9.148.1 at=feed:1\nip 45.9.148.2 at=feed:2\ncidr 45.9.148.0/24 at=feed:3\n", "[not an indicator:2]"},
		{"lines of a list that go on behind a final dot", "45.9.148.1\n45.9.148.2\nexample.org. 300 IN NS ns.example.org.\na[.]example[.]net. It asks often\n",
			"ip 45.9.148.1 at=feed:1\nip 45.9.148.2 at=feed:2\ndomain a.example.net at=feed:4\n", "[not an indicator:1]"},
		{"remarks behind a semicolon that are names", "45.9.148.1 ; host.example.org\n45.9.148.2\n", "ip 45.9.148.1 at=feed:1\nip 45.9.148.2 at=feed:2\n", "[]"},
		{"names and what they resolve to", "a.example.net,45.9.148.1\nb.example.net,45.9.148.1\n", "domain a.example.net at=feed:1\ndomain b.example.net at=feed:2\n", "[]"},
		{"names and addresses in any order", "a.example.net,45.9.148.1\n45.9.148.2,b.example.net\n", "domain a.example.net at=feed:1\nip 45.9.148.1 at=feed:1\nip 45.9.148.2 at=feed:2\ndomain b.example.net at=feed:2\n", "[]"},
		{"a word among several values a line", "x,45.9.148.1,45.9.148.2\n45.9.148.5,45.9.148.3,45.9.148.4\n", "ip 45.9.148.1 at=feed:1\nip 45.9.148.3 at=feed:2\n", "[]"},
		{"pages on the values", "45.9.148.1,https://report.example.org/x\n", "ip 45.9.148.1 at=feed:1\n", "[]"},
		{"what is defanged beside the values", "2026-05-20,45.9.148.1,asks a[.]example[.]net (not example.org)\n2026-05-21,45.9.148.2,none\n", `
ip 45.9.148.1 first=2026-05-20 at=feed:1
domain a.example.net first=2026-05-20 at=feed:1
ip 45.9.148.2 first=2026-05-21 at=feed:2
`, "[]"},
		{"several values in a cell", `value,entity_type
"6cc175b9c0f1b6a831c399e269772661,6cc175b9c0f1b6a831c399e269772661ffffffff",file
"45.9.148.1; 45.9.148.2",ip
a.example.net b.example.net,domain
"c.example.net, ours",domain
"http://d.example.net/x,y",url
"3:abc,6cc175b9c0f1b6a831c399e269772661",ssdeep
`, `
hash 6cc175b9c0f1b6a831c399e269772661 at=feed:2
hash 6cc175b9c0f1b6a831c399e269772661ffffffff at=feed:2
ip 45.9.148.1 at=feed:3
ip 45.9.148.2 at=feed:3
domain a.example.net at=feed:4
domain b.example.net at=feed:4
url http://d.example.net/x,y at=feed:6
`, "[hash that is not the MD5, SHA-1 or SHA-256 of a file:1 not an indicator:1]"},
		{"servers beside the hashes of what asks them", "SHA256,Type,C2\n" + strings.Repeat("6cc175b9c0f1b6a831c399e269772661", 2) + ",IPV4:PORT,45.9.148.1:80\n" + strings.Repeat("7cc175b9c0f1b6a831c399e269772661", 2) + ",DOMAIN,a.example.net\n" + strings.Repeat("8cc175b9c0f1b6a831c399e269772661", 2) + ",,yes\n", `
hash ` + strings.Repeat("6cc175b9c0f1b6a831c399e269772661", 2) + ` at=feed:2
ip:port 45.9.148.1:80 at=feed:2
hash ` + strings.Repeat("7cc175b9c0f1b6a831c399e269772661", 2) + ` at=feed:3
domain a.example.net at=feed:3
hash ` + strings.Repeat("8cc175b9c0f1b6a831c399e269772661", 2) + ` at=feed:4
`, "[]"},
		{"several values in a cell, some of which are none", `value,note
bot.zip|6cc175b9c0f1b6a831c399e269772661,x
45.9.148.0 255.255.255.0,x
45.9.149.0 /24,x
0.0.0.0 a.example.net,x
bot.zip loader.zip,x
`, "hash 6cc175b9c0f1b6a831c399e269772661 at=feed:2\ndomain a.example.net at=feed:5\n", "[name of a file:1 not an indicator:3]"},
		{"servers whose names end as files do", "family,c2\nMirai,a.zip\nMirai,45.9.148.1\nMirai,no\n", "domain a.zip malware=Mirai at=feed:2\nip 45.9.148.1 malware=Mirai at=feed:3\n", "[]"},
		{"servers beside what is defanged", "family,c2,stage\nMirai,45.9.148.1,hxxp://a[.]example[.]net/x\nMirai,a[.]example[.]net,https://blog.example.org/x\n",
			"ip 45.9.148.1 malware=Mirai at=feed:2\nurl http://a.example.net/x at=feed:2\ndomain a.example.net malware=Mirai at=feed:3\n", "[]"},
		{"a column of servers that says something else", "family,c2,found\nMirai,yes,45.9.148.1\nMirai,Cobalt Strike,45.9.148.2\n", "ip 45.9.148.1 at=feed:2\nip 45.9.148.2 at=feed:3\n", "[single label:1]"},
		{"no title in a table of names", "domain\na.zip\nN/A\nunknown\nnot known\nb.zip\n", "domain a.zip at=feed:2\ndomain b.zip at=feed:6\n", "[no value:1 not an indicator:1 single label:1]"},
		{"no title in a table of URLs", "url\nhttp://a.example.net/x\nunknown\nexample.org\n", "url http://a.example.net/x at=feed:2\n", "[URL without a path: --url-hosts takes its host:2]"},
		{"no title in a table of what is no hash of a file", "ja3\n6cc175b9c0f1b6a831c399e269772661\nunknown\n7cc175b9c0f1b6a831c399e269772661\n", "", "[hash that is not the MD5, SHA-1 or SHA-256 of a file:3]"},
		{"atoms", "atom_value,atom_type,first_seen\n45.9.148.1,ip,2026-01-02\na.example.net,fqdn,2026-01-03\n", "ip 45.9.148.1 first=2026-01-02 at=feed:2\ndomain a.example.net first=2026-01-03 at=feed:3\n", "[]"},
		{"types of addresses by other names", "type,value\nip4addr,45.9.148.1\nIPV4:PORT,45.9.148.2:80\n", "ip 45.9.148.1 at=feed:2\nip:port 45.9.148.2:80 at=feed:3\n", "[]"},
		{"servers of an attacker with the paths asked for", "c2_ip\tport\tdomains\thost_header\n45.9.148.1\t443\t45.9.148.1,/load,a.example.net,/load\tcdn.example.org\n45.9.148.2\t80\tNone\tNone\n", `
ip:port 45.9.148.1:443 at=feed:2
domain a.example.net at=feed:2
ip:port 45.9.148.2:80 at=feed:3
`, "[]"},
		{"titles in a table of one column", `Hashes
6cc175b9c0f1b6a831c399e269772661
7cc175b9c0f1b6a831c399e269772661 - loader.exe, from 45[.]9[.]148[.]9

45.9.148.1 (:443)
URLs
hxxp[:]//a[.]example[.]net/x
http://files.example.org/
C2 servers of May (down)
45[.]9[.]148[.]2
b.example.net
readme_restore.txt
Domains:
c[.]example[.]net
d.zip
MD5
8cc175b9c0f1b6a831c399e269772661
bot.exe
e[.]zip
MD5 = 9cc175b9c0f1b6a831c399e269772661
`, `
hash 6cc175b9c0f1b6a831c399e269772661 at=feed:2
hash 7cc175b9c0f1b6a831c399e269772661 at=feed:3
ip 45.9.148.9 at=feed:3
ip 45.9.148.1 at=feed:5
url http://a.example.net/x at=feed:7
ip 45.9.148.2 at=feed:10
domain b.example.net at=feed:11
domain c.example.net at=feed:14
domain d.zip at=feed:15
hash 8cc175b9c0f1b6a831c399e269772661 at=feed:17
domain e.zip at=feed:19
hash 9cc175b9c0f1b6a831c399e269772661 at=feed:20
`, "[URL without a path: --url-hosts takes its host:1 name of a file:2 not an indicator:1]"},
		{"words of their own for types", `type,ioc
ip,45.9.148.1
File (SHA2),6cc175b9c0f1b6a831c399e2697726616cc175b9c0f1b6a831c399e269772661
SHA2-256,7cc175b9c0f1b6a831c399e2697726616cc175b9c0f1b6a831c399e269772661
Dropper hash,8cc175b9c0f1b6a831c399e269772661
IP Address and Port,45.9.148.4:443
C&C,45.13.0.1
Domain (second stage),a.example.net
C&C name,b.example.net
Certificate SHA1,9cc175b9c0f1b6a831c399e269772661ffffffff
File name,acc175b9c0f1b6a831c399e269772661
Victim,45.9.148.9
Malware domain or URL,c.example.net
C2 server,45.9.148.10
Email address,45.9.148.11
`, `
ip 45.9.148.1 at=feed:2
hash 6cc175b9c0f1b6a831c399e2697726616cc175b9c0f1b6a831c399e269772661 at=feed:3
hash 7cc175b9c0f1b6a831c399e2697726616cc175b9c0f1b6a831c399e269772661 at=feed:4
hash 8cc175b9c0f1b6a831c399e269772661 at=feed:5
ip:port 45.9.148.4:443 at=feed:6
ip 45.13.0.1 at=feed:7
domain c.example.net at=feed:13
ip 45.9.148.10 at=feed:14
`, "[mail address:1 type C&C name:1 type Certificate SHA1:1 type Domain (second stage):1 type File name:1 type Victim:1]"},
		{"words for types of somebody else's", `type,value
DNS resolver,8.8.8.8
our gateway,52.1.1.1
Company domain,corp-example.com
sender domain,gmail.com
reference url,https://blog.vendor.example.com/x
`, "", "[type Company domain:1 type DNS resolver:1 type our gateway:1 type reference url:1 type sender domain:1]"},
		{"rows that are harmless by their own word", `ioc,Whitelisted,Verdict,Status
45.9.148.1,FALSE,Malicious,online
45.9.148.2,TRUE,,
45.9.148.3,yes,,
45.9.148.4,1,,
45.9.148.5,,Benign,
45.9.148.6,,False Positive,
45.9.148.7,,clean,
45.9.148.8,,,Revoked
45.9.148.9,,,inactive
45.9.148.10,,,falsepos
45.9.148.11,,,Whitelisted
45.9.148.12,no,,offline
`, "ip 45.9.148.1 at=feed:2\nip 45.9.148.12 at=feed:13\n",
			"[by its own word benign:1 by its own word clean:1 by its own word false positive:1 by its own word falsepos:1 by its own word inactive:1 by its own word revoked:1 by its own word whitelisted:1 whitelisted:3]"},
		{"a table that calls an address as Shodan does", "ip_str,domain,url,malware\n45.9.148.7,a.example.net,http://a.example.net/x,Mirai\n", `
ip 45.9.148.7 malware=Mirai at=feed:2
domain a.example.net malware=Mirai at=feed:2
url http://a.example.net/x malware=Mirai at=feed:2
`, "[]"},
		{"a table of Shodan", "ip_str,port,hostnames,domains,org\n45.9.148.7,443,\"a.isp.example,b.isp.example\",isp.example,ISP\n", "ip:port 45.9.148.7:443 at=feed:2\n",
			"[name of an address that was scanned:3]"},
		{"DShield", "# DShield.org Recommended Block List\nStart\tEnd\tNetblock\tAttacks\tName\tCountry\temail\n45.10.16.0\t45.10.16.255\t24\t3000\tX\tUS\ta@b.example\n",
			"cidr 45.10.16.0/24 at=feed:3\n", "[]"},
		{"dates", "ioc,first_seen,last_seen,valid_until\na.example.net,Feb 13 2026,13-Feb-2026,never\nb.example.net,1771000000,1771000000123,20261231\n", `
domain a.example.net first=2026-02-13 last=2026-02-13 at=feed:2
domain b.example.net first=2026-02-13T16:26:40Z last=2026-02-13T16:26:40.123Z until=2026-12-31 at=feed:3
`, "[]"},
		{"ranges of addresses", "ip,description\n45.13.0.11-45.13.0.20,x\n45[.]13[.]1[.]0 - 45[.]13[.]1[.]255,y\n45.13.0.9-45.13.0.8,z\n", `
ip 45.13.0.11 at=feed:2
cidr 45.13.0.12/30 at=feed:2
cidr 45.13.0.16/30 at=feed:2
ip 45.13.0.20 at=feed:2
cidr 45.13.1.0/24 at=feed:3
`, "[not an indicator:1]"},
		{"masks", "45.13.3.0/255.255.255.0\n45.13.4.7/255.255.255.255\n45.13.5.0/255.0.255.0\nevil.example.com/45.13.5.1\n",
			"cidr 45.13.3.0/24 at=feed:1\nip 45.13.4.7 at=feed:2\nurl evil.example.com/45.13.5.1 at=feed:4\n", "[not an indicator:1]"},
		{"text kept from a spreadsheet", "ioc,type\n=\"45.13.0.18\",ip\n", "ip 45.13.0.18 at=feed:2\n", "[]"},
		{"a title that is no header", "iocs:\n  - 45.9.148.1\n  - a.example.net\n", "ip 45.9.148.1 at=feed:2\ndomain a.example.net at=feed:3\n", "[]"},
		{"Excel's sep", "sep=;\r\nType;Indicator;Comment\r\nIP;45.9.154.18;\"a;b\"\r\n", "ip 45.9.154.18 at=feed:3\n", "[]"},
		{"names of malware in two columns", "ioc,malware_printable,malware\n45.9.148.1,,Mirai\n45.9.148.2,Gafgyt,Bashlite\n", "ip 45.9.148.1 malware=Mirai at=feed:2\nip 45.9.148.2 malware=Gafgyt at=feed:3\n", "[]"},
		{"types behind an empty column, without a header", "45.9.148.1:80,,ip:port\n2a00:1:0:0:0:0:0:7:443,,ip:port\n45.9.148.7:81,,ip:port\n", "ip:port 45.9.148.1:80 at=feed:1\nip:port [2a00:1::7]:443 at=feed:2\nip:port 45.9.148.7:81 at=feed:3\n", "[]"},
		{"types that were filled downwards", "type,ioc\nIPv4,45.9.148.1\nIPv5,45.9.148.2\nSHA256,6cc175b9c0f1b6a831c399e2697726616cc175b9c0f1b6a831c399e269772661\nSHA257,7cc175b9c0f1b6a831c399e2697726616cc175b9c0f1b6a831c399e269772661\nMD6,45.9.148.3\nVictim 2,45.9.148.4\nSHA3-256,8cc175b9c0f1b6a831c399e2697726616cc175b9c0f1b6a831c399e269772661\nSHA3,8cc175b9c0f1b6a831c399e269772661ffffffff\nMD4,9cc175b9c0f1b6a831c399e269772661\n",
			"ip 45.9.148.1 at=feed:2\nip 45.9.148.2 at=feed:3\nhash 6cc175b9c0f1b6a831c399e2697726616cc175b9c0f1b6a831c399e269772661 at=feed:4\nhash 7cc175b9c0f1b6a831c399e2697726616cc175b9c0f1b6a831c399e269772661 at=feed:5\nhash 8cc175b9c0f1b6a831c399e269772661ffffffff at=feed:9\n", "[type MD4:1 type MD6:1 type SHA3-256:1 type Victim 2:1]"},
		{"a table of articles below text", "What we wrote, see [here](https://blog.example.org/):\n\n| Title | Published at |\n|---|---|\n| Bot | https://blog.example.org/a |\n| Loader | https://blog.example.org/b |\n| c | https://blog.example.org/c |\n| d | https://blog.example.org/d |\n| e | https://blog.example.org/e |\n", "", "[]"},
		{"a table of URLs alone", "| Family | Payload |\n|---|---|\n| Bot | https://a.example.net/a |\n| Loader | https://a.example.net/b |\n| c | https://a.example.net/c |\n| d | https://a.example.net/d |\n",
			"url https://a.example.net/a at=feed:3\nurl https://a.example.net/b at=feed:4\nurl https://a.example.net/c at=feed:5\nurl https://a.example.net/d at=feed:6\n", "[single label:2]"},
		{"a table of payloads below text", "What we saw today.\n\n| Bot | Payload |\n|---|---|\n| a | https://a.example.net/a |\n| b | https://a.example.net/b |\n| c | https://a.example.net/c |\n| d | https://a.example.net/d |\n",
			"url https://a.example.net/a at=feed:5\nurl https://a.example.net/b at=feed:6\nurl https://a.example.net/c at=feed:7\nurl https://a.example.net/d at=feed:8\n", "[no value:1 single label:2]"},
		{"a table of URLs below text", "What we saw today.\n\n| Seen | URL |\n|---|---|\n| Mo | https://a.example.net/a |\n| Tu | https://a.example.net/b |\n| We | https://a.example.net/c |\n| Th | https://a.example.net/d |\n",
			"url https://a.example.net/a at=feed:5\nurl https://a.example.net/b at=feed:6\nurl https://a.example.net/c at=feed:7\nurl https://a.example.net/d at=feed:8\n", "[no value:1 single label:2]"},
		{"names of files below a title", "SHA256\n6cc175b9c0f1b6a831c399e2697726616cc175b9c0f1b6a831c399e269772661\nWhat it drops:\nmain.py\n", "hash 6cc175b9c0f1b6a831c399e2697726616cc175b9c0f1b6a831c399e269772661 at=feed:2\n", "[name of a file:1 not an indicator:1]"},
		{"words for types", `Indicator,Type,Malware Families,Threat Types
45.9.154.11,ip_address,Mirai,Botnet
45.9.162.0/24,ip_address_block,,
6cc175b9c0f1b6a831c399e269772661,hash_md5,,
45.9.154.12,C2 IP,,
a.example.net,Malicious Domain,,
x,mutex_name,,
`, `
ip 45.9.154.11 threat=Botnet malware=Mirai at=feed:2
cidr 45.9.162.0/24 at=feed:3
hash 6cc175b9c0f1b6a831c399e269772661 at=feed:4
ip 45.9.154.12 at=feed:5
domain a.example.net at=feed:6
`, "[type mutex_name:1]"},
	})
}

func TestOtherColumns(t *testing.T) {
	_, reports, err := read(t, []Source{of("x,45.9.148.1,a.example.net,https://report.example.org/x\ny,45.9.148.2,b.example.net,\nz,45.9.148.3,,\n")}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "warnings", faults(reports[0].Warnings),
		"1 b.example.net: not taken from column 3: 2 of the first 3 records have what would be an indicator there; column 2 is taken\n")
	_, reports, err = read(t, []Source{of("a.dll,6cc175b9c0f1b6a831c399e269772661,http://45.9.148.1/a\nb.dll,7cc175b9c0f1b6a831c399e269772661,http://b.example.net/a\n")}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "warnings", faults(reports[0].Warnings),
		"1 http://45.9.148.1/a: not taken from column 3: 2 of the first 2 records have what would be an indicator there; column 2 is taken\n")
}

func TestOtherColumnsBelowHeader(t *testing.T) {
	list, reports, err := read(t, []Source{of("SHA256,Seen at,Imphash,Fetched from,Reference,IndicatorId\n" +
		"6cc175b9c0f1b6a831c399e269772661,45.9.148.1,7cc175b9c0f1b6a831c399e269772661,hxxp://a[.]example[.]net/a,hxxps://report[.]example[.]org/x,dcc175b9c0f1b6a831c399e269772661\n" +
		"8cc175b9c0f1b6a831c399e269772661,,9cc175b9c0f1b6a831c399e269772661,hxxp://b[.]example[.]net/b,,at c[.]example[.]net\n" +
		"acc175b9c0f1b6a831c399e269772661,45.9.148.2,,none,,\n")}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "indicators", lines(list), `
hash 6cc175b9c0f1b6a831c399e269772661 at=feed:2
url http://a.example.net/a at=feed:2
hash 8cc175b9c0f1b6a831c399e269772661 at=feed:3
url http://b.example.net/b at=feed:3
hash acc175b9c0f1b6a831c399e269772661 at=feed:4
`)
	compare(t, "warnings", faults(reports[0].Warnings), `
1 45.9.148.2: not taken from column Seen at: 2 of the first 3 records have what would be an indicator there
1 hxxps://report[.]example[.]org/x: not taken from column Reference: 1 of the first 3 records have what would be an indicator there
`)
}

func TestNoteIsNoColumnOfValues(t *testing.T) {
	list, _, err := read(t, []Source{of("Indicator_type,Data,Note\nDescription,The campaign,https://news.example.org/x \u200e\ndomain,a.example.net,hxxps://b[.]example[.]net/y\ndomain,c.example.net,\n")}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "indicators", lines(list), "domain a.example.net at=feed:3\ndomain c.example.net at=feed:4\n")
}

func TestOtherNames(t *testing.T) {
	_, reports, err := read(t, []Source{of(`{"seen":"45.9.148.9",
"list":[{"ip":"45.9.148.1","attacker":"45.9.148.2","more":{"x":["a.example.net"]},"less":[{"x":"c.example.net"}],"peers":["45.9.148.3","45.9.148.4"],"link":"https://report.example.org/x","host":"b.example.net"},
{"attacker":"45.9.148.5","deep":[{"ip":"45.9.148.6"}]}]}`)}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "warnings", faults(reports[0].Warnings), `
1 45.9.148.9: not taken from seen: 1 there would be indicators, in the first 100 objects
2 45.9.148.2: not taken from attacker: 2 there would be indicators, in the first 100 objects
2 a.example.net: not taken from more: 1 there would be indicators, in the first 100 objects
2 c.example.net: not taken from less: 1 there would be indicators, in the first 100 objects
2 45.9.148.3: not taken from peers: 2 there would be indicators, in the first 100 objects
`)
}

func TestJSONVariants(t *testing.T) {
	checkVariants(t, []variant{
		{"lines of STIX that begin with what the indicators are about", `{"type":"attack-pattern","id":"attack-pattern--1","name":"Malware"}
{"type":"domain-name","id":"domain-name--1","value":"b.example.net"}
{"type":"indicator","id":"indicator--1","pattern":"[domain-name:value = 'a.example.net']"}
`, "domain a.example.net at=feed:3\n", "[no indicator: attack-pattern:1 no indicator: domain-name:1]"},
		{"a bundle of STIX 2.0's drafts", `{"type":"bundle","id":"bundle--1","spec_version":"2.0",
"indicators":[{"type":"indicator","id":"indicator--1","pattern":"[domain-name:value = 'a.example.net']"}]}
`, "domain a.example.net at=feed:2\n", "[]"},
		{"an array of values", `["45.9.148.1", "a.example.net",
"45.9.148.2:80", null, ["b.example.net"]]`, "ip 45.9.148.1 at=feed:1\ndomain a.example.net at=feed:1\nip:port 45.9.148.2:80 at=feed:2\n",
			"[no value:1 not a JSON object:1]"},
		{"lists of values", "{\"ips\":[\"45.9.148.1\",\n\"45.9.148.2\"],\"domains\":[\"a.example.net\"],\"references\":[\"https://b.example.net/x\"],\"tags\":[\"x\"]}",
			"ip 45.9.148.1 at=feed:1\nip 45.9.148.2 at=feed:2\ndomain a.example.net at=feed:2\n", "[in a list of another name: references:1]"},
		{"lists of values, one object a line", `{"ips":["45.9.148.1","45.9.148.2"],"malware":"Mirai","tags":["x","y"]}` + "\n",
			"ip 45.9.148.1 malware=Mirai tags=x,y at=feed:1\nip 45.9.148.2 malware=Mirai tags=x,y at=feed:1\n", "[]"},
		{"OTX's pulses", `{"results":[
{"id":"5","name":"P","tags":["m"],"indicators":[{"indicator":"45.9.148.1","type":"IPv4","is_active":1},
{"indicator":"a.example.net","type":"domain","is_active":0}]},
{"id":"6","name":"Q","tags":["m"]}],"count":2}`, "ip 45.9.148.1 at=feed:2\n", "[no value:1 not active:1]"},
		{"a deleted object of MISP", `{"Event":{"Object":[{"name":"a","deleted":true,"Attribute":[{"type":"domain","value":"a.example.net","to_ids":true}]},
{"name":"b","Attribute":[
{"type":"domain","value":"b.example.net","to_ids":true}],"deleted":false},{"Attribute":[{"type":"domain","value":"c.example.net","to_ids":true}],"deleted":"1"}]}}`,
			"domain b.example.net at=feed:3\n", "[deleted:2]"},
		{"an answer of Log Analytics", `{"tables":[{"name":"PrimaryResult","columns":[{"name":"NetworkIP","type":"string"},{"name":"DomainName","type":"string"},{"name":"Active","type":"bool"},
{"name":"ConfidenceScore","type":"real"}],"rows":[["45.9.148.1","",true,80],
["","a.example.net",true,70.0],["","b.example.net",false,80]]}]}`, "ip 45.9.148.1 at=feed:2 confidence=80\ndomain a.example.net at=feed:3 confidence=70\n", "[not active:1]"},
		{"indicators of Graph", `{"value":[{"networkIPv4":"45.9.148.1","domainName":"a.example.net","url":null,"expirationDateTime":"2027-01-01T00:00:00Z","isActive":true,"malwareFamilyNames":["Mirai"]}]}`,
			"ip 45.9.148.1 malware=Mirai until=2027-01-01T00:00:00Z at=feed:1\ndomain a.example.net malware=Mirai until=2027-01-01T00:00:00Z at=feed:1\n", "[]"},
		{"indicators in Elastic's Common Schema", `{"threat":{"indicator":{"x509":{"hash":{"md5":"7cc175b9c0f1b6a831c399e269772661"}},"type":"x509-certificate"}}}
{"threat":{"indicator":{"ip":"45.9.148.1","port":443,"type":"ipv4-addr","first_seen":"2026-05-20T00:00:00Z","reference":["https://report.example.org/x"],"tags":["botnet"]}}}
{"threat":{"indicator":{"domain":["a.example.net","b.example.net"],"type":"domain-name"}}}
{"_source":{"@timestamp":"2026-05-20T00:00:00Z","threat":{"framework":"x","indicator":{"type":"url","url":{"full":"https://c.example.net/a","domain":"c.example.net"}}}}}
{"threat":{"indicator":{"file":{"name":"a.exe","hash":{"md5":["6cc175b9c0f1b6a831c399e269772661"],"sha1":null}},"type":"file"}}}
`, `
ip:port 45.9.148.1:443 first=2026-05-20T00:00:00Z tags=botnet at=feed:2
domain a.example.net at=feed:3
domain b.example.net at=feed:3
url https://c.example.net/a at=feed:4
hash 6cc175b9c0f1b6a831c399e269772661 at=feed:5
`, "[no value:1]"},
		{"results of Splunk, one a line", `{"preview":false,"offset":0,"result":{"ip":"45.9.148.1","C2Url":"https://a.example.net/x"}}` + "\n" +
			`{"preview":false,"offset":1,"result":{"ip":"45.9.148.2","C2Url":["https://b.example.net/x","https://c.example.net/x"]}}` + "\n" +
			`{"preview":false,"lastrow":true,"result":{"ip":"45.9.148.3"}}` + "\n",
			"ip 45.9.148.1 at=feed:1\nurl https://a.example.net/x at=feed:1\nip 45.9.148.2 at=feed:2\nurl https://b.example.net/x at=feed:2\nurl https://c.example.net/x at=feed:2\nip 45.9.148.3 at=feed:3\n", "[]"},
		{"hits of Elasticsearch", `{"took":1,"hits":{"total":2,"hits":[{"_id":"1","_source":{"ip":"45.9.148.1"}},` + "\n" + `{"_id":"2","_source":{"ip":"45.9.148.2"}}]}}` + "\n",
			"ip 45.9.148.1 at=feed:1\nip 45.9.148.2 at=feed:2\n", "[]"},
		{"MISP's attributes, one a line", `{"type":"ip-dst","value":"45.9.148.1","to_ids":true}` + "\n" + `{"type":"ip-dst","value":"45.9.148.2","to_ids":false}` + "\n",
			"ip 45.9.148.1 at=feed:1\n", "[to_ids is false:1]"},
		{"objects below a value", `[{"ip":"45.9.148.1","urls":[{"url":"http://a.example.net/i"}]},{"ip":"45.9.148.2","domains":[],"related":[{"domain":"x.example.net"}]}]`,
			"url http://a.example.net/i at=feed:1\nip 45.9.148.1 at=feed:1\ndomain x.example.net at=feed:1\nip 45.9.148.2 at=feed:1\n", "[]"},
		{"lists of many names", `{"iocs":{"ipv4":["45[.]9[.]148[.]1"],"urls":["hxxp://a[.]example[.]net/x"],"sha256s":["0acac44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],"emails":["a@b.example.net"]}}`,
			"ip 45.9.148.1 at=feed:1\nurl http://a.example.net/x at=feed:1\nhash 0acac44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 at=feed:1\n",
			"[in a list of another name: emails:1]"},
		{"an object below a value, beside values", `{"Hashes":{"SHA256":["6cc175b9c0f1b6a831c399e2697726616cc175b9c0f1b6a831c399e269772661"],"MD5":"7cc175b9c0f1b6a831c399e269772661"},"IPs":["45.9.148.1"]}`, `
hash 6cc175b9c0f1b6a831c399e2697726616cc175b9c0f1b6a831c399e269772661 at=feed:1
hash 7cc175b9c0f1b6a831c399e269772661 at=feed:1
ip 45.9.148.1 at=feed:1
`, "[]"},
		{"servers of a malware", `[{"malware":"Mirai","c2":["45.9.148.1:443"],"domains":["a.example.net"]},{"c2":true,"ip":"45.9.148.2"},{"c2_servers":["45.9.148.3","b.example.net"]}]`, `
ip:port 45.9.148.1:443 malware=Mirai at=feed:1
domain a.example.net malware=Mirai at=feed:1
ip 45.9.148.2 at=feed:1
ip 45.9.148.3 at=feed:1
domain b.example.net at=feed:1
`, "[]"},
		{"a server among more names than a table has", `[{` + strings.Repeat(`"a":"x",`, 1001) + `"c2":"45.9.148.1"}]`, "ip 45.9.148.1 at=feed:1\n", "[]"},
		{"a list of servers", "{\n\"c2\": [\"45.9.148.1:443\", \"a.zip\"]}", "ip:port 45.9.148.1:443 at=feed:2\ndomain a.zip at=feed:2\n", "[]"},
		{"lists of servers", `{"c2":["45.9.148.1:443","a.example.net"]}`, "ip:port 45.9.148.1:443 at=feed:1\ndomain a.example.net at=feed:1\n", "[]"},
		{"Shodan", `{"ip_str":"45.9.148.1","port":443,"hostnames":["a.isp.example"],"domains":["isp.example"],"isp":"ISP","data":"HTTP/1.1 200 OK"}
{"ip_str":"45.9.148.2","port":80,"hostnames":[],"domains":[],"isp":"ISP","data":""}
`, "ip:port 45.9.148.1:443 at=feed:1\nip:port 45.9.148.2:80 at=feed:2\n", "[name of an address that was scanned:2]"},
		{"a search in Shodan", `{"matches":[{"ip_str":"45.9.148.1","port":443,"domains":["isp.example"],"hostnames":[],"org":"ISP"}],"total":1}`, "ip:port 45.9.148.1:443 at=feed:1\n",
			"[name of an address that was scanned:1]"},
		{"a host in Shodan", `{
"domains":["isp.example"],"hostnames":["a.isp.example"],"asn":"AS64500","ip_str":"45.9.148.1",
"data":[{"ip_str":"45.9.148.1","port":443}]}`, "ip:port 45.9.148.1:443 at=feed:3\n", "[name of an address that was scanned:2]"},
		{"objects that call an address as Shodan does", `[{"ip_str":"45.9.148.7","domain":"a.example.net","url":"http://a.example.net/x","malware":"Mirai"}]`,
			"ip 45.9.148.7 malware=Mirai at=feed:1\ndomain a.example.net malware=Mirai at=feed:1\nurl http://a.example.net/x malware=Mirai at=feed:1\n", "[]"},
		{"lists beside an address as Shodan calls it", `{"ip_str":"45.9.148.7","domains":["a.example.net","b.example.net"]}` + "\n",
			"ip 45.9.148.7 at=feed:1\ndomain a.example.net at=feed:1\ndomain b.example.net at=feed:1\n", "[]"},
		{"TheHive", `[{"dataType":"ip","data":"45.9.148.1","ioc":true},{"dataType":"domain","data":"a.example.net","ioc":true},{"dataType":"ip","data":"45.9.148.2","ioc":false},{"dataType":"user-agent","data":"curl","ioc":true}]`,
			"ip 45.9.148.1 at=feed:1\ndomain a.example.net at=feed:1\n", "[ioc is false:1 type user-agent:1]"},
		{"objects that are harmless by their own word", `[{"ip":"45.9.148.1","whitelisted":true},{"ip":"45.9.148.2","status":"falsepos"},{"ip":"45.9.148.3","whitelisted":false,"status":"online"}]`,
			"ip 45.9.148.3 at=feed:1\n", "[by its own word falsepos:1 whitelisted:1]"},
		{"an answer of URLhaus", `{"query_status":"ok","urls":[{"id":"1","url":"http://a.example.net/i","host":"a.example.net","threat":"malware_download","tags":["elf"]}]}`,
			"url http://a.example.net/i threat=malware_download tags=elf at=feed:1\n", "[]"},
		{"an answer of URLhaus about a host", `{"query_status":"ok","host":"a.example.net","urls":[{"url":"http://a.example.net/i"}]}` + "\n", "url http://a.example.net/i at=feed:1\n", "[]"},
		{"an empty list beside values", `[{"ip":"45.9.148.1","domains":[]}]`, "ip 45.9.148.1 at=feed:1\n", "[]"},
		{"an answer of ThreatFox about one", "{\"query_status\":\"ok\",\n\"data\":{\"id\":\"41\",\"ioc\":\"45.9.148.1:80\",\"ioc_type\":\"ip:port\",\"tags\":[\"x\"]}}",
			"ip:port 45.9.148.1:80 tags=x at=feed:2\n", "[]"},
		{"one indicator of STIX over lines", "{\"type\":\"indicator\",\n\"pattern\":\"[domain-name:value = 'a.example.net']\"}\n{\"type\":\"indicator\",\n\"pattern\":\"[domain-name:value = 'b.example.net']\"}\n",
			"domain a.example.net at=feed:1\ndomain b.example.net at=feed:3\n", "[]"},
		{"fingerprints of clients", "# ja3_md5,Firstseen,Lastseen,Listingreason\nb386946a5a44d1ddcc843bc75336dfce,2017-07-14 18:08:15,2019-07-27 20:42:54,Dridex\n", "",
			"[hash that is not the MD5, SHA-1 or SHA-256 of a file:1]"},
	})
}

// manyAddresses are the first lines of a list, and manyAddressesTaken what is taken of
// them.
var manyAddresses, manyAddressesTaken = func() (list, taken string) {
	for n := range 10 {
		list += fmt.Sprintf("45.9.147.%d\n", n+1)
		taken += fmt.Sprintf("ip 45.9.147.%d at=feed:%d\n", n+1, n+1)
	}
	return list, taken
}()

// movedDown is what is taken of a list that has n lines before it.
func movedDown(taken string, n int) string {
	return regexp.MustCompile(`feed:\d+`).ReplaceAllStringFunc(taken, func(at string) string {
		line, _ := strconv.Atoi(at[len("feed:"):])
		return fmt.Sprintf("feed:%d", line+n)
	})
}

func TestListVariants(t *testing.T) {
	checkVariants(t, []variant{
		{"more bad lines than good ones", "45.9.148.1\ncom\nlocalhost # here\n999.1.1.1\n", "ip 45.9.148.1 at=feed:1\n", "[not an indicator:1 single label:2]"},
		{"single labels and public suffixes alone", "localhost\nsu\nco.uk\n", "", "[public suffix:1 single label:2]"},
		{"ranges of addresses alone", "45.9.148.0-45.9.148.255\n45.9.149.0 - 45.9.149.255\n", "cidr 45.9.148.0/24 at=feed:1\ncidr 45.9.149.0/24 at=feed:2\n", "[]"},
		{"hashes behind names of files", "1.2.2025 | Bot | x\n.url https://a.example.net/x.zip\n.zip 6cc175b9c0f1b6a831c399e269772661ffffffff pw = abc\nprint.dll 7cc175b9c0f1b6a831c399e269772661ffffffff\n.dll 8cc175b9c0f1b6a831c399e269772661ffffffff (benign)\ncmd.exe /c x\n" + manyAddresses,
			"url https://a.example.net/x.zip at=feed:2\nhash 6cc175b9c0f1b6a831c399e269772661ffffffff at=feed:3\nhash 7cc175b9c0f1b6a831c399e269772661ffffffff at=feed:4\n" + movedDown(manyAddressesTaken, 6), "[not an indicator:3]"},
		{"remarks behind the values", `# seen in May
45.9.148.1 - C2 server, beside 45.9.148.9
45.9.148.2 C2 server
45.9.148.3:443	Mirai
a[.]example[.]net - Mirai (asks b[.]example[.]net)
c.example.net
d.example.net phishing # here
45.9.149.0/24 (all of it)
`, `
ip 45.9.148.1 at=feed:2
ip 45.9.148.2 at=feed:3
ip:port 45.9.148.3:443 at=feed:4
domain a.example.net at=feed:5
domain b.example.net at=feed:5
domain c.example.net at=feed:6
domain d.example.net at=feed:7
cidr 45.9.149.0/24 at=feed:8
`, "[not defanged, in prose: --iocs-format text-all takes it:1]"},
		{"remarks behind a few of the values", "Mirai in May:\n45.9.148.1\n45.9.148.2 - down\n45.9.148.3\n45.9.148.5\n6cc175b9c0f1b6a831c399e269772661\n7cc175b9c0f1b6a831c399e269772661 - loader.exe\n8cc175b9c0f1b6a831c399e269772661  bot.exe\na[.]example[.]net   registered in May\n45.9.148.6\n45.9.148.7\n45.9.148.8\n45.9.148.4 is ours\n",
			"ip 45.9.148.1 at=feed:2\nip 45.9.148.2 at=feed:3\nip 45.9.148.3 at=feed:4\nip 45.9.148.5 at=feed:5\nhash 6cc175b9c0f1b6a831c399e269772661 at=feed:6\nhash 7cc175b9c0f1b6a831c399e269772661 at=feed:7\nhash 8cc175b9c0f1b6a831c399e269772661 at=feed:8\ndomain a.example.net at=feed:9\nip 45.9.148.6 at=feed:10\nip 45.9.148.7 at=feed:11\nip 45.9.148.8 at=feed:12\n", "[not an indicator:2]"},
		{"lines of a list that are a value as a whole", manyAddresses + "45[.]9[.]148[.]4 - 45[.]9[.]148[.]5\na[.]example [.]net\nb[dot]example dot net\n",
			manyAddressesTaken + "cidr 45.9.148.4/31 at=feed:11\ndomain a.example.net at=feed:12\ndomain b.example.net at=feed:13\n", "[]"},
		{"labels in a list that name no attacker", manyAddresses + "URL: https://blog.example.org/x\nIOCs: https://blog.example.org/y\nDomain: example.org\nIP: 10.0.0.1\nIP: 45.9.148.4\nC2: b.example.net\n",
			manyAddressesTaken + "ip 45.9.148.4 at=feed:15\ndomain b.example.net at=feed:16\n", "[not an indicator:4]"},
		{"remarks that say harmless", manyAddresses + "6cc175b9c0f1b6a831c399e269772661 legitimate, of PuTTY\na[.]example[.]net (false positive)\n", manyAddressesTaken, "[not an indicator:2]"},
		{"what only has a sign behind it", manyAddresses + "example.org: the report\n45.9.148.4, 45.9.148.5\n45[.]9[.]149[.]0 /24\n", manyAddressesTaken, "[not an indicator:3]"},
		{"sentences that begin with names", "a.example.net is the site of our customer\nb.example.net belongs to us as well\n", "", "[]"},
		{"one line that is no value with a remark", "45.9.148.1 - Mirai\n45.9.148.2 - Mirai\nAll of them are down\n", "", "[]"},
		{"a log that begins with addresses", "45.9.148.1 - - [10/May/2026:13:55:36 +0000] \"GET / HTTP/1.0\" 200 2326\n", "", "[]"},
		{"a column of ports", "45.9.148.7 8080\n45.9.148.8  443 ; seen in May\n", "ip:port 45.9.148.7:8080 at=feed:1\nip:port 45.9.148.8:443 at=feed:2\n", "[]"},
		{"numbers that are no ports", "45.9.148.7 8080\n45.9.148.8 99999\n", "", "[]"},
		{"ports of some lines", "45.9.148.7 8080\n45.9.148.8 C2\n", "", "[]"},
		{"ports behind a sign", "45.9.148.7 - 8080\n", "", "[]"},
		{"a port and more", "45.9.148.7 22 open\n", "", "[]"},
		{"what a hosts file begins with", "127.0.0.1 localhost\n127.0.0.1 local\n255.255.255.255 broadcasthost\nfe80::1%lo0 localhost\nff02::1 ip6-allnodes\n0.0.0.0 a.example.net\n", "domain a.example.net at=feed:6\n", "[name of the hosts file's own machine:5]"},
		{"a hosts file", "127.0.0.1 localhost\n127.0.1.1 web01\n52.4.4.4 vpn\n", "", "[]"},
		{"remarks of a hosts file", "127.0.0.1 - localhost\n52.4.4.4 - vpn\n", "", "[]"},
		{"an inventory", "web01.corp-example.com Windows Server 2019\n", "", "[]"},
		{"what is up", "web01.corp-example.com up\n", "", "[]"},
		{"names of a private network", "web01.corp.local - scanner\n", "", "[]"},
		{"connections", "52.4.4.4 Established 4512\n", "", "[]"},
		{"connections with ports", "52.4.4.4:443 ESTABLISHED\n", "", "[]"},
		{"a table of neighbours", "52.4.4.4 00-11-22-33-44-55 dynamic\n", "", "[]"},
		{"a proxy's log", "45.9.148.7 TCP_MISS/200 1234 GET http://bing.com/\n", "", "[]"},
		{"a server's log", "45.9.148.7 GET /index.html 200\n", "", "[]"},
		{"resolvers", "8.8.8.8 Google DNS\n", "", "[]"},
		{"addresses of the house", "192.168.1.5 Printer\n192.168.1.6 Router\n", "", "[]"},
		{"names of addresses", "45.9.148.1 a.example.net\n45.9.148.2 b.example.net\n", "", "[]"},
		{"reports with their titles", "https://report.example.org/x - Mirai again\nhttps://report.example.org/y - Gafgyt\n", "", "[]"},
		{"an archive of Tor's exits", "@type tordnsel 1.0\nDownloaded 2026-05-20 12:02:03\nExitNode 0011BD2485AD45D984EC4159C88FC066E5E3300E\nExitAddress 45.9.148.3 2026-05-20 12:05:06\n",
			"ip 45.9.148.3 last=2026-05-20T12:05:06Z at=feed:4\n", "[]"},
		{"a table behind a list", "# Mirai\n" + manyAddresses + "**C2:**\n\n| IP | Seen |\n| :-- | :-- |\n| 45.9.149[.]1 | 2026-05-20 |\n| 45.9.149.2 | |\n| not known | |\n| 45.9.149.3 | benign |\n",
			movedDown(manyAddressesTaken, 1) + "ip 45.9.149.1 at=feed:16\nip 45.9.149.2 at=feed:17\n", "[not an indicator:5]"},
		{"names of files", "wermgr.exe\n2022.rar\n45.9.148.1\na.example.net\n", "ip 45.9.148.1 at=feed:3\ndomain a.example.net at=feed:4\n", "[name of a file:2]"},
		{"words and the name of a file", "one\nindex.html\ntwo\nthree\n", "", "[]"},
	})
}

func TestBlocklistVariants(t *testing.T) {
	checkVariants(t, []variant{
		{"unbound", "local-zone: \"a.example.net.\" always_null\nlocal-zone: \"b.example.net.\" nodefault\n", "domain a.example.net at=feed:1\n",
			"[allowed: an exception, not an indicator:1]"},
		{"adblock of names alone", "! x\n|a.example.net^\n|b.example.net^$important\n|c.example.net\n", "domain a.example.net at=feed:2\ndomain b.example.net at=feed:3\ndomain c.example.net at=feed:4\n", "[]"},
		{"adblock with a long banner", "! Title: x\n! Expires: 4 days\n! Licence: none\n! For all\n||a.example.net^\n", "domain a.example.net at=feed:5\n", "[]"},
		{"adblock in prose", "! One\nTwo words\n@@ three of them\nand four more\n", "", "[]"},
		{"policy zone with a long banner", `$TTL 30
@ SOA rpz.example.org. hostmaster.example.org. 2026052101 300 1800 604800 30
 NS localhost.
;
; made by somebody
a.example.net CNAME . ; seen
`, "domain a.example.net at=feed:6\n", "[]"},
		{"policy zone over several lines", `$TTL 2h
@	IN SOA localhost. root.localhost. (
		2026052101 ; serial
		1h ; refresh
		15m
		30d
		2h )
	IN NS localhost.
a.example.net 1h30m IN CNAME .
b.example.net 1hour IN CNAME .
`, "domain a.example.net at=feed:9\n", "[not an indicator:1]"},
		{"policy zone with names in parentheses", "rpz.example.org. IN SOA (\nns.example.org.\nroot.example.org.\n1 2 3 4 5\n)\na.example.net.rpz.example.org. CNAME .\n", "domain a.example.net at=feed:6\n", "[]"},
		{"policy zone with an open parenthesis", "@ SOA localhost. root.localhost. (\n1 2 3 4 5\na.example.net CNAME .\nb.example.net CNAME .\n", "domain a.example.net at=feed:3\ndomain b.example.net at=feed:4\n", "[]"},
		{"policy zone in prose", "; One\nTwo words (\n@ three of them (\nand four A more\nfive\nsix\n", "", "[]"},
		{"dnsmasq", "address=/example.net/#\nserver=/a.example.net/#\nserver=/b.example.net/\n", "domain example.net at=feed:1\ndomain b.example.net at=feed:3\n",
			"[allowed: an exception, not an indicator:1]"},
	})
}

func TestRuleVariants(t *testing.T) {
	checkVariants(t, []variant{
		{"networks that are everywhere", `alert ip 0.0.0.0/0 any -> $HOME_NET any (sid:1;)
alert ip [0.0.0.0,255.255.255.255,128.0.0.0/1,44.0.0.0/7,45.0.0.0/8] any -> [224.0.0.1,169.254.0.0/16,100.64.1.0/24] any (sid:2;)
alert ip [10.0.0.0/8,192.168.1.5,127.0.0.1] any -> [::/0,2000::/3,fe80::1,ff02::1,::1,fd00::1,2a02::/16] any (sid:3;)
`, "cidr 45.0.0.0/8 at=feed:2\ncidr 2a02::/16 at=feed:3\n", "[limited broadcast address in a rule:1 link-local address in a rule:2 loopback address in a rule:2 multicast address in a rule:2 " +
			"network in a rule that is wider than /16:2 network in a rule that is wider than /8:3 private address in a rule:2 shared address space address in a rule:1 this host address in a rule:1 unique local address in a rule:1]"},
	})
}

func TestMails(t *testing.T) {
	checkVariants(t, []variant{
		{"quoted-printable", "From: a@b.example\nSubject: block s[.]example[.]net\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nplease block a[.]exam=\nple[.]net and hxxp://b[.]example[.]net/?a=3D1\nc[=2E]example[.]net\n", `
domain s.example.net at=feed:2
domain a.example.net at=feed:6
url http://b.example.net/?a=1 at=feed:6
domain c.example.net at=feed:8
`, "[]"},
		{"parts", `From: a@b.example
MIME-Version: 1.0
Content-Type: multipart/mixed;
 boundary="=_x"

This is a message in parts: p[.]example[.]net
--=_x
Content-Type: text/plain
Content-Transfer-Encoding: base64

YVsuXWV4YW1wbGVbLl1u
ZXQK
--=_x
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: quoted-printable

<html><body><p>see <b>b[.]exam=
ple[.]net</b></p>
<ul><li>c.example.net</li></ul></body></html>
--=_x
Content-Type: application/pdf; name="r.pdf"
Content-Transfer-Encoding: base64

JVBERg==
--=_x--
d[.]example[.]net
`, `
domain a.example.net at=feed:11
domain b.example.net at=feed:17
domain c.example.net at=feed:19
domain d.example.net at=feed:26
`, "[attachment: application/pdf:1]"},
		{"long headers", "From: a@b.example\nX-Source:\n host.relay.example.net\nX-Other: | b.example.net | c.example.net |\nSubject: a[.]example[.]net\nMIME-Version: 1.0\nContent-Type: text/plain\n\nno more\n",
			"domain a.example.net at=feed:5\n", "[]"},
		{"a mail in a mail", `From: a@b.example
Content-Type: multipart/mixed; boundary="=_x"

--=_x
Content-Type: message/rfc822

From: c@d.example
Content-Type: text/plain
Content-Transfer-Encoding: base64

YVsuXWV4YW1wbGVbLl1u
ZXQK
--=_x--
`, "domain a.example.net at=feed:11\n", "[]"},
	})
}

// The networks of a range hold its addresses, all of them and no others.
func TestRangeNetworks(t *testing.T) {
	for _, tt := range []struct{ value, want string }{
		{"0.0.0.0-255.255.255.255", "0.0.0.0/0"},
		{"255.255.255.254-255.255.255.255", "255.255.255.254/31"},
		{"2001:db8::1-2001:db8::4", "2001:db8::1/128 2001:db8::2/127 2001:db8::4/128"},
		{"203.0.113.4–203.0.113.5", "203.0.113.4/31"},
		{"203.0.113.4-2001:db8::4", ""}, {"203.0.113.4:80-203.0.113.9", ""}, {"203.0.113.4/32-203.0.113.9", ""}, {"a-b.example.net", ""}, {"203.0.113.4-9", ""}, {"-", ""},
	} {
		compare(t, tt.value, strings.Join(rangeNetworks(tt.value), " "), tt.want)
	}
	for from := range 32 {
		for to := from; to < 32; to++ {
			held := [256]int{}
			for _, n := range rangeNetworks(fmt.Sprintf("203.0.113.%d-203.0.113.%d", from, to)) {
				p := netip.MustParsePrefix(n)
				for i := range held {
					if p.Contains(netip.AddrFrom4([4]byte{203, 0, 113, byte(i)})) {
						held[i]++
					}
				}
			}
			for i, n := range held {
				if want := i >= from && i <= to; n > 1 || (n == 1) != want {
					t.Fatalf("%d-%d: %d in %d networks", from, to, i, n)
				}
			}
		}
	}
}
