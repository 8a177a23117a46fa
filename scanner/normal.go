package scanner

import (
	"strings"
	"unicode/utf8"

	"github.com/iocsweep/iocsweep/ioc"
	"github.com/iocsweep/iocsweep/scanner/table"
)

// appendNormal appends a projected cell without what differs between exports
// of it: blanks, the spelling of addresses, names and hashes. k is nil for a
// column that holds none of them.
func appendNormal(dst []byte, k *table.Key, cell string) []byte {
	if cell == "" {
		return dst
	}
	if first, last := cell[0], cell[len(cell)-1]; first <= ' ' || last <= ' ' || first|last >= utf8.RuneSelf {
		cell = strings.TrimSpace(cell)
	}
	if k == nil {
		return append(dst, cell...)
	}
	switch k.Kind {
	case ioc.KindIP:
		return appendAddr(dst, cell)
	case ioc.KindIPList:
		return appendAddrs(dst, cell)
	case ioc.KindHash:
		return append(dst, strings.ToLower(cell)...)
	case ioc.KindDomain:
		if !isNormalName(cell) {
			if named, ok := ioc.AppendDomain(dst, bytesOf(cell)); ok {
				return named
			}
		}
	}
	return append(dst, cell...)
}

// trimFraction drops a fraction of zeros: JSON, spreadsheets and columns of doubles
// and decimals write 23 as 23.0.
func trimFraction(cell string) string {
	if whole, zeros, ok := strings.Cut(cell, "."); ok && strings.Trim(zeros, "0") == "" {
		return whole
	}
	return cell
}

// normalName are the bytes that AppendDomain gives as they are.
var normalName = func() (t [256]bool) {
	for _, c := range "abcdefghijklmnopqrstuvwxyz0123456789-_." {
		t[c] = true
	}
	return t
}()

// isNormalName reports whether AppendDomain would give a name as it is, or nothing.
func isNormalName(cell string) bool {
	for i := range len(cell) {
		if !normalName[cell[i]] {
			return false
		}
	}
	return cell == "" || cell[len(cell)-1] != '.'
}

// appendAddr appends an address in normal form, anything else as it is.
func appendAddr(dst []byte, text string) []byte {
	if !ioc.IsNormal4(text) {
		if a, port, ok := ioc.ParseAddr(bytesOf(text)); ok && port < 0 {
			return a.AppendTo(dst)
		}
	}
	return append(dst, text...)
}

// appendAddrs appends the members of a list of addresses, each in normal form. Of one in
// JSON nothing else counts: how it was printed differs between formats.
func appendAddrs(dst []byte, list string) []byte {
	if strings.HasPrefix(list, "[") && strings.HasSuffix(list, "]") && strings.IndexByte(list, '"') > 0 {
		list = strings.Map(func(c rune) rune {
			if strings.ContainsRune("[]\"\t\r\n", c) {
				return ' '
			}
			return c
		}, list)
	}
	for from := len(dst); list != ""; {
		n := ioc.Normal4(list)
		normal := n > 0 && (n == len(list) || betweenAddrs(list[n]))
		if !normal {
			for n = 0; n < len(list) && !betweenAddrs(list[n]); n++ {
			}
		}
		if member := list[:n]; n > 0 {
			if len(dst) > from {
				dst = append(dst, ',')
			}
			if normal {
				dst = append(dst, member...)
			} else {
				dst = appendAddr(dst, member)
			}
		}
		list = list[min(n+1, len(list)):]
	}
	return dst
}

// betweenAddrs are the separators of a list of addresses. A member is empty between
// two of them.
func betweenAddrs(c byte) bool { return c == ',' || c == ';' || c == ' ' }
