// Package corpus reads back a data set that package gen wrote: which columns
// tools are to look at, which records of a file have a hit, and the feed as
// tools take it that know only text. iocsweep's benchmarks and the peers in
// their own module both use it, so that all are held to one truth.
package corpus

import (
	"slices"
	"strings"
)

// Columns are those that a tool looks at, by what they hold.
type Columns struct {
	Address []string // one address, perhaps with a port
	List    []string // addresses with commas
	Name    []string // a name
	Host    []string // a name or an address
	URL     []string
	JSON    []string // an object with names and addresses in some members
}

// All are all the columns.
func (c Columns) All() []string {
	return slices.Concat(c.Address, c.List, c.Name, c.Host, c.URL, c.JSON)
}

// Levels are the columns of each table: "hunt" are those of the KQL hunts,
// "wide" those that iocsweep matches by default, as far as any product of the
// data fills them.
var Levels = map[string]map[string]Columns{
	"hunt": {
		"CommonSecurityLog":   {Address: []string{"SourceIP", "DestinationIP"}},
		"DeviceNetworkEvents": {Address: []string{"RemoteIP"}},
		"DnsEvents":           {Name: []string{"Name"}},
	},
	"wide": {
		"CommonSecurityLog": {
			Address: []string{"SourceIP", "DestinationIP", "SourceTranslatedAddress", "DestinationTranslatedAddress", "RemoteIP", "MaliciousIP",
				"DeviceCustomIPv6Address1", "DeviceCustomIPv6Address2", "DeviceCustomIPv6Address3", "DeviceCustomIPv6Address4"},
			Name: []string{"SourceDnsDomain", "DestinationDnsDomain"},
			Host: []string{"SourceHostName", "DestinationHostName", "DestinationNTDomain"},
			URL:  []string{"RequestURL"},
		},
		"DeviceNetworkEvents": {
			Address: []string{"RemoteIP", "LocalIP", "InitiatingProcessRemoteSessionIP"},
			URL:     []string{"RemoteUrl"},
			JSON:    []string{"AdditionalFields"},
		},
		"DnsEvents": {
			Address: []string{"ClientIP", "MaliciousIP"},
			List:    []string{"IPAddresses"},
			Name:    []string{"Name"},
		},
	},
}

// Kind takes a file's name apart: logs/DnsEvents.snappy.parquet is parquet of
// DnsEvents. The kind of a compressed file is that of what is in it.
func Kind(file string) (table, format string) {
	file = file[strings.LastIndexAny(file, `/\`)+1:]
	table, kind, _ := strings.Cut(file, ".")
	kind = strings.TrimSuffix(strings.TrimSuffix(kind, ".gz"), ".zst")
	return table, kind[strings.LastIndexByte(kind, '.')+1:]
}
