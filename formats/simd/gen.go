//go:build ignore

// This program writes the kernels for amd64: go generate ./formats/simd.
package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/gotypes"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// A machine is a width of vectors: how 64 bytes are loaded and compared.
type machine struct {
	name string
	// broadcast fills a vector with the byte in r.
	broadcast func(r GPVirtual) VecVirtual
	// load reads the 64 bytes at base.
	load func(base Register) []VecVirtual
	// equal returns a bit for each loaded byte that is the broadcast one.
	equal func(block []VecVirtual, b VecVirtual) GPVirtual
}

var avx2 = machine{
	name: "AVX2",
	broadcast: func(r GPVirtual) VecVirtual {
		x, y := XMM(), YMM()
		VMOVD(r.As32(), x)
		VPBROADCASTB(x, y)
		return y
	},
	load: func(base Register) []VecVirtual {
		lo, hi := YMM(), YMM()
		VMOVDQU(Mem{Base: base}, lo)
		VMOVDQU(Mem{Base: base, Disp: 32}, hi)
		return []VecVirtual{lo, hi}
	},
	equal: func(block []VecVirtual, b VecVirtual) GPVirtual {
		lo, hi := YMM(), YMM()
		VPCMPEQB(b, block[0], lo)
		VPCMPEQB(b, block[1], hi)
		m, n := GP64(), GP64()
		VPMOVMSKB(lo, m.As32())
		VPMOVMSKB(hi, n.As32())
		SHLQ(Imm(32), n)
		ORQ(n, m)
		return m
	},
}

var avx512 = machine{
	name: "AVX512",
	broadcast: func(r GPVirtual) VecVirtual {
		z := ZMM()
		VPBROADCASTB(r.As32(), z)
		return z
	},
	load: func(base Register) []VecVirtual {
		z := ZMM()
		VMOVDQU8(Mem{Base: base}, z)
		return []VecVirtual{z}
	},
	equal: func(block []VecVirtual, b VecVirtual) GPVirtual {
		k, m := K(), GP64()
		VPCMPEQB(b, block[0], k)
		KMOVQ(k, m)
		return m
	},
}

func main() {
	ConstraintExpr("amd64,!purego")
	for _, m := range []machine{avx2, avx512} {
		m.csv()
		m.json()
	}
	rows()
	members()
	avx512.undouble()
	avx512.unescape()
	avx512.fields()
	Generate()
}

// constant is a vector of one byte.
func (m machine) constant(b byte) VecVirtual {
	r := GP64()
	MOVL(U32(b), r.As32())
	return m.broadcast(r)
}

// loop writes body once: it is given a pointer to 64 bytes and the number of
// their word.
func (m machine) loop(data, words Register, body func(data, at Register)) {
	at := GP64()
	XORQ(at, at)
	TESTQ(words, words)
	JE(LabelRef("done"))
	Label("loop")
	body(data, at)
	ADDQ(Imm(64), data)
	INCQ(at)
	CMPQ(at, words)
	JNE(LabelRef("loop"))
	Label("done")
	VZEROUPPER()
}

func (m machine) csv() {
	TEXT("csv"+m.name, NOSPLIT, "func(data *byte, words int, sep byte, seps, nls, quotes *uint64)")
	Pragma("noescape")
	data := Load(Param("data"), GP64())
	words := Load(Param("words"), GP64())
	char := GP64()
	Load(Param("sep"), char.As32())
	seps, nls, quotes := Load(Param("seps"), GP64()), Load(Param("nls"), GP64()), Load(Param("quotes"), GP64())
	sep, newline, quote := m.broadcast(char), m.constant('\n'), m.constant('"')
	m.loop(data, words, func(data, at Register) {
		block := m.load(data)
		MOVQ(m.equal(block, sep), Mem{Base: seps, Index: at, Scale: 8})
		MOVQ(m.equal(block, newline), Mem{Base: nls, Index: at, Scale: 8})
		MOVQ(m.equal(block, quote), Mem{Base: quotes, Index: at, Scale: 8})
	})
	RET()
}

