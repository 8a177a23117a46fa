package scanner

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/net/idna"

	"github.com/iocsweep/iocsweep/bench/gen"
	"github.com/iocsweep/iocsweep/formats"
)

// An oracle finds indicators as one would who has the standard library and no
// need for speed.
type oracle struct {
	addrs   map[netip.Addr][]string // with ports, or without
	nets    []netip.Prefix
	domains map[string]bool
}

func newOracle(values []string) *oracle {
	o := &oracle{addrs: map[netip.Addr][]string{}, domains: map[string]bool{}}
	for _, v := range values {
		if a, err := netip.ParseAddr(v); err == nil {
			o.addrs[a] = append(o.addrs[a], v)
		} else if ap, err := netip.ParseAddrPort(v); err == nil {
			o.addrs[ap.Addr()] = append(o.addrs[ap.Addr()], v)
		} else if p, err := netip.ParsePrefix(v); err == nil {
			o.nets = append(o.nets, p)
		} else {
			o.domains[v] = true
		}
	}
	return o
}

// addr is the leading indicator of an address that was seen with these ports:
// ip:port, ip, the narrowest network, ip:port whose port differs.
func (o *oracle) addr(text string, ports ...string) string {
	a, own, ok := oracleAddr(text)
	if !ok {
		return ""
	}
	list := slices.Sorted(slices.Values(o.addrs[a]))
	bare := ""
	for _, v := range list {
		ap, err := netip.ParseAddrPort(v)
		if err != nil {
			bare = v
			continue
		}
		if port := strconv.Itoa(int(ap.Port())); slices.Contains(append(ports, own), port) {
			return v
		}
	}
	if bare != "" {
		return bare
	}
	best := netip.Prefix{}
	for _, p := range o.nets {
		if p.Contains(a) && p.Bits() > best.Bits() {
			best = p
		}
	}
	if best.IsValid() {
		return best.String()
	}
	if len(list) > 0 {
		return list[0]
	}
	return ""
}

func oracleAddr(text string) (a netip.Addr, port string, ok bool) {
	text = strings.Trim(text, ` "`)
	if ap, err := netip.ParseAddrPort(text); err == nil {
		return ap.Addr().Unmap(), strconv.Itoa(int(ap.Port())), true
	}
	if parts := strings.Split(text, "."); len(parts) == 4 && len(text) == 15 { // 045.012.003.200
		for i, p := range parts {
			if n, err := strconv.ParseUint(p, 10, 8); err == nil {
				parts[i] = strconv.FormatUint(n, 10)
			}
		}
		text = strings.Join(parts, ".")
	}
	a, err := netip.ParseAddr(text)
	return a.Unmap(), "", err == nil
}

// name is the longest indicator that a name is or ends in.
func (o *oracle) name(text string) string {
	text = strings.Trim(text, ` "`)
	if strings.HasPrefix(text, "(") { // (4)evil(3)com(0)
		var labels []string
		for _, l := range strings.Split(text, ")")[1:] {
			l, _, _ = strings.Cut(l, "(")
			labels = append(labels, l)
		}
		text = strings.Join(labels, ".")
	}
	text = strings.TrimSuffix(strings.ToLower(strings.ReplaceAll(text, "。", ".")), ".")
	if a, err := idna.Punycode.ToASCII(text); err == nil {
		text = a
	}
	for more := true; more; _, text, more = strings.Cut(text, ".") {
		if o.domains[text] {
			return text
		}
	}
	return ""
}

// host looks up a URL's host, with or without scheme and path.
func (o *oracle) host(text, port string) string {
	if _, rest, ok := strings.Cut(text, "://"); ok {
		text = rest
	}
	if i := strings.IndexAny(text, "/?#"); i >= 0 {
		text = text[:i]
	}
	text = text[strings.LastIndex(text, "@")+1:]
	if _, _, ok := oracleAddr(strings.Trim(text, "[]")); ok {
		text = strings.Trim(text, "[]")
	}
	if v := o.addr(text, port); v != "" {
		return v
	}
	if name, port, ok := strings.Cut(text, ":"); ok && strings.Trim(port, "0123456789") == "" {
		text = name
	}
	return o.name(text)
}

