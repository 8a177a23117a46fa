//go:build ignore

package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

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
	dst, src, left := param("dst"), param("src"), param("left")
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
	dst, src, left := param("dst"), param("src"), param("left")
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
	dst, field, texts := param("dst"), param("fields"), param("texts")
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