// escapes returns the bytes that backslashes escape, and sets escaped for the
// next word; b loses the backslashes that are escaped by the word before. It is
// simdjson's way: a run of backslashes that starts at an even place carries, as
// a sum, into the bit behind it, which then tells its parity.
func escapes(b, escaped, even GPVirtual) GPVirtual {
	ANDNQ(b, escaped, b)
	follows, odd := GP64(), GP64()
	LEAQ(Mem{Base: escaped, Index: b, Scale: 2}, follows)
	ANDNQ(b, even, odd)
	ANDNQ(odd, follows, odd) // first backslashes of runs at odd places
	XORL(escaped.As32(), escaped.As32())
	ADDQ(b, odd)
	SETCS(escaped.As8())
	ADDQ(odd, odd)
	XORQ(even, odd)
	ANDQ(follows, odd)
	return odd
}

// json finds unescaped quotes.
func (m machine) json() {
	TEXT("json"+m.name, NOSPLIT, "func(data *byte, words int, escaped uint64, quotes, slashes, nls *uint64) uint64")
	Pragma("noescape")
	data := Load(Param("data"), GP64())
	words := Load(Param("words"), GP64())
	escaped := GP64()
	Load(Param("escaped"), escaped)
	quotes, slashes, nls := Load(Param("quotes"), GP64()), Load(Param("slashes"), GP64()), Load(Param("nls"), GP64())
	quote, backslash, newline := m.constant('"'), m.constant('\\'), m.constant('\n')
	even := GP64()
	MOVQ(U64(0x5555555555555555), even)
	m.loop(data, words, func(data, at Register) {
		block := m.load(data)
		MOVQ(m.equal(block, newline), Mem{Base: nls, Index: at, Scale: 8})
		q, b := m.equal(block, quote), m.equal(block, backslash)
		MOVQ(b, Mem{Base: slashes, Index: at, Scale: 8})
		any := GP64()
		MOVQ(b, any)
		ORQ(escaped, any)
		JE(LabelRef("store"))
		ANDNQ(q, escapes(b, escaped, even), q)
		Label("store")
		MOVQ(q, Mem{Base: quotes, Index: at, Scale: 8})
	})
	Store(escaped, ReturnIndex(0))
	RET()
}