// oracleColumns says what structured columns hold and which column has their
// port, in the words of the tables' documentation.
var oracleColumns = map[string]string{
	"CommonSecurityLog": `SourceIP addr SourcePort, DestinationIP addr DestinationPort, SourceHostName host SourcePort,
		DestinationHostName host DestinationPort, RequestURL host DestinationPort, SourceTranslatedAddress addr SourceTranslatedPort,
		DestinationTranslatedAddress addr DestinationTranslatedPort, RemoteIP addr RemotePort, DeviceCustomIPv6Address1 addr,
		DeviceCustomIPv6Address2 addr, DeviceCustomIPv6Address3 addr, DeviceCustomIPv6Address4 addr, MaliciousIP addr,
		SourceDnsDomain name, DestinationDnsDomain name, DestinationNTDomain host`,
	"DeviceNetworkEvents": `RemoteIP addr RemotePort, LocalIP addr LocalPort, RemoteUrl host RemotePort, AdditionalFields fields,
		InitiatingProcessRemoteSessionIP addr`,
	"DnsEvents": `Name name, IPAddresses list, ClientIP addr, MaliciousIP addr`,
}

// A found value: the column (with the member of a JSON cell) of a record that
// shows an indicator.
type foundAt struct {
	record            int64
	column, indicator string
}

// scan reads CSV row by row and returns what its structured columns hold.
func (o *oracle) scan(t testing.TB, name string, file []byte) map[foundAt]bool {
	t.Helper()
	records, err := csv.NewReader(bytes.NewReader(file)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	found := map[foundAt]bool{}
	for n, record := range records[1:] {
		add := func(column, indicator string) {
			if indicator != "" {
				found[foundAt{int64(n + 1), column, indicator}] = true
			}
		}
		cell := func(column string) string {
			if i := slices.Index(records[0], column); i >= 0 {
				return record[i]
			}
			return ""
		}
		for line := range strings.SplitSeq(oracleColumns[name], ",") {
			f := append(strings.Fields(line), "")
			text, port := cell(f[0]), cell(f[2])
			switch f[1] {
			case "addr":
				add(f[0], o.addr(text, port))
			case "name":
				add(f[0], o.name(text))
			case "host":
				add(f[0], o.host(text, port))
			case "list":
				for member := range strings.SplitSeq(text, ", ") {
					add(f[0], o.addr(member))
				}
			case "fields":
				o.fields(text, func(member, indicator string) { add(f[0]+"."+member, indicator) })
			}
		}
	}
	return found
}

// fields looks up the typed members of AdditionalFields.
func (o *oracle) fields(text string, add func(member, indicator string)) {
	var members map[string]any
	if json.Unmarshal([]byte(text), &members) != nil {
		return
	}
	for member, v := range members {
		v, _ := v.(string)
		switch member {
		case "query", "server_name":
			add(member, o.name(v))
		case "host", "uri":
			add(member, o.host(v, ""))
		case "answers":
			var answers []string
			if json.Unmarshal([]byte(v), &answers) != nil {
				continue
			}
			for _, a := range answers {
				add(member, o.addr(a))
				add(member, o.name(a))
			}
		}
	}
}

// A plain loop over the rows finds exactly what the scanner finds.
func TestPlainLoop(t *testing.T) {
	// More than the feed: networks and domains that innocent rows hold, bare
	// addresses of ip:port indicators, names above and below others.
	values := []string{"52.0.0.0/9", "52.0.0.0/8", "8.0.0.0/7", "2600:1f18::/33", "10.0.2.0/24", "45.0.0.0/8",
		"bluebank.example", "mail.bluebank.example", "corp.example", "northworks.co.uk", "branch.example"}
	for i := range diffFeed.N {
		ind := diffFeed.At(i)
		values = append(values, ind.Value)
		if ind.Kind == gen.AddrPort && i%2 == 0 {
			values = append(values, netip.AddrPortFrom(ind.Addr, uint16(ind.Port+1)).String())
		}
		if ind.Kind == gen.AddrPort && i%3 == 0 {
			values = append(values, ind.Addr.String())
		}
		if ind.Kind == gen.Domain && i%3 == 0 {
			values = append(values, "cdn."+ind.Name)
		}
	}
	set, o := indicators(t, values...), newOracle(values)
	for _, gt := range gen.Tables {
		t.Run(gt.Name, func(t *testing.T) {
			rows := generated(gt, 3*diffRows(), 0.2, 0.2)
			file := asCSV(t, rows, gen.CSVOptions{})
			want := o.scan(t, gt.Name, file)
			got := map[foundAt]bool{}
			hits, _ := sweep(t, &Scan{Indicators: set}, formats.Bytes("x.csv", file))
			for _, line := range hits {
				record, h := decoded(t, unsourced(t, line))
				for _, m := range h.Matches {
					got[foundAt{record, m.Column, h.Indicator.Value}] = true
				}
			}
			for f := range want {
				if !got[f] {
					t.Errorf("missed: %+v", f)
				}
			}
			for f := range got {
				if !want[f] {
					t.Errorf("invented: %+v", f)
				}
			}
			if len(want) < len(rows)/10 {
				t.Errorf("only %d values to find", len(want))
			}
		})
	}
}
