package corpus

import (
	"bufio"
	"os"
	"strings"
)

// ReadFeed returns the indicators of a plain list: addresses without ports,
// and names.
func ReadFeed(path string) (addrs, names []string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if a, ok := Addr(lines.Text()); ok {
			addrs = append(addrs, a)
		} else {
			names = append(names, a)
		}
	}
	return addrs, names, lines.Err()
}

// Addr returns the address of an indicator in its normal form, without its
// port, and whether it is one: else it is a name, returned as it is.
func Addr(indicator string) (addr string, ok bool) {
	switch {
	case strings.HasPrefix(indicator, "["): // [v6]:port
		return indicator[1:strings.IndexByte(indicator, ']')], true
	case strings.Count(indicator, ":") > 1:
		return indicator, true
	case strings.IndexFunc(indicator, func(r rune) bool { return r != '.' && r != ':' && (r < '0' || r > '9') }) < 0:
		addr, _, _ = strings.Cut(indicator, ":")
		return addr, true
	}
	return indicator, false
}