// rows needs a fast PDEP, which all processors with AVX-512 have: it moves the
// bit 1<<k to the k-th bit of a word, so that the n-th separator is found
// without a loop.
func rows() {
	TEXT("rowsBMI2", NOSPLIT, "func(seps, nls *uint64, words, at, end int, ords *int, width int, out *uint32, most int, bounds *uint32) (n, next int)")
	Pragma("noescape")
	seps, nls := Load(Param("seps"), GP64()), Load(Param("nls"), GP64())
	at := GP64()
	Load(Param("at"), at)
	out, to := Load(Param("out"), GP64()), Load(Param("bounds"), GP64())
	// These are used once a record, or compared with once a word: they stay
	// where the caller put them.
	words, end, first, width := place(Param("words")), place(Param("end")), place(Param("ords")), place(Param("width"))
	most, n := place(Param("most")), place(ReturnIndex(0))
	one := GP64()
	MOVQ(U32(1), one)
	MOVQ(U32(0), n)

	w, s, l, base := GP64(), GP64(), GP64(), GP64()
	ord, seen, total, next, tmp := GP64(), GP64(), GP64(), GP64(), GP64()

	Label("record")
	CMPQ(at, end)
	JGE(LabelRef("done"))
	MOVQ(at, w)
	SHRQ(Imm(6), w)
	CMPQ(w, words)
	JGE(LabelRef("done"))
	MOVQ(I32(-1), tmp)
	SHLXQ(at, tmp, tmp)
	MOVQ(Mem{Base: seps, Index: w, Scale: 8}, s)
	MOVQ(Mem{Base: nls, Index: w, Scale: 8}, l)
	ANDQ(tmp, s)
	ANDQ(tmp, l)
	MOVQ(at, base)
	ANDQ(I32(-64), base)
	XORQ(seen, seen)
	MOVQ(first, ord)
	MOVQ(Mem{Base: ord}, next)

	Label("word")
	TESTQ(l, l)
	JE(LabelRef("count"))
	LEAQ(Mem{Base: l, Disp: -1}, tmp)
	ANDNQ(tmp, l, tmp)
	ANDQ(tmp, s) // those before the line break
	Label("count")
	POPCNTQ(s, total)
	ADDQ(seen, total)
	CMPQ(next, total)
	JG(LabelRef("counted"))
	Label("stop")
	SUBQ(seen, next)
	DECQ(next)
	SHLXQ(next, one, tmp)
	PDEPQ(s, tmp, tmp)
	TZCNTQ(tmp, tmp)
	ADDQ(base, tmp)
	MOVL(tmp.As32(), Mem{Base: to})
	ADDQ(Imm(4), to)
	ADDQ(Imm(8), ord)
	MOVQ(Mem{Base: ord}, next)
	CMPQ(next, total)
	JLE(LabelRef("stop"))
	Label("counted")
	MOVQ(total, seen)
	TESTQ(l, l)
	JNE(LabelRef("line"))
	ADDQ(Imm(64), base)
	INCQ(w)
	CMPQ(w, words)
	JGE(LabelRef("done"))
	MOVQ(Mem{Base: seps, Index: w, Scale: 8}, s)
	MOVQ(Mem{Base: nls, Index: w, Scale: 8}, l)
	JMP(LabelRef("word"))

	Label("line")
	TZCNTQ(l, tmp)
	ADDQ(base, tmp)
	INCQ(seen)
	CMPQ(seen, width)
	JNE(LabelRef("done"))
	CMPQ(tmp, at)
	JE(LabelRef("done"))
	CMPQ(next, width)
	JNE(LabelRef("row"))
	MOVL(tmp.As32(), Mem{Base: to}) // the last cell ends with the record
	ADDQ(Imm(4), to)
	Label("row")
	MOVL(at.As32(), Mem{Base: out})
	MOVL(tmp.As32(), Mem{Base: out, Disp: 4})
	ADDQ(Imm(8), out)
	LEAQ(Mem{Base: tmp, Disp: 1}, at)
	MOVQ(n, tmp)
	INCQ(tmp)
	MOVQ(tmp, n)
	CMPQ(tmp, most)
	JL(LabelRef("record"))
	Label("done")
	Store(at, ReturnIndex(1))
	RET()
}

