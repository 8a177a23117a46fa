//go:build ignore

package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// records is what the two ways to go through records have in common.
type records struct {
	seps, nls, at, out         GPVirtual
	words, end, ords, width, n Mem
	most, bounds, stride       Mem // bounds moves on from record to record
}

func (r *records) begin(name, more string) {
	TEXT(name, NOSPLIT, "func(seps, nls *uint64, words, at, end int, ords *int, width int, out *uint32, most int, bounds *uint32, stride int"+more+") (n, next int)")
	Pragma("noescape")
	r.seps, r.nls, r.at, r.out = param("seps"), param("nls"), param("at"), param("out")
	// These are used once a record, or compared with once a word: they stay
	// where the caller put them.
	r.words, r.end, r.ords, r.width = place(Param("words")), place(Param("end")), place(Param("ords")), place(Param("width"))
	r.most, r.bounds, r.stride, r.n = place(Param("most")), place(Param("bounds")), place(Param("stride")), place(ReturnIndex(0))
	MOVQ(U32(0), r.n)
}

// first is the first word of a record: its number, its bits from there on.
func (r *records) first(w, s, l, tmp GPVirtual) {
	Label("record")
	CMPQ(r.at, r.end)
	JGE(LabelRef("done"))
	MOVQ(r.at, w)
	SHRQ(Imm(6), w)
	CMPQ(w, r.words)
	JGE(LabelRef("done"))
	MOVQ(I32(-1), tmp)
	SHLXQ(r.at, tmp, tmp)
	r.load(w, s, l)
	ANDQ(tmp, s)
	ANDQ(tmp, l)
}

func (r *records) load(w, s, l GPVirtual) {
	MOVQ(Mem{Base: r.seps, Index: w, Scale: 8}, s)
	MOVQ(Mem{Base: r.nls, Index: w, Scale: 8}, l)
}

// row adds a record whose line break stands at nl.
func (r *records) row(nl, tmp GPVirtual) {
	MOVL(r.at.As32(), Mem{Base: r.out})
	MOVL(nl.As32(), Mem{Base: r.out, Disp: 4})
	ADDQ(Imm(8), r.out)
	ADDQ(Imm(4), r.bounds)
	LEAQ(Mem{Base: nl, Disp: 1}, r.at)
	MOVQ(r.n, tmp)
	INCQ(tmp)
	MOVQ(tmp, r.n)
	CMPQ(tmp, r.most)
	JL(LabelRef("record"))
}

// rows needs a fast PDEP, which all processors with AVX-512 have: it moves the
// bit 1<<k to the k-th bit of a word, so that the n-th separator is found
// without a loop.
func rows() {
	var r records
	r.begin("rowsBMI2", "")
	one := GP64()
	MOVQ(U32(1), one)
	w, s, l, base := GP64(), GP64(), GP64(), GP64()
	ord, to, seen, total, next, tmp := GP64(), GP64(), GP64(), GP64(), GP64(), GP64()

	r.first(w, s, l, tmp)
	MOVQ(r.at, base)
	ANDQ(I32(-64), base)
	XORQ(seen, seen)
	MOVQ(r.bounds, to)
	MOVQ(r.ords, ord)
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
	ADDQ(r.stride, to)
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
	CMPQ(w, r.words)
	JGE(LabelRef("done"))
	r.load(w, s, l)
	JMP(LabelRef("word"))

	Label("line")
	TZCNTQ(l, tmp)
	ADDQ(base, tmp)
	INCQ(seen)
	CMPQ(seen, r.width)
	JNE(LabelRef("done"))
	CMPQ(tmp, r.at)
	JE(LabelRef("done"))
	CMPQ(next, r.width)
	JNE(LabelRef("row"))
	MOVL(tmp.As32(), Mem{Base: to}) // the last cell ends with the record
	Label("row")
	r.row(tmp, total)
	Label("done")
	Store(r.at, ReturnIndex(1))
	RET()
}

