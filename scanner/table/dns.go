package table

import (
	"slices"
	"strconv"
	"strings"
)

// ResponseCode returns a DNS response code as a number in text: NXDOMAIN and
// 3 are "3". Anything else comes back in lower case.
func ResponseCode(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if i := slices.Index(rcodes, s); i >= 0 {
		return strconv.Itoa(i)
	}
	return trimNumber(s)
}

var rcodes = []string{"noerror", "formerr", "servfail", "nxdomain", "notimp", "refused", "yxdomain", "yxrrset",
	"nxrrset", "notauth", "notzone"}

// RecordType returns a DNS record type as a number in text: AAAA and 28 are
// "28". Anything else comes back in lower case.
func RecordType(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if n, ok := recordTypes[s]; ok {
		return strconv.Itoa(n)
	}
	return trimNumber(s)
}

var recordTypes = map[string]int{"a": 1, "ns": 2, "cname": 5, "soa": 6, "wks": 11, "ptr": 12, "hinfo": 13, "mx": 15,
	"txt": 16, "rp": 17, "afsdb": 18, "sig": 24, "key": 25, "aaaa": 28, "loc": 29, "nxt": 30, "srv": 33, "naptr": 35,
	"cert": 37, "dname": 39, "opt": 41, "ds": 43, "sshfp": 44, "rrsig": 46, "nsec": 47, "dnskey": 48, "dhcid": 49,
	"nsec3": 50, "nsec3param": 51, "tlsa": 52, "svcb": 64, "https": 65, "tkey": 249, "tsig": 250, "ixfr": 251,
	"axfr": 252, "any": 255, "*": 255, "all": 255, "caa": 257}

// trimNumber drops a fraction of zeros: 3.0 is 3.
func trimNumber(s string) string {
	if n := number(s, 0); n.Known {
		return n.String()
	}
	return s
}