// members compares what comes before a value 32 bytes at a time, whatever its
// length: the mask of the key says which of them count.
func members() {
	TEXT("membersAVX2", NOSPLIT, "func(b *byte, size int, quotes *uint64, p, end int, keys *byte, vals *uint32, prev int32) (next int, last int32, behind bool)")
	Pragma("noescape")
	b, quotes := Load(Param("b"), GP64()), Load(Param("quotes"), GP64())
	keys, vals := Load(Param("keys"), GP64()), Load(Param("vals"), GP64())
	p := GP64()
	Load(Param("p"), p)
	size, end := place(Param("size")), place(Param("end"))
	before, k := GP64(), GP64() // keys, in bytes from the first
	Load(Param("prev"), before.As32())
	IMUL3Q(Imm(keySize), before, before)
	key := func(k Register, disp int) Mem { return Mem{Base: keys, Index: k, Scale: 1, Disp: disp} }
	at, q, w, x, tmp := GP64(), GP64(), GP64(), GP64(), GP64()
	follow, nth, behind := GP64(), GP64(), GP64()
	XORQ(behind, behind)

	Label("member")
	LEAQ(Mem{Base: p, Disp: beyond}, tmp)
	CMPQ(tmp, size)
	JG(LabelRef("stop"))
	XORQ(nth, nth)
	LEAQ(key(before, keyFollow), follow)
	MOVLQSX(Mem{Base: follow}, k)
	Label("try")
	IMUL3Q(Imm(keySize), k, k)
	MOVLQSX(key(k, keyLen), at)
	lo, hi := YMM(), YMM()
	VMOVDQU(Mem{Base: b, Index: p, Scale: 1}, lo)
	VPCMPEQB(key(k, 0), lo, lo)
	VPMOVMSKB(lo, x.As32())
	VMOVDQU(Mem{Base: b, Index: p, Scale: 1, Disp: 32}, hi)
	VPCMPEQB(key(k, 32), hi, hi)
	VPMOVMSKB(hi, tmp.As32())
	SHLQ(Imm(32), tmp)
	ORQ(tmp, x)
	NOTQ(x)
	ANDQ(key(k, keyMask), x)
	JNE(LabelRef("differs"))
	TESTQ(at, at)
	JE(LabelRef("differs"))
	ADDQ(p, at)
	CMPQ(at, end)
	JGE(LabelRef("stop"))

	// A string: its end is the next quote. Bits are loaded from the byte on in
	// which they begin, so that it does not matter where in a word that is.
	CMPB(Mem{Base: b, Index: at, Scale: 1}, Imm('"'))
	JNE(LabelRef("number"))
	INCQ(at)
	MOVQ(at, q)
	Label("bits")
	CMPQ(q, end)
	JGE(LabelRef("stop"))
	MOVQ(q, w)
	SHRQ(Imm(3), w)
	MOVQ(Mem{Base: quotes, Index: w, Scale: 1}, x)
	MOVQ(q, w)
	ANDQ(Imm(7), w)
	SHRXQ(w, x, x)
	TESTQ(x, x)
	JNE(LabelRef("quote"))
	ADDQ(Imm(56), q)
	JMP(LabelRef("bits"))
	Label("quote")
	TZCNTQ(x, x)
	ADDQ(x, q)
	CMPQ(q, end)
	JGE(LabelRef("stop"))
	MOVLQSX(key(k, keySlot), w)
	MOVL(U32(valueSet|valueString), x.As32())
	LEAQ(Mem{Base: q, Disp: 1}, p)
	SUBQ(at, q)
	JMP(LabelRef("store"))

	// Up to seven digits, with a comma or brace behind them.
	Label("number")
	MOVQ(Mem{Base: b, Index: at, Scale: 1}, x)
	MOVQ(U64(0x3030303030303030), tmp)
	XORQ(tmp, x)
	MOVQ(U64(0x7f7f7f7f7f7f7f7f), tmp)
	ANDQ(x, tmp)
	MOVQ(U64(0x7676767676767676), q)
	ADDQ(q, tmp)
	ORQ(x, tmp)
	MOVQ(U64(0x8080808080808080), q)
	ANDQ(q, tmp)
	JE(LabelRef("stop"))
	TZCNTQ(tmp, q)
	SHRQ(Imm(3), q)
	JE(LabelRef("null"))
	CMPQ(q, Imm(1))
	JE(LabelRef("digits"))
	TESTB(Imm(0xff), x.As8())
	JE(LabelRef("stop"))
	Label("digits")
	LEAQ(Mem{Base: at, Index: q, Scale: 1}, x)
	CMPQ(x, end)
	JGE(LabelRef("stop"))
	MOVBLZX(Mem{Base: b, Index: x, Scale: 1}, tmp.As32())
	CMPL(tmp.As32(), Imm(','))
	JE(LabelRef("integer"))
	CMPL(tmp.As32(), Imm('}'))
	JNE(LabelRef("stop"))
	Label("integer")
	MOVQ(x, p)
	MOVLQSX(key(k, keySlot), w)
	MOVL(U32(valueSet), x.As32())
	JMP(LabelRef("store"))

	Label("null")
	CMPL(Mem{Base: b, Index: at, Scale: 1}, U32('n'|'u'<<8|'l'<<16|'l'<<24))
	JNE(LabelRef("stop"))
	LEAQ(Mem{Base: at, Disp: 4}, tmp)
	CMPQ(tmp, end)
	JG(LabelRef("stop"))
	MOVQ(tmp, p)
	XORQ(at, at) // q is 0
	MOVLQSX(key(k, keySlot), w)
	MOVL(U32(valueSet), x.As32())

	Label("store")
	TESTQ(w, w)
	JS(LabelRef("stored"))
	LEAQ(Mem{Base: w, Index: w, Scale: 2}, w)
	MOVL(at.As32(), Mem{Base: vals, Index: w, Scale: 4})
	MOVL(q.As32(), Mem{Base: vals, Index: w, Scale: 4, Disp: 4})
	MOVB(x.As8(), Mem{Base: vals, Index: w, Scale: 4, Disp: 8})
	Label("stored")
	TESTQ(nth, nth)
	JNE(LabelRef("swap"))
	Label("taken")
	MOVQ(k, before)
	CMPQ(p, end)
	JGE(LabelRef("behind"))
	CMPB(Mem{Base: b, Index: p, Scale: 1}, Imm(','))
	JNE(LabelRef("behind"))
	INCQ(p)
	JMP(LabelRef("member"))

	Label("differs")
	CMPQ(nth, Imm(followers-1))
	JE(LabelRef("stop"))
	INCQ(nth)
	MOVLQSX(Mem{Base: follow, Index: nth, Scale: 4}, k)
	JMP(LabelRef("try"))

	Label("swap") // the first and the one that has come
	MOVL(Mem{Base: follow}, tmp.As32())
	MOVL(Mem{Base: follow, Index: nth, Scale: 4}, x.As32())
	MOVL(x.As32(), Mem{Base: follow})
	MOVL(tmp.As32(), Mem{Base: follow, Index: nth, Scale: 4})
	JMP(LabelRef("taken"))

	Label("behind")
	INCQ(behind)
	Label("stop")
	VZEROUPPER()
	Store(p, ReturnIndex(0))
	MOVL(key(before, keyNumber), tmp.As32())
	Store(tmp.As32(), ReturnIndex(1))
	Store(behind.As8(), ReturnIndex(2))
	RET()
}

