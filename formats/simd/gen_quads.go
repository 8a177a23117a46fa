//go:build ignore

package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// The layout of Quads, and the constants of its hashes.
const (
	quadsEither, quadsWide, quadsFilter, quadsShift = 0, 8, 16, 40

	quadPrime1 = 11400714785074694791
	quadPrime2 = 14029467366897019727
	quadPrime3 = 1609587929392839161
)

// quads looks at 16 bytes at once, of which an address has 15 at most.
func quads() {
	TEXT("quadsAVX2", NOSPLIT, "func(s *byte, data *byte, size int, cells *uint32, count int, list bool, dst *uint32) int")
	Pragma("noescape")
	data, cells, dst := Load(Param("data"), GP64()), Load(Param("cells"), GP64()), Load(Param("dst"), GP64())
	either := GP64()
	Load(Param("s"), either)
	MOVQ(Mem{Base: either, Disp: quadsEither}, either)
	set, size, count, list := place(Param("s")), place(Param("size")), place(Param("count")), place(Param("list"))
	SUBQ(Imm(16), size)
	constant := func(b byte) VecVirtual {
		r, x := GP64(), XMM()
		MOVL(U32(uint32(b)*0x01010101), r.As32())
		VMOVD(r.As32(), x)
		VPBROADCASTD(x, x)
		return x
	}
	dot, zero, nine := constant('.'), constant('0'), constant(9)
	i, kept, from, to := GP64(), GP64(), GP64(), GP64()
	n, dots, half, lo, tmp := GP64(), GP64(), GP64(), GP64(), GP64()
	XORQ(i, i)
	XORQ(kept, kept)

	Label("cell")
	CMPQ(i, count)
	JGE(LabelRef("done"))
	MOVL(Mem{Base: cells, Index: i, Scale: 8}, from.As32())
	MOVL(Mem{Base: cells, Index: i, Scale: 8, Disp: 4}, to.As32())
	TESTQ(to, to)
	JE(LabelRef("next"))
	ADDQ(from, to)

	Label("address")
	CMPQ(from, size)
	JG(LabelRef("keep"))
	x, d, digits := XMM(), XMM(), XMM()
	VMOVDQU(Mem{Base: data, Index: from, Scale: 1}, x)
	VPCMPEQB(x, dot, d)
	VPMOVMSKB(d, dots.As32())
	VPSUBB(zero, x, x)
	VPMINUB(nine, x, digits)
	VPCMPEQB(digits, x, digits)
	VPOR(d, digits, digits)
	VPMOVMSKB(digits, n.As32())
	NOTL(n.As32())
	TZCNTL(n.As32(), n.As32())
	MOVQ(to, tmp)
	SUBQ(from, tmp)
	CMPQ(n, tmp)
	CMOVQGT(tmp, n)
	TESTQ(n, n)
	JE(LabelRef("keep"))
	CMPQ(n, Imm(15))
	JGE(LabelRef("long"))

	// What stands before the second full stop, in eight bytes: up to there, or to
	// the end of the text.
	Label("half")
	MOVL(U32(1), tmp.As32())
	SHLXQ(n, tmp, tmp)
	BLSRL(dots.As32(), dots.As32())
	ORL(tmp.As32(), dots.As32())
	ORL(U32(1<<8), dots.As32())
	TZCNTL(dots.As32(), dots.As32())
	SHLL(Imm(3), dots.As32())
	MOVQ(Mem{Base: data, Index: from, Scale: 1}, lo)
	BZHIQ(dots, lo, half)
	MOVQ(U64(quadPrime1), tmp)
	IMULQ(tmp, half)
	SHRQ(Imm(48), half)
	MOVQ(half, tmp)
	SHRQ(Imm(6), tmp)
	MOVQ(Mem{Base: either, Index: tmp, Scale: 8}, dots)
	BTQ(half, dots)
	JCS(LabelRef("near"))

	Label("absent")
	ADDQ(n, from)
	CMPQ(from, to)
	JNE(LabelRef("more"))
	Label("next")
	INCQ(i)
	JMP(LabelRef("cell"))

	Label("keep")
	MOVL(i.As32(), Mem{Base: dst, Index: kept, Scale: 4})
	INCQ(kept)
	JMP(LabelRef("next"))

	Label("more")
	CMPB(list, Imm(0))
	JE(LabelRef("keep"))
	separator := func(yes string) {
		MOVBLZX(Mem{Base: data, Index: from, Scale: 1}, tmp.As32())
		for _, c := range ", ;" {
			CMPL(tmp.As32(), U32(uint32(c)))
			JE(LabelRef(yes))
		}
	}
	separator("skip")
	JMP(LabelRef("keep"))
	Label("skip")
	INCQ(from)
	CMPQ(from, to)
	JE(LabelRef("next"))
	separator("skip")
	JMP(LabelRef("address"))

	Label("long") // an octet of three digits may begin with 0
	JG(LabelRef("keep"))
	zeros := XMM()
	VPXOR(zeros, zeros, zeros)
	VPCMPEQB(x, zeros, zeros)
	VPMOVMSKB(zeros, tmp.As32())
	TESTL(U32(0x1111), tmp.As32())
	JNE(LabelRef("keep"))
	JMP(LabelRef("half"))

	Label("near")
	MOVQ(set, dots)
	MOVQ(Mem{Base: dots, Disp: quadsWide}, dots)
	MOVQ(Mem{Base: dots, Index: tmp, Scale: 8}, dots)
	BTQ(half, dots)
	JCS(LabelRef("keep"))
	MOVQ(n, half)
	SHLQ(Imm(3), half)
	BZHIQ(half, lo, lo)
	MOVQ(Mem{Base: data, Index: from, Scale: 1, Disp: 8}, tmp)
	SUBQ(Imm(64), half)
	BZHIQ(half, tmp, tmp)
	XORL(dots.As32(), dots.As32())
	CMPQ(n, Imm(8))
	CMOVQLE(dots, tmp)
	MOVQ(U64(quadPrime1), half)
	XORQ(half, lo)
	MOVQ(U64(quadPrime2), half)
	XORQ(half, tmp)
	MOVQ(tmp, RDX)
	MULXQ(lo, lo, half)
	XORQ(lo, half)
	MOVQ(U64(quadPrime3), tmp)
	IMULQ(tmp, half)
	MOVQ(set, dots)
	MOVL(half.As32(), lo.As32())
	MOVQ(Mem{Base: dots, Disp: quadsShift}, tmp)
	SHRXQ(tmp, lo, lo)
	MOVQ(Mem{Base: dots, Disp: quadsFilter}, dots)
	MOVQ(Mem{Base: dots, Index: lo, Scale: 8}, lo)
	MOVL(half.As32(), tmp.As32())
	ANDL(Imm(31), tmp.As32())
	BTQ(tmp, lo)
	JCC(LabelRef("absent"))
	SHRL(Imm(5), half.As32())
	ANDL(Imm(31), half.As32())
	ADDL(Imm(32), half.As32())
	BTQ(half, lo)
	JCC(LabelRef("absent"))
	JMP(LabelRef("keep"))

	Label("done")
	Store(kept, ReturnIndex(0))
	RET()
}