// rowsOfPlaces draws the places of a record's separators together, a word of bits at
// a time and as many whatever the word holds, and picks those that are wanted once
// they are all there: no branch depends on where cells end.
func rowsOfPlaces() {
	var r records
	r.begin("rowsVBMI2", ", places *uint16")
	w, s, l, tmp, list, first := GP64(), GP64(), GP64(), GP64(), GP64(), GP64()
	limit := AllocLocal(8) // of the list: as many places as a record has
	last := AllocLocal(8)  // word of a record, so that its places have 16 bits
	MOVQ(r.width, tmp)
	LEAQ(Mem{Base: param("places"), Index: tmp, Scale: 2}, tmp)
	MOVQ(tmp, limit)
	bytes, step, base, low, high, half, k := ZMM(), ZMM(), ZMM(), ZMM(), ZMM(), YMM(), K()
	VMOVDQU8(numbers("byteNumbers", 64, 1), bytes)
	MOVL(U32(64), tmp.As32())
	VPBROADCASTW(tmp.As32(), step)

	r.first(w, s, l, tmp)
	MOVQ(w, first)
	LEAQ(Mem{Base: w, Disp: 1 << 10}, tmp)
	MOVQ(tmp, last)
	Load(Param("places"), list)
	VPXORQ(base, base, base)

	Label("word")
	TESTQ(l, l)
	JE(LabelRef("draw"))
	ORQ(l, s)
	BLSMSKQ(l, tmp)
	ANDQ(tmp, s) // those up to the line break
	Label("draw")
	KMOVQ(s, k)
	VPCOMPRESSB_Z(bytes, k, low)
	VEXTRACTI64X4(Imm(1), low, half)
	VPMOVZXBW(low.AsY(), low)
	VPMOVZXBW(half, high)
	VPADDW(base, low, low)
	VPADDW(base, high, high)
	VMOVDQU16(low, Mem{Base: list})
	VMOVDQU16(high, Mem{Base: list, Disp: 64})
	POPCNTQ(s, s)
	LEAQ(Mem{Base: list, Index: s, Scale: 2}, list)
	TESTQ(l, l)
	JNE(LabelRef("line"))
	CMPQ(list, limit)
	JCC(LabelRef("done")) // and no line break yet
	INCQ(w)
	CMPQ(w, r.words)
	JGE(LabelRef("done"))
	CMPQ(w, last)
	JGE(LabelRef("done"))
	VPADDW(step, base, base)
	r.load(w, s, l)
	JMP(LabelRef("word"))

	Label("line")
	CMPQ(list, limit)
	JNE(LabelRef("done"))
	SHLQ(Imm(6), w)
	TZCNTQ(l, l)
	ADDQ(w, l) // where the line break stands
	CMPQ(l, r.at)
	JE(LabelRef("done"))
	SHLQ(Imm(6), first)
	Load(Param("places"), list)
	ord, next := s, w
	to := GP64()
	MOVQ(r.bounds, to)
	MOVQ(r.ords, ord)
	MOVQ(Mem{Base: ord}, next)
	CMPQ(next, r.width)
	JG(LabelRef("row"))
	Label("stop")
	MOVWLZX(Mem{Base: list, Index: next, Scale: 2, Disp: -2}, tmp.As32())
	ADDQ(first, tmp)
	MOVL(tmp.As32(), Mem{Base: to})
	ADDQ(r.stride, to)
	ADDQ(Imm(8), ord)
	MOVQ(Mem{Base: ord}, next)
	CMPQ(next, r.width)
	JLE(LabelRef("stop"))
	Label("row")
	r.row(l, tmp)
	Label("done")
	VZEROUPPER()
	Store(r.at, ReturnIndex(1))
	RET()
}

// numbers is data of count numbers, 0 and up, of size bytes each.
func numbers(name string, count, size int) Mem {
	return table(name, count, size, func(i int) int { return i })
}

// table is data of count numbers of size bytes each.
func table(name string, count, size int, number func(i int) int) Mem {
	m := GLOBL(name, RODATA|NOPTR)
	for i := range count {
		var c Constant = U8(number(i))
		if size == 4 {
			c = U32(number(i))
		}
		DATA(i*size, c)
	}
	return m
}

