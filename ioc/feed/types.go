package feed

import (
	"slices"
	"strings"
	"unicode"

	"github.com/iocsweep/iocsweep/ioc"
)

// A class is what a feed's word for the type of a value comes down to.
type class uint8

const (
	classAny  class = iota // no word: the value decides
	classAddr              // an address or a network
	classSock              // an address with a port
	className              // a host or domain name
	classURL
	classHash      // of a file: MD5, SHA-1 or SHA-256
	classOtherHash // any other
	classMail
	classOther // a word that is none of these: process, file name, mutex
)

// typeWords are the words for types as feeds write them, in the form that plain
// gives them; and the commonest of those that are not in this form.
var typeWords = map[string]class{
	"ip": classAddr, "ips": classAddr, "ipv4": classAddr, "ipv6": classAddr, "ipaddress": classAddr, "ipaddr": classAddr,
	"ipv4address": classAddr, "ipv6address": classAddr, "ipv4addr": classAddr, "ipv6addr": classAddr, "ipdst": classAddr,
	"ipsrc": classAddr, "address": classAddr, "addr": classAddr, "hostip": classAddr, "networkip": classAddr, "cidr": classAddr,
	"network": classAddr, "subnet": classAddr, "netblock": classAddr, "iprange": classAddr, "ipcidr": classAddr, "ipv4cidr": classAddr,
	"ipv6cidr": classAddr, "ipaddresses": classAddr, "ipaddressblock": classAddr, "ipblock": classAddr,
	"networktrafficdstrefvalue": classAddr, "networktrafficsrcrefvalue": classAddr,

	"ip:port": classSock, "md5_hash": classHash, "sha1_hash": classHash, "sha256_hash": classHash, // as ThreatFox has them

	"ip4": classAddr, "ip6": classAddr, "ip4addr": classAddr, "ip6addr": classAddr,

	"ipport": classSock, "ipv4port": classSock, "ipv6port": classSock, "ipdstport": classSock, "ipsrcport": classSock, "socket": classSock,

	"domain": className, "domains": className, "domainname": className, "hostname": className, "host": className, "fqdn": className, "hostnames": className, "domainnames": className, "fqdns": className, "hostnameport": className, "domainport": className,
	"dns": className, "subdomain": className, "wildcard": className,

	"url": classURL, "urls": classURL, "uri": classURL, "uris": classURL, "urlpath": classURL,

	"hash": classHash, "md5": classHash, "sha1": classHash, "sha224": classOtherHash, "sha256": classHash, "sha384": classOtherHash,
	"sha512": classOtherHash, "sha2": classHash, "md5hash": classHash, "sha1hash": classHash, "sha256hash": classHash, "sha512hash": classOtherHash,
	"hashmd5": classHash, "hashsha1": classHash, "hashsha256": classHash, "hashes": classHash, "md5s": classHash, "sha1s": classHash, "sha256s": classHash,
	"filehash": classHash, "filemd5": classHash, "filesha1": classHash, "filesha256": classHash, "filehashmd5": classHash,
	"filehashsha1": classHash, "filehashsha256": classHash, "file": classHash, "ssdeep": classOtherHash, "imphash": classOtherHash,
	"tlsh": classOtherHash, "filehashpehash": classOtherHash, "filehashimphash": classOtherHash, "filehashssdeep": classOtherHash,
	"filehashsha512": classOtherHash, "certhash": classOtherHash, "otherhash": classOtherHash, "pubkeyhash": classOtherHash,
	"ja3": classOtherHash, "ja3md5": classOtherHash,

	"email": classMail, "mail": classMail, "emailaddress": classMail, "emailaddr": classMail, "emailsrc": classMail, "emaildst": classMail,
}

// classOf reads a feed's word for a type: "ip:port", "IP", "domainname ",
// "sha256_hash", "ipv4-addr:value".
func classOf(word string) class {
	if word == "" {
		return classAny
	}
	if c, ok := typeWords[word]; ok {
		return c
	}
	p := plain(word)
	if p == "" {
		return classAny
	}
	if c, ok := typeWords[p]; ok {
		return c
	}
	if c, ok := typeWords[strings.TrimSuffix(p, "value")]; ok {
		return c
	}
	if strings.HasPrefix(p, "filehashes") {
		return classHash
	}
	for _, role := range typeRoles {
		if rest, ok := strings.CutPrefix(p, role); ok {
			if c := typeWords[rest]; c == classAddr || c == classSock || c == className || c == classURL {
				return c
			}
		}
	}
	return classOther
}

