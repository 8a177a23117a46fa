package formats

// A sifter asks Want.Sift for the records of a block that are worth splitting.
type sifter struct {
	find func(text []byte, dst []uint32) ([]uint32, bool) // nil: nobody can say
	keys []bool                                           // Want.Sifted
	rest int                                              // blocks to pass over, since the last had too many
	at   []uint32
}

// siftRest is how many blocks are split whole after one in which that would have
// been better.
const siftRest = 15

func newSifter(w Want) sifter { return sifter{find: w.Sift, keys: w.Sifted} }

// ready says that the next block is to be sifted.
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

// sift finds the places in a text that are worth a look, and leaves them in s.at. It
// says false if all may be.
func (s *sifter) sift(text []byte) (ok bool) {
	if s.at, ok = s.find(text, s.at[:0]); !ok {
		s.rest = siftRest
	}
	return ok
}

// always says that the cells of a key are wanted of every record.
func (s *sifter) always(key int) bool { return s.find == nil || !s.keys[key] }