// cells takes 16 rows at once.
func cells() {
	TEXT("cellsAVX512", NOSPLIT, "func(data *byte, rows, starts, ends *uint32, lot int, cells, holders *uint32) (n int, quoted uint64)")
	Pragma("noescape")
	data, rows, starts, ends, lot, cells, holders := param("data"), param("rows"), param("starts"), param("ends"), param("lot"), param("cells"), param("holders")
	dwords := func(n uint32) VecVirtual {
		r, z := GP64(), ZMM()
		MOVL(U32(n), r.As32())
		VPBROADCASTD(r.As32(), z)
		return z
	}
	constant := func(m Mem) VecVirtual {
		z := ZMM()
		VMOVDQU32(m, z)
		return z
	}
	number, sixteen, one := constant(numbers("number", 16, 4)), dwords(16), dwords(1)
	null, four, low, quote := dwords('n'|'u'<<8|'l'<<16|'l'<<24), dwords(4), dwords(0xff), dwords('"')
	even := constant(table("even", 16, 4, func(i int) int { return 2 * i }))
	odd := constant(table("odd", 16, 4, func(i int) int { return 2*i + 1 }))
	front := constant(table("front", 16, 4, func(i int) int { return i/2 + i%2*16 }))
	back := constant(table("back", 16, 4, func(i int) int { return i/2 + i%2*16 + 8 }))
	n, count := GP64(), GP64()
	XORQ(n, n)
	k, some, is, quoted := K(), K(), K(), K()
	KXORQ(quoted, quoted, quoted)
	from, to, more, end, length, text := ZMM(), ZMM(), ZMM(), ZMM(), ZMM(), ZMM()

	Label("lot")
	VMOVDQU32(Mem{Base: rows}, from)
	VMOVDQU32(Mem{Base: rows, Disp: 64}, more)
	ADDQ(Imm(128), rows)
	VMOVDQA32(from, to)
	VPERMT2D(more, odd, to)
	VMOVDQU32(Mem{Base: ends}, end)
	ADDQ(Imm(64), ends)
	VPMINUD(end, to, to)
	TESTQ(starts, starts)
	JE(LabelRef("first"))
	VMOVDQU32(Mem{Base: starts}, from)
	VPADDD(one, from, from)
	ADDQ(Imm(64), starts)
	JMP(LabelRef("compare"))
	Label("first")
	VPERMT2D(more, even, from)
	Label("compare")
	VPCMPUD(Imm(1), to, from, k) // less
	KORTESTW(k, k)
	JE(LabelRef("next"))
	VPSUBD(from, to, length)
	KMOVW(k, some) // which the load uses up
	VPXORD(text, text, text)
	VPGATHERDD(Mem{Base: data, Index: from, Scale: 1}, some, text)
	VPCMPEQD(null, text, k, is)
	VPCMPEQD(four, length, is, is)
	KANDNW(k, is, k)
	VPANDD(low, text, text)
	VPCMPEQD(quote, text, k, is)
	KORW(is, quoted, quoted)
	VPCOMPRESSD_Z(from, k, from)
	VPCOMPRESSD_Z(length, k, length)
	VPCOMPRESSD_Z(number, k, text)
	VMOVDQU32(text, Mem{Base: holders, Index: n, Scale: 4})
	VMOVDQA32(from, to)
	VPERMT2D(length, front, to)
	VPERMT2D(length, back, from)
	VMOVDQU32(to, Mem{Base: cells, Index: n, Scale: 8})
	VMOVDQU32(from, Mem{Base: cells, Index: n, Scale: 8, Disp: 64})
	KMOVW(k, count.As32())
	POPCNTQ(count, count)
	ADDQ(count, n)
	Label("next")
	VPADDD(sixteen, number, number)
	DECQ(lot)
	JNE(LabelRef("lot"))
	KMOVW(quoted, count.As32())
	VZEROUPPER()
	Store(n, ReturnIndex(0))
	Store(count, ReturnIndex(1))
	RET()
}
