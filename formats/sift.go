package formats

// A sifter asks Want.Sift for the records of a block that are worth splitting.
type sifter struct {
	find func(text []byte, dst []uint32) ([]uint32, bool) // Want.Sift; nil: nothing is sifted
	keys []bool                                           // Want.Sifted
	rest int                                              // how many blocks to come are not sifted
	at   []uint32                                         // what find gave for the text at hand
}

// siftRest is how many blocks are split whole after one in which nearly all records were
// worth splitting.
const siftRest = 15

func newSifter(w Want) sifter { return sifter{find: w.Sift, keys: w.Sifted} }

// ready reports whether the next block is to be sifted. It is asked once for each block.
func (s *sifter) ready() bool {
	if s.find == nil {
		return false
	}
	if s.rest > 0 {
		s.rest--
		return false
	}
	return true
}

// sift finds the places in a text that are worth a look, and leaves them in s.at. ok is
// false if all records have to be split.
func (s *sifter) sift(text []byte) (ok bool) {
	if s.at, ok = s.find(text, s.at[:0]); !ok {
		s.rest = siftRest
	}
	return ok
}

// always reports whether the cells of a key are wanted of every record.
func (s *sifter) always(key int) bool { return s.find == nil || !s.keys[key] }
