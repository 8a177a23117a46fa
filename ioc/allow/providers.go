package allow

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/netip"
	"slices"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
)

// Providers publish the networks that they use as JSON, each in a shape of its own:
//
//	{"syncToken":"…","prefixes":[{"ip_prefix":"203.0.113.0/24","region":"…"}]}       AWS
//	{"prefixes":[{"ipv4Prefix":"203.0.113.0/24"},{"ipv6Prefix":"2001:db8::/32"}]}    Google, Bing
//	{"values":[{"properties":{"addressPrefixes":["203.0.113.0/24"]}}]}               Azure
//	{"addresses":["203.0.113.0/24"],"ipv6_addresses":["2001:db8::/32"]}              Fastly
//	{"result":{"ipv4_cidrs":["203.0.113.0/24"]}}                                     Cloudflare
//	{"regions":[{"cidrs":[{"cidr":"203.0.113.0/24"}]}]}                              Oracle
//	[{"id":1,"urls":["*.example.com"],"ips":["203.0.113.0/24"]}]                     Microsoft 365
//	{"verifiable_password_authentication":false,"hooks":["203.0.113.0/24"]}          GitHub
//	{"agents":{"prefixes_ipv4":["203.0.113.0/24"]}}                                  Datadog
//	{"hubPrefixes":["203.0.113.0/24"]}                                               Zscaler
//
// Only networks at these places are taken, each named by the keys above it: feeds of
// indicators have the same keys elsewhere. Names are not taken: many are wildcards over
// what anybody may rent.
var providerPlaces = []string{"prefixes.ip_prefix", "ipv6_prefixes.ipv6_prefix", "prefixes.ipv4prefix", "prefixes.ipv6prefix",
	"values.properties.addressprefixes", "addresses", "ipv6_addresses", "result.ipv4_cidrs", "result.ipv6_cidrs",
	"regions.cidrs.cidr", "ips", "hubprefixes"}

// githubPlaces are GitHub's. Others may call kinds of attacks so: they count beside
// githubMark alone.
var githubPlaces = []string{"hooks", "web", "api", "git", "github_enterprise_importer", "packages", "pages", "importer", "actions",
	"actions_macos", "codespaces", "dependabot", "copilot"}

var githubMark = []byte(`"verifiable_password_authentication"`)

// ranges reads the networks of a provider.
func (b *builder) ranges(d *document) error {
	b.Type, b.addrs = CIDR, true
	places := providerPlaces
	if bytes.Contains(d.data, githubMark) {
		places = slices.Concat(places, githubPlaces)
	}
	var open []container
	key, wanted := "", false // of the value that comes next; whether a key comes instead
	for {
		t, err := d.Token()
		if err != nil {
			return d.fail(err)
		}
		switch t := t.(type) {
		case json.Delim:
			if t == '{' || t == '[' {
				open = append(open, container{t, key})
				wanted = t == '{'
				continue
			}
			last := len(open) - 1
			key, open = open[last].key, open[:last]
		case string:
			if wanted {
				key, wanted = t, false
				continue
			}
			if isPlace(places, open, key) {
				if err := b.enterRange(t, d.line()); err != nil {
					return err
				}
			}
		}
		if len(open) == 0 {
			break
		}
		wanted = open[len(open)-1].bracket == '{'
	}
	if _, err := d.Token(); b.Entries == 0 || err != io.EOF {
		return errShape
	}
	return nil
}

// A container is an object or array that has begun. What is in an array has its key.
type container struct {
	bracket json.Delim
	key     string
}

// isPlace reports whether networks stand below key in the containers.
func isPlace(places []string, open []container, key string) bool {
	place := ""
	for _, c := range open {
		if c.bracket == '{' && c.key != "" {
			place += c.key + "."
		}
	}
	place = strings.ToLower(place + key)
	return slices.Contains(places, place) || len(open) > 1 && (key == "prefixes_ipv4" || key == "prefixes_ipv6")
}

// enterRange takes a network. Single addresses are none: lists of bots have them below
// such keys.
func (b *builder) enterRange(text string, line int) error {
	if _, err := netip.ParsePrefix(text); err != nil {
		b.skip(text, line, errNoNetwork.Error())
		return nil
	}
	if b.full() {
		return errMany
	}
	if err := b.enter(text, line); err != nil {
		b.skip(text, line, err.Error())
	}
	return nil
}

var errNoNetwork = errors.New("not a network")

// rowEntry returns the entry in a row of a geofeed or a list of ranks, "" of any other:
//
//	203.0.113.0/24,DE,DE-BE,Berlin,     a geofeed: a network and its country, which may be left out
//	17,example.com                      Tranco, Umbrella
//	17,9,example.com,com,4711           Majestic: the name's top-level domain follows
func rowEntry(row string) string {
	cells := strings.Split(row, ",")
	for i, c := range cells {
		cells[i] = strings.Trim(c, ` "`)
	}
	if _, err := netip.ParsePrefix(cells[0]); err == nil && len(cells) > 1 && isCountry(cells[1]) {
		return cells[0]
	}
	at := 0
	for at < len(cells) && cells[at] != "" && strings.Trim(cells[at], "0123456789") == "" {
		at++
	}
	if at == 0 || at == len(cells) {
		return ""
	}
	name, behind := cells[at], cells[at+1:]
	if i, err := ioc.ParseBroad(name); err != nil || i.Type != ioc.Domain {
		return ""
	}
	if len(behind) > 0 && !strings.EqualFold(behind[0], name[strings.LastIndexByte(name, '.')+1:]) {
		return ""
	}
	return name
}

// isCountry reports whether a cell is the code of a country, or empty.
func isCountry(cell string) bool {
	return cell == "" || len(cell) == 2 && strings.Trim(strings.ToLower(cell), "abcdefghijklmnopqrstuvwxyz") == ""
}
