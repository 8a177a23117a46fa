package allow

import (
	"encoding/json"
	"errors"
	"fmt"
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
//
// Only networks below these keys are taken. Names are not: many are wildcards over what
// anybody may rent.
var providerKeys = []string{"ip_prefix", "ipv6_prefix", "ipv4prefix", "ipv6prefix", "addressprefixes", "addresses", "ipv6_addresses",
	"ipv4_cidrs", "ipv6_cidrs", "cidr", "ips"}

// ranges reads the networks of a provider.
func (b *builder) ranges(d *document) error {
	b.Type, b.addrs = CIDR, true
	var brackets []json.Delim // of the objects and arrays that the token is in
	var keys []string         // of these; what is in an array has that of the array
	key, wanted := "", false  // of the value that comes next; whether a key comes instead
	for {
		t, err := d.Token()
		if err != nil {
			return d.fail(err)
		}
		switch t := t.(type) {
		case json.Delim:
			if t == '{' || t == '[' {
				keys, brackets = append(keys, key), append(brackets, t)
				wanted = t == '{'
				continue
			}
			last := len(keys) - 1
			key, keys, brackets = keys[last], keys[:last], brackets[:last]
		case string:
			if wanted {
				key, wanted = t, false
				continue
			}
			if slices.Contains(providerKeys, strings.ToLower(key)) {
				if err := b.enterRange(t, d.line()); err != nil {
					return err
				}
			}
		}
		if len(brackets) == 0 {
			break
		}
		wanted = brackets[len(brackets)-1] == '{'
	}
	if b.Entries == 0 {
		return fmt.Errorf("%w: JSON of another shape", ErrNoList)
	}
	return nil
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

// enterLine takes a line of a plain list. A row of a table is what is in its first cell
// that is no rank:
//
//	203.0.113.0/24,DE,DE-BE,Berlin,     a geofeed
//	17,example.com                      Tranco, Umbrella
//	17,9,example.com,com,4711           Majestic
func (b *builder) enterLine(text string, line int) error {
	err := b.enter(text, line)
	if !errors.Is(err, ioc.ErrNotIndicator) || strings.IndexByte(text, ',') < 0 {
		return err
	}
	for cell := range strings.SplitSeq(text, ",") {
		cell = strings.Trim(cell, ` "`)
		if strings.Trim(cell, "0123456789") == "" {
			continue
		}
		if e := b.enter(cell, line); !errors.Is(e, ioc.ErrSingleLabel) { // it is a word, of a title or not
			return e
		}
		break
	}
	return err
}
