package ioc

// A Kind says what the cells of a column hold, and with that how indicators
// are looked for in them.
type Kind uint8

// The kinds of cells.
const (
	KindIP        Kind = iota // one address, perhaps with a port
	KindIPList                // addresses separated by comma, semicolon or space, or a JSON array of them
	KindHost                  // a name, an address, host:port, or a URL's host
	KindDomain                // a DNS name; an address in it is not looked up
	KindURL                   // a URL with or without its scheme, or a host
	KindURLOrText             // a URL; anything else is scanned as text
	KindEmail                 // mail addresses (the host part counts), or a user name that holds none
	KindKV                    // key=value;key=value
	KindText                  // free text: addresses, whole names, URLs and hashes are found in it
	KindList                  // like KindIPList, and members may be names
	KindHash                  // one or more hashes, with whatever stands around them
)

var kindNames = [...]string{
	KindIP:        "ip",
	KindIPList:    "ip-list",
	KindHost:      "host",
	KindDomain:    "domain",
	KindURL:       "url",
	KindURLOrText: "url-or-text",
	KindEmail:     "email-or-name",
	KindKV:        "kv",
	KindText:      "text",
	KindList:      "list",
	KindHash:      "hash",
}

// String is the word that table definitions use.
func (k Kind) String() string { return kindNames[k] }

// ParseKind reads the word that table definitions use; url-or-host is another
// word for url.
func ParseKind(s string) (Kind, bool) {
	for k, name := range kindNames {
		if s == name {
			return Kind(k), true
		}
	}
	return KindURL, s == "url-or-host"
}

// A Candidate is one entry of a Set that a cell holds. Whether the port of an ip:port
// indicator agrees is not decided yet: that takes the row.
type Candidate struct {
	Entry uint32 // see Set.Indicators
	Port  int32  // the port in the cell beside the address or name, -1 if none
	// Off and Len say which part of the cell, as exported, holds the entry: a member
	// of a list or text, else the whole cell, 0 and len(cell).
	Off, Len uint32
	Sub      bool // a name below the domain indicator
}

// A Member is a typed key of a JSON cell.
type Member struct {
	Key  string // compared without regard to case
	Kind Kind
}