// typeRoles are what may stand before the word for an address, a name or a URL,
// to say what it did: "C2 IP", "malicious domain".
var typeRoles = []string{"c2", "cnc", "cc", "candc", "c2server", "malicious", "phishing", "malware", "botnet", "download", "payload", "remote", "dst", "dest", "destination", "src", "source"}

// foreignWords are in types of hashes that are none of a file, or not of the
// attacker's.
var foreignWords = []string{
	"cert", "certificate", "ssl", "tls", "x509", "fingerprint", "thumbprint", "serial", "ja3", "ja3s", "jarm", "hassh", "imphash", "authentihash",
	"vhash", "cdhash", "pehash", "telfhash", "ssdeep", "tlsh", "md2", "md4", "icon", "favicon", "victim", "victims", "target", "legit", "legitimate", "benign",
	"whitelist", "whitelisted", "allow", "allowed", "false", "sinkhole", "sinkholed", "version", "mutex", "registry", "comment", "text", "other",
}

// attackers are words that say of a value, wherever they stand beside the word for its
// type, that it is an attacker's.
var attackers = []string{"malicious", "phishing", "malware", "botnet", "payload", "dropper", "attacker"}

// formWords may stand beside the word for a type without a change of what it
// says, and attackerRoles say that the value is an attacker's.
var (
	formWords     = []string{"address", "addresses", "port", "indicator", "indicators", "ioc", "iocs", "and", "or", "with"}
	attackerRoles = append([]string{"c2", "cnc", "c", "scanner"}, attackers...)
)

// allowsValue reports whether a value is an indicator although the word for its type is
// not known: a hash where a part of the word says so, "Dropper hash"; anything else
// where all parts are a type, a role of an attacker and words of form, "IP Address
// and Port". "DNS resolver" and "sender domain" are somebody else's.
func allowsValue(word, value string) bool {
	i, err := ioc.Parse(value)
	if err != nil {
		return false
	}
	parts := typeParts(word)
	if i.Type == ioc.Hash {
		if slices.Contains(parts, "sha3") && len(i.Value) != 40 {
			return false // SHA-3, not what follows SHA1 and SHA2
		}
		return !slices.ContainsFunc(parts, func(p string) bool { return slices.Contains(foreignWords, p) }) &&
			slices.ContainsFunc(parts, func(p string) bool { return p != "file" && partClass(p) == classHash }) // a file may be its name
	}
	named, c2 := false, len(parts) > 0 // all parts say C2
	for n, p := range parts {
		if n > 0 && c2 && (p == "server" || p == "servers") {
			continue
		}
		c := partClass(p)
		typed := c != classOther
		attacker := slices.Contains(attackerRoles, p)
		if !attacker && !slices.Contains(formWords, p) && (!typed || c > classHash) {
			return false
		}
		named = named || typed && c != classHash && fits(i.Type, c)
		c2 = c2 && attacker && p[0] == 'c'
	}
	return named || c2 && fits(i.Type, classAddr)
}

// partClass reads one word of a word for a type. SHA257 and IPv5 are what a spreadsheet
// makes of SHA256 and IPv4 when somebody fills a column downwards.
func partClass(p string) class {
	if c, ok := typeWords[p]; ok {
		return c
	}
	switch strings.TrimRight(p, "0123456789") {
	case p:
	case "md", "sha":
		return classHash
	case "ipv":
		return classAddr
	}
	return classOther
}

// typeParts splits a word for a type into its words, in lower case.
func typeParts(word string) []string {
	return strings.FieldsFunc(strings.ToLower(word), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
}

// namesType reports whether a word that is not known has a type in it.
func namesType(word string) bool {
	return slices.ContainsFunc(typeParts(word), func(p string) bool {
		return slices.Contains([]string{"ip", "ips", "ipv4", "ipv6", "dns", "domain", "domains", "fqdn", "hostname", "url", "urls", "hash", "hashes", "md5", "sha1", "sha256"}, p)
	})
}

// plain brings a column name or type word to lower-case letters and digits:
// first_seen_utc, FirstSeenUTC and "First Seen [UTC]" are the same.
func plain(s string) string {
	ready := true
	for i := 0; ready && i < len(s); i++ {
		ready = s[i] >= 'a' && s[i] <= 'z' || s[i] >= '0' && s[i] <= '9'
	}
	if ready {
		return s
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}
