package main

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/scanner"
	"github.com/spf13/cobra"
	"golang.org/x/net/publicsuffix"
)

func (a *app) explain() *cobra.Command {
	var f feedFlags
	c := &cobra.Command{
		Use:   "explain VALUE -i FEED",
		Short: "Say which indicators match a value, by which rule, and the near misses",
		Long: `Says what the normal forms of a value are, which indicators match it and by
which rule, and which come near it without matching, and why.`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(errors.New("explain needs one value"))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			list, reports, err := f.read(a)
			if err != nil {
				return usage(fmt.Errorf("read indicators: %w", err))
			}
			a.saidOfFeeds(reports, true)
			f.where.said(a)
			if _, err := fmt.Fprint(a.out, explanation(args[0], list.Set())); err != nil {
				return outputError(err)
			}
			return nil
		},
	}
	c.Flags().SortFlags = false
	f.register(c.Flags())
	return c
}

// explanation says how a value fares with a set.
func explanation(value string, set *ioc.Set) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", scanner.Printable(value))
	// What is pasted here often comes from a report, where it is defanged.
	if refanged := ioc.Refang(value); refanged != value {
		fmt.Fprintf(&b, "  refanged          %s (log cells are not refanged: they are taken as they are)\n", scanner.Printable(refanged))
		value = refanged
	}
	cell := []byte(value)
	addr, port, isAddr := ioc.ParseAddr(cell)
	host, hasHost := ioc.AppendHost(nil, cell)
	if !isAddr && hasHost && host.Addr.IsValid() {
		addr, port = host.Addr, host.Port
	}
	name, isName := ioc.AppendDomain(nil, cell)
	url, isHash := urlForm(cell), isHash(value)
	switch {
	case isHash:
		fmt.Fprintf(&b, "  as a hash         %s %s\n", algorithm(value), strings.ToLower(value))
		name = nil
	case isAddr:
		fmt.Fprintf(&b, "  as an address     %s%s\n", addr, portText(port))
	case hasHost && host.Addr.IsValid():
		fmt.Fprintf(&b, "  host of a URL     %s%s\n", addr, portText(port))
	case isName:
		fmt.Fprintf(&b, "  as a name         %s\n", name)
	case hasHost:
		name = host.Name
		fmt.Fprintf(&b, "  host of a URL     %s%s\n", name, portText(host.Port))
	default:
		b.WriteString("  neither an address nor a name; in free text the following is found\n")
	}

	if url != "" && !isHash {
		fmt.Fprintf(&b, "  as a URL          %s\n", scanner.Printable(url))
	}

	kind := ioc.KindURL
	switch {
	case isHash:
		kind = ioc.KindHash
	case !isAddr && !hasHost:
		kind = ioc.KindText
	}
	matched := map[string]bool{} // by value
	for _, c := range set.Match(kind, cell, nil) {
		for _, i := range set.Indicators(c.Entry) {
			matched[i.Value] = true
			fmt.Fprintf(&b, "  matches           %s %s: %s%s\n", i.Type, scanner.Printable(i.Value), why(i, c, url), origin(i))
		}
	}
	if len(matched) == 0 {
		b.WriteString("  matches nothing\n")
	}
	for _, n := range near(addr, string(name), url, set, matched) {
		fmt.Fprintf(&b, "  near miss         %s\n", n)
	}
	return b.String()
}

func portText(port int) string {
	if port < 0 {
		return ""
	}
	return fmt.Sprintf(", port %d", port)
}

func origin(i *ioc.Indicator) string {
	if len(i.Feeds) == 0 {
		return ""
	}
	return " (" + scanner.Printable(strings.Join(i.Feeds, ", ")) + ")"
}

// why says by which rule a candidate matches.
func why(i *ioc.Indicator, c ioc.Candidate, url string) string {
	switch i.Type {
	case ioc.URL:
		return whyURL(i.Value, url)
	case ioc.Hash:
		return "hash: the same file"
	case ioc.Domain:
		if c.Sub {
			return "subdomain: ends in the indicator at a label boundary"
		}
		return "domain: the same name"
	case ioc.CIDR:
		return "cidr: the address lies in the network"
	case ioc.IPPort:
		switch {
		case c.Port < 0:
			return "ip:port where the row has that port, else ip-only"
		case int(c.Port) == int(i.Port):
			return "ip:port: address and port agree"
		}
		return fmt.Sprintf("ip-only: the port is %d, not %d", c.Port, i.Port)
	}
	return "ip: the same address"
}

// maxNear is how many near misses are listed.
const maxNear = 20

// near lists indicators that come close to a value without matching.
func near(addr netip.Addr, name, url string, set *ioc.Set, matched map[string]bool) []string {
	var out []string
	registrable := ""
	if name != "" {
		registrable, _ = publicsuffix.EffectiveTLDPlusOne(name)
	}
	var around netip.Prefix
	if addr.IsValid() {
		bits := 24
		if addr.Is6() {
			bits = 64
		}
		around, _ = addr.Prefix(bits)
	}
	for i := range set.All() {
		if matched[i.Value] {
			continue
		}
		text := ""
		switch {
		case i.Type == ioc.URL:
			text = nearURL(i.Value, cmp.Or(url, urlOfHost(addr, name)))
		case i.Type != ioc.Domain && addr.IsValid() && i.Type != ioc.CIDR && around.Contains(i.Addr()):
			text = fmt.Sprintf("another address in %s", around)
		case i.Type != ioc.Domain || name == "":
		case strings.HasSuffix(i.Value, "."+name):
			text = "lies below the value: an indicator matches itself and what is below it, not what is above"
		case strings.HasSuffix(name, i.Value):
			text = "the value ends in it, but not at a label boundary"
		case strings.Contains(name, i.Value):
			text = "the value has it inside, but belongs to another domain"
		case registrable != "" && (i.Value == registrable || strings.HasSuffix(i.Value, "."+registrable)):
			text = "another name under " + registrable
		case oneEdit(name, i.Value):
			text = "one edit away"
		}
		if text == "" {
			continue
		}
		if len(out) == maxNear {
			return append(out, "… and more")
		}
		out = append(out, fmt.Sprintf("%s %s: %s%s", i.Type, scanner.Printable(i.Value), text, origin(&i)))
	}
	return out
}

// oneEdit says that two texts differ by one character put in, left out or changed.
func oneEdit(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 || a == b {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) == len(b) {
		return a[i+1:] == b[i+1:]
	}
	return a[i:] == b[i+1:]
}
