//go:build ignore

// This program writes the kernels for amd64: go generate ./formats/simd.
package main

import (
	. "github.com/mmcloughlin/avo/build"
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
	// table fills a vector with the 16 bytes at m.
	table func(m Mem) VecVirtual
	// compare clears the zero flag if two times 64 bytes differ in one that counts.
	compare func(b, glue Mem, mask Op, x, tmp GPVirtual)
	// marked returns a bit for each of the 64 bytes at data that Literals marks.
	marked func(data Register, tables [literalLen + upperLen]VecVirtual, low, lead VecVirtual) GPVirtual
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
	table: func(m Mem) VecVirtual {
		y := YMM()
		VBROADCASTI128(m, y)
		return y
	},
	compare: compare2,
	marked:  marked2,
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
	table: func(m Mem) VecVirtual {
		z := ZMM()
		VBROADCASTI32X4(m, z)
		return z
	},
	compare: compare512,
	marked:  marked512,
}

func main() {
	ConstraintExpr("amd64,!purego")
	for _, m := range []machine{avx2, avx512} {
		m.csv()
		m.json()
		m.literals()
	}
	quotes()
	quotesOfEight()
	rows()
	rowsOfPlaces()
	cells()
	quads()
	avx2.members()
	avx512.members()
	avx512.undouble()
	avx512.unescape()
	avx512.fields()
	Generate()
}

// param is a parameter of the function in hand.
func param(name string) GPVirtual {
	r := GP64()
	Load(Param(name), r)
	return r
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
	TEXT("csv"+m.name, NOSPLIT, "func(data *byte, words int, sep byte, seps, nls, quotes, crs *uint64)")
	Pragma("noescape")
	data := Load(Param("data"), GP64())
	words := Load(Param("words"), GP64())
	char := GP64()
	Load(Param("sep"), char.As32())
	seps, nls, quotes, crs := param("seps"), param("nls"), param("quotes"), param("crs")
	sep, newline, quote, cr := m.broadcast(char), m.constant('\n'), m.constant('"'), m.constant('\r')
	m.loop(data, words, func(data, at Register) {
		block := m.load(data)
		MOVQ(m.equal(block, sep), Mem{Base: seps, Index: at, Scale: 8})
		MOVQ(m.equal(block, newline), Mem{Base: nls, Index: at, Scale: 8})
		MOVQ(m.equal(block, quote), Mem{Base: quotes, Index: at, Scale: 8})
		MOVQ(m.equal(block, cr), Mem{Base: crs, Index: at, Scale: 8})
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

// The layout of Key and Value: TestLayout and FuzzMembers fail where simd.go has it
// otherwise.
const (
	keyMask, keyLen, keySlot, keyFollow = 64, 72, 76, 80

	followers             = 4
	valueSet, valueString = 1, 2
)
