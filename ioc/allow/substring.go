package allow

// maxParts is how many bytes the entries of a substring list may have in all.
// Each costs some hundred bytes of memory while they are entered.
const maxParts = 1 << 20

// substrings finds whether any of many texts is part of a value, in one pass over the
// value (Aho and Corasick). Its entries are a tree of bytes. A node is a path from the
// root, and knows the node of the longest end of that path that is a path as well: from
// there the search goes on if the tree has no next byte.
//
//	entries he, she, hers; value "ushers": u, s, sh, she → contains she
type substrings struct {
	edges map[uint64]int32 // node<<8 | byte to the next node; node 0 is the root
	fail  []int32          // by node
	ends  []bool           // by node: an entry ends here, or in a node that fail leads to
}

// add enters a text. close has to follow the last.
func (s *substrings) add(text string) {
	if s.edges == nil {
		s.edges, s.fail, s.ends = map[uint64]int32{}, make([]int32, 1), make([]bool, 1)
	}
	node := int32(0)
	for i := range len(text) {
		edge := uint64(node)<<8 | uint64(text[i])
		next, ok := s.edges[edge]
		if !ok {
			next = int32(len(s.fail))
			s.edges[edge] = next
			s.fail, s.ends = append(s.fail, 0), append(s.ends, false)
		}
		node = next
	}
	s.ends[node] = true
}

// close links the nodes, those nearer the root first.
func (s *substrings) close() {
	type child struct {
		node, parent int32
		by           byte
	}
	below := make([][]child, len(s.fail))
	for edge, node := range s.edges {
		parent := int32(edge >> 8)
		below[parent] = append(below[parent], child{node, parent, byte(edge)})
	}
	queue := below[0]
	for ; len(queue) > 0; queue = queue[1:] {
		c := queue[0]
		if c.parent != 0 {
			s.fail[c.node] = s.step(s.fail[c.parent], c.by)
			s.ends[c.node] = s.ends[c.node] || s.ends[s.fail[c.node]]
		}
		queue = append(queue, below[c.node]...)
	}
}

// step goes from a node by a byte.
func (s *substrings) step(node int32, by byte) int32 {
	for {
		if next, ok := s.edges[uint64(node)<<8|uint64(by)]; ok {
			return next
		}
		if node == 0 {
			return 0
		}
		node = s.fail[node]
	}
}

// in reports whether an entry is part of a value.
func (s *substrings) in(value []byte) bool {
	node := int32(0)
	for _, b := range value {
		if node = s.step(node, b); s.ends[node] {
			return true
		}
	}
	return false
}

// first returns the entry that is the first to end in a value, the shortest of
// several, "" where there is none.
func (s *substrings) first(value []byte) string {
	node := int32(0)
	for i, b := range value {
		if node = s.step(node, b); !s.ends[node] {
			continue
		}
		for from := i; from >= 0; from-- {
			// An end that is not the entry's own is that of a shorter one.
			if s.entered(value[from : i+1]) {
				return string(value[from : i+1])
			}
		}
	}
	return ""
}

// entered reports whether the tree has the text as a path, and an entry ends with it.
func (s *substrings) entered(text []byte) bool {
	node := int32(0)
	for _, b := range text {
		next, ok := s.edges[uint64(node)<<8|uint64(b)]
		if !ok {
			return false
		}
		node = next
	}
	return s.ends[node]
}
