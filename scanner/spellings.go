package scanner

import (
	"slices"

	"github.com/iocsweep/iocsweep/ioc"
)

// maxOnly is how many spellings are listed. Where more are looked for, no part
// of a file is without one.
const maxOnly = 1000

// spelled are the only cells that KQL's in matches, in order and without
// repeats.
type spelled struct{ addresses, hashes []string }

// spellings returns nil where in is not how cells are matched: everywhere else
// an address has many spellings.
func (r *run) spellings() *spelled {
	if !r.KQL || r.Indicators.Len() > maxOnly {
		return nil
	}
	s := &spelled{addresses: []string{}, hashes: []string{}}
	for i := range r.Indicators.All() {
		switch i.Type {
		case ioc.IP, ioc.IPPort:
			s.addresses = append(s.addresses, i.Addr().String())
		case ioc.Hash:
			s.hashes = append(s.hashes, i.Value)
		}
	}
	slices.Sort(s.addresses)
	slices.Sort(s.hashes)
	s.addresses, s.hashes = slices.Compact(s.addresses), slices.Compact(s.hashes)
	return s
}

// of returns what a column is matched with, nil where others than in look it
// up as well.
func (s *spelled) of(groups []keyGroup) []string {
	hashes := 0
	for i := range groups {
		if groups[i].how != howIn {
			return nil
		}
		if groups[i].kind == ioc.KindHash {
			hashes++
		}
	}
	switch hashes {
	case 0:
		return s.addresses
	case len(groups):
		return s.hashes
	}
	return nil // of two tables, of which one has addresses in it
}