// The layout of Key and Value, and how far beyond a key's place members reads:
// TestLayout and FuzzMembers fail where simd.go and generic.go have it otherwise.
const (
	keyMask, keyLen, keySlot, keyNumber, keyFollow = 64, 72, 76, 80, 84

	keySize, followers    = 104, 4
	valueSet, valueString = 1, 2
	beyond                = 80
)

// place is where a parameter or result stands.
func place(c Component) Mem {
	b, err := c.Resolve()
	if err != nil {
		panic(err)
	}
	return b.Addr
}

// pack writes a loop over src that copies the bytes for which drop gives no
// bit to dst, close together, and returns how many there are.
func (m machine) pack(dst, src, left, n GPVirtual, drop func(block []VecVirtual) GPVirtual) {
	XORQ(n, n)
	one, there, rest := GP64(), GP64(), GP64()
	MOVQ(U32(1), one)
	Label("loop")
	TESTQ(left, left)
	JLE(LabelRef("done"))
	// The bytes that are there: all, or the first ones of the last word.
	MOVQ(I32(-1), there)
	CMPQ(left, Imm(64))
	JGE(LabelRef("load"))
	SHLXQ(left, one, there)
	DECQ(there)
	Label("load")
	k, z := K(), ZMM()
	KMOVQ(there, k)
	VMOVDQU8_Z(Mem{Base: src}, k, z)
	d := drop([]VecVirtual{z})
	ANDNQ(there, d, rest)
	keep, packed := K(), ZMM()
	KMOVQ(rest, keep)
	VPCOMPRESSB_Z(z, keep, packed)
	VMOVDQU8(packed, Mem{Base: dst})
	POPCNTQ(rest, rest)
	ADDQ(rest, dst)
	ADDQ(rest, n)
	ADDQ(Imm(64), src)
	SUBQ(Imm(64), left)
	JMP(LabelRef("loop"))
	Label("done")
	VZEROUPPER()
}

