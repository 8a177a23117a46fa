package feed

import (
	"slices"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// fileEndings are top-level domains that are much more often the endings of
// files.
var fileEndings = []string{"sh", "py", "pl", "zip", "mov", "md", "so", "rs", "ps", "app", "bz", "cab", "java", "bat"}

// ownEndings are endings of names that are resolved although the root has no
// such domain: those kept for examples, of private networks, of Tor, and of
// other roots that bots are known to ask.
var ownEndings = []string{
	"example", "test", "invalid", "onion", "i2p", "local", "lan", "internal", "intranet", "corp", "home", "localdomain",
	"bit", "bazar", "coin", "emc", "dyn", "geek", "libre", "oss", "parody", "pirate",
}

// looksLikeFile reports whether a name in prose is rather that of a file, as
// index.html and main.py: its end is no top-level domain, or, of two labels,
// one that is as good as the ending of a file.
func looksLikeFile(name string) bool {
	stem, ending, ok := strings.Cut(name, ".")
	if ok && stem != "" && slices.Contains(fileEndings, ending) {
		return true
	}
	suffix, icann := publicsuffix.PublicSuffix(name)
	return !icann && !strings.Contains(suffix, ".") && !slices.Contains(ownEndings, suffix)
}

// looksLikeVersion reports whether a name is rather that of a version, as 3.3.x: it
// is of numbers, and its end is no top-level domain.
func looksLikeVersion(name string) bool {
	dot := strings.LastIndexByte(name, '.')
	if dot < 0 || strings.Trim(strings.TrimPrefix(name[:dot], "v"), "0123456789.") != "" {
		return false
	}
	_, icann := publicsuffix.PublicSuffix(name)
	return !icann
}

// looksLikePackage reports whether a name is rather that of a package of a program,
// which is written from the other end, as com.android.chrome: its end is one of
// the long top-level domains, which are words.
func looksLikePackage(name string) bool {
	first, rest, _ := strings.Cut(name, ".")
	return slices.Contains([]string{"com", "org", "net", "io", "android", "java", "javax"}, first) && strings.Contains(rest, ".") &&
		len(name)-strings.LastIndexByte(name, '.') > len(".name") && !strings.HasSuffix(name, ".example")
}
