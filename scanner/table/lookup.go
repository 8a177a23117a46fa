package table

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"
)

// A lookup is a small map as a list sorted by key. The compiler puts such a list into
// the program's data; a map would be built anew by every run.
type lookup[V any] []entry[V]

type entry[V any] struct {
	key   string
	value V
}

// lookupOf returns a lookup with the entries of m, nil if there are none. It does not
// keep m.
func lookupOf[V any](m map[string]V) lookup[V] {
	if len(m) == 0 {
		return nil
	}
	l := make(lookup[V], 0, len(m))
	for k, v := range m {
		l = append(l, entry[V]{k, v})
	}
	slices.SortFunc(l, func(a, b entry[V]) int { return cmp.Compare(a.key, b.key) })
	return l
}

// get returns the value of a key, and whether there is one.
func (l lookup[V]) get(key string) (v V, ok bool) {
	from, to := 0, len(l)
	for from < to {
		mid := int(uint(from+to) >> 1)
		if l[mid].key < key {
			from = mid + 1
		} else {
			to = mid
		}
	}
	if from < len(l) && l[from].key == key {
		return l[from].value, true
	}
	return v, false
}

// folded is get for a name in any case; the keys are in lower case. It does not allocate
// for names in ASCII, which nearly all are.
func (l lookup[V]) folded(name string) (v V, ok bool) {
	for i := range len(name) {
		if name[i] >= utf8.RuneSelf {
			return l.get(strings.ToLower(name))
		}
	}
	i, ok := slices.BinarySearchFunc(l, name, func(e entry[V], name string) int { return compareLower(e.key, name) })
	if !ok {
		return v, false
	}
	return l[i].value, true
}

// compareLower compares a key with a name of ASCII in lower case.
func compareLower(key, name string) int {
	for i := range min(len(key), len(name)) {
		c := name[i]
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if key[i] != c {
			return cmp.Compare(key[i], c)
		}
	}
	return cmp.Compare(len(key), len(name))
}

// at returns the value of a key, the zero value without one.
func (l lookup[V]) at(key string) V {
	v, _ := l.get(key)
	return v
}