// undouble drops the second quote of each pair. A carry-less product with all
// ones is the parity of the quotes up to each byte: 1 from the first quote of a
// pair up to the second.
func (m machine) undouble() {
	TEXT("undoubleVBMI2", NOSPLIT, "func(dst, src *byte, left int) (n int, bad uint64)")
	Pragma("noescape")
	dst, src, left := GP64(), GP64(), GP64()
	Load(Param("dst"), dst)
	Load(Param("src"), src)
	Load(Param("left"), left)
	quote := m.constant('"')
	n, bad, open, first := GP64(), GP64(), GP64(), GP64()
	XORQ(bad, bad)
	XORQ(open, open)
	XORQ(first, first)
	ones := XMM()
	VPCMPEQB(ones, ones, ones)
	m.pack(dst, src, left, n, func(block []VecVirtual) GPVirtual {
		q := m.equal(block, quote)
		x, parity := XMM(), GP64()
		VMOVQ(q, x)
		VPCLMULQDQ(Imm(0), ones, x, x)
		VMOVQ(x, parity)
		XORQ(open, parity)
		second, behind := GP64(), GP64()
		ANDNQ(q, parity, second)
		ANDQ(parity, q) // first quotes
		LEAQ(Mem{Base: first, Index: q, Scale: 2}, behind)
		XORQ(second, behind)
		ORQ(behind, bad) // a first without its second, or the other way round
		SHRQ(Imm(63), q)
		MOVQ(q, first)
		SARQ(Imm(63), parity)
		MOVQ(parity, open)
		return second
	})
	ORQ(first, bad)
	Store(n, ReturnIndex(0))
	Store(bad, ReturnIndex(1))
	RET()
}

// unescape drops backslashes that escape a quote, a slash or a backslash.
func (m machine) unescape() {
	TEXT("unescapeVBMI2", NOSPLIT, "func(dst, src *byte, left int) (n int, bad uint64)")
	Pragma("noescape")
	dst, src, left := GP64(), GP64(), GP64()
	Load(Param("dst"), dst)
	Load(Param("src"), src)
	Load(Param("left"), left)
	quote, slash, backslash := m.constant('"'), m.constant('/'), m.constant('\\')
	n, bad, escaped, even := GP64(), GP64(), GP64(), GP64()
	XORQ(bad, bad)
	XORQ(escaped, escaped)
	MOVQ(U64(0x5555555555555555), even)
	m.pack(dst, src, left, n, func(block []VecVirtual) GPVirtual {
		b, plain := m.equal(block, backslash), m.equal(block, quote)
		ORQ(b, plain)
		ORQ(m.equal(block, slash), plain)
		drop := GP64()
		MOVQ(b, drop)
		e := escapes(b, escaped, even)
		ANDNQ(drop, e, drop)
		ANDNQ(e, plain, e) // also what is not there at all
		ORQ(e, bad)
		return drop
	})
	ORQ(escaped, bad)
	Store(n, ReturnIndex(0))
	Store(bad, ReturnIndex(1))
	RET()
}

