package feed

import (
	"net/netip"
	"strings"

	"github.com/iocsweep/iocsweep/ioc"
)

// rangeNetworks reads a range of addresses, 203.0.113.4-203.0.113.9, as the
// fewest networks that are the same addresses. It gives nil for all else.
func rangeNetworks(value string) (networks []string) {
	if len(value) > 200 {
		return nil
	}
	from, to, ok := strings.Cut(value, "-")
	if !ok {
		if from, to, ok = strings.Cut(value, "–"); !ok {
			return nil
		}
	}
	first, ok1 := rangeEnd(from)
	last, ok2 := rangeEnd(to)
	if !ok1 || !ok2 || first.Is4() != last.Is4() || last.Less(first) {
		return nil
	}
	// Each network is the widest that begins at first and ends before last:
	// at most two of each length.
	for {
		p := netip.PrefixFrom(first, first.BitLen())
		for p.Bits() > 0 {
			wider := netip.PrefixFrom(first, p.Bits()-1)
			if wider.Masked().Addr() != first || last.Less(lastOf(wider)) {
				break
			}
			p = wider
		}
		networks = append(networks, p.String())
		if first = lastOf(p).Next(); !first.IsValid() || last.Less(first) {
			return networks
		}
	}
}

// rangeEnd reads an address without a port, defanged or not.
func rangeEnd(text string) (netip.Addr, bool) {
	i, err := ioc.Parse(text)
	return i.Addr(), err == nil && i.Type == ioc.IP && !strings.Contains(text, "/")
}

// lastOf returns the last address of a network.
func lastOf(p netip.Prefix) netip.Addr {
	bytes := p.Addr().AsSlice()
	for i := p.Bits(); i < len(bytes)*8; i++ {
		bytes[i/8] |= 0x80 >> (i % 8)
	}
	last, _ := netip.AddrFromSlice(bytes)
	return last
}
