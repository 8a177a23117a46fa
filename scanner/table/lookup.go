package table

import (
	"cmp"
	"slices"
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

// at returns the value of a key, the zero value without one.
func (l lookup[V]) at(key string) V {
	v, _ := l.get(key)
	return v
}