// fields writes strings of JSON until one does not fit or is not plain. A text is
// taken 64 bytes at a time. Where some of them are to be escaped, the first 32 are
// spread to make room, on a ground of backslashes.
func (m machine) fields() {
	TEXT("fieldsVBMI2", NOSPLIT, "func(dst *byte, room int, fields *byte, count int, texts *string, most int) (n, done int)")
	Pragma("noescape")
	dst, field, texts := GP64(), GP64(), GP64()
	Load(Param("dst"), dst)
	Load(Param("fields"), field)
	Load(Param("texts"), texts)
	room, count, most := NewParamAddr("room", 8), NewParamAddr("count", 24), NewParamAddr("most", 40)
	quotes, slashes, blanks, last := m.constant('"'), m.constant('\\'), m.constant(' '), m.constant('~'-' ')
	n, done := GP64(), GP64()
	XORQ(n, n)
	XORQ(done, done)
	// atMost makes a number no more than one that is seldom less.
	atMost := func(x GPVirtual, most int, label string) {
		CMPQ(x, Imm(uint64(most)))
		JLE(LabelRef(label))
		MOVQ(U32(most), x)
		Label(label)
	}
	// first chooses the first bytes of a vector.
	first := func(some GPVirtual) Register {
		bits, k := GP64(), K()
		MOVQ(I32(-1), bits)
		BZHIQ(some, bits, bits)
		KMOVQ(bits, k)
		return k
	}

	Label("next")
	CMPQ(done, count)
	JGE(LabelRef("end"))
	to, src, left, take, bytes := GP64(), GP64(), GP64(), GP64(), ZMM()
	XORQ(left, left)
	MOVQ(Mem{Base: field, Disp: 16}, src)
	CMPQ(src, most)
	JCC(LabelRef("none"))
	SHLQ(Imm(4), src)
	ADDQ(texts, src)
	MOVQ(Mem{Base: src, Disp: 8}, left)
	MOVQ(Mem{Base: src}, src)
	Label("none")
	TESTQ(left, left)
	CMOVQEQ(dst, src) // nothing is read there, but from nowhere it takes long
	MOVQ(Mem{Base: field, Disp: 8}, take)
	LEAQ(Mem{Base: take, Index: left, Scale: 2, Disp: 2}, to)
	ADDQ(n, to)
	CMPQ(to, room)
	JGT(LabelRef("end"))
	LEAQ(Mem{Base: dst, Index: n, Scale: 1}, to)
	{
		before, here := GP64(), GP64()
		MOVQ(Mem{Base: field}, before)
		Label("before")
		MOVQ(take, here)
		atMost(here, 64, "some")
		k := first(here)
		VMOVDQU8_Z(Mem{Base: before}, k, bytes)
		VMOVDQU8(bytes, k, Mem{Base: to})
		ADDQ(here, before)
		ADDQ(here, to)
		SUBQ(here, take)
		JNZ(LabelRef("before"))
	}
	MOVB(Imm('"'), Mem{Base: to})
	INCQ(to)

	Label("text")
	escaped := GP64()
	MOVQ(left, take)
	atMost(take, 64, "part")
	{
		k, bad, q, s, shifted, other := first(take), K(), K(), K(), ZMM(), GP64()
		VMOVDQU8_Z(Mem{Base: src}, k, bytes)
		VPSUBB(blanks, bytes, shifted)
		VPCMPUB(Imm(6), last, shifted, k, bad)
		KORTESTQ(bad, bad)
		JNZ(LabelRef("end")) // what is written of it does not count
		VPCMPEQB(quotes, bytes, k, q)
		VPCMPEQB(slashes, bytes, k, s)
		KMOVQ(q, escaped)
		KMOVQ(s, other)
		ORQ(other, escaped)
		JNZ(LabelRef("escape"))
		VMOVDQU8(bytes, k, Mem{Base: to})
	}
	ADDQ(take, to)
	ADDQ(take, src)
	SUBQ(take, left)
	JNZ(LabelRef("text"))

	Label("close")
	MOVB(Imm('"'), Mem{Base: to})
	INCQ(to)
	SUBQ(dst, to)
	MOVQ(to, n)
	ADDQ(Imm(24), field)
	INCQ(done)
	JMP(LabelRef("next"))

	// Two places stand for each byte: that of its backslash and its own. Those
	// that are in use are drawn together.
	Label("escape")
	{
		places, own, even, k, spread := GP64(), GP64(), GP64(), K(), ZMM()
		atMost(take, 32, "few")
		BZHIQ(take, escaped, escaped)
		MOVQ(U64(0x5555555555555555), even)
		PDEPQ(even, escaped, places)
		ADDQ(even, even) // the odd ones
		LEAQ(Mem{Base: take, Index: take, Scale: 1}, own)
		BZHIQ(own, even, own)
		ORQ(own, places)
		PEXTQ(places, own, own)
		KMOVQ(own, k)
		VMOVDQU8(slashes, spread)
		VPEXPANDB(bytes, k, spread)
		ADDQ(take, src)
		SUBQ(take, left)
		POPCNTQ(escaped, escaped)
		ADDQ(escaped, take)
		VMOVDQU8(spread, first(take), Mem{Base: to})
		ADDQ(take, to)
		TESTQ(left, left)
		JNZ(LabelRef("text"))
		JMP(LabelRef("close"))
	}

	Label("end")
	VZEROUPPER()
	Store(n, ReturnIndex(0))
	Store(done, ReturnIndex(1))
	RET()
}
