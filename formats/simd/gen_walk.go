//go:build ignore

package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/gotypes"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// members compares the comma and what else comes before a value with all of a key's
// 64 bytes, whatever its length: the mask of the key says which of them count. Keys go
// by their places, in bytes from the first one.
func (m machine) members() {
	TEXT("members"+m.name, NOSPLIT, "func(b *byte, quotes *uint64, p, end int, keys *byte, prev int, vals *uint32) (next, last int)")
	Pragma("noescape")
	b, quotes := Load(Param("b"), GP64()), Load(Param("quotes"), GP64())
	keys, vals := Load(Param("keys"), GP64()), Load(Param("vals"), GP64())
	p, end, before := GP64(), GP64(), GP64()
	Load(Param("p"), p)
	Load(Param("end"), end)
	Load(Param("prev"), before)
	first := place(Param("p"))
	key := func(k Register, disp int) Mem { return Mem{Base: keys, Index: k, Scale: 1, Disp: disp} }
	text := func(at Register, disp int) Mem { return Mem{Base: b, Index: at, Scale: 1, Disp: disp} }
	k, at, q, x, tmp, nth, mask := GP64(), GP64(), GP64(), GP64(), GP64(), GP64(), GP64()
	// What begins at from and ends at the next quote. Bits are loaded from the byte on
	// in which they begin, so that it does not matter where in a word that is.
	quote := func(from Register, none string) {
		MOVQ(from, x)
		SHRQ(Imm(3), x)
		MOVQ(Mem{Base: quotes, Index: x, Scale: 1}, x)
		MOVL(from.(GPVirtual).As32(), tmp.As32())
		ANDL(Imm(7), tmp.As32())
		SHRXQ(tmp, x, x)
		TZCNTQ(x, x)
		JCS(LabelRef(none)) // there is none among these
		LEAQ(Mem{Base: from, Index: x, Scale: 1}, q)
	}
	JMP(LabelRef("differs")) // which knows that a brace may stand for the first comma

	// Nearly all members are strings under the key that came last time, which no
	// one asks for. From one to the next it is a chain of additions and one load.
	// Nothing is asked of p: what lies beyond end is found out with the value's end.
	Label("member")
	MOVLQSX(key(before, keyFollow), k)
	MOVLQSX(key(k, keyLen), at)
	m.compare(text(p, 0), key(k, 0), key(k, keyMask), x, tmp)
	JNE(LabelRef("differs"))
	Label("same")
	LEAQ(Mem{Base: p, Index: at, Scale: 1, Disp: 1}, at)
	CMPB(text(at, -1), Imm('"'))
	JNE(LabelRef("number"))
	quote(at, "more")
	Label("closed")
	CMPQ(q, end)
	JGE(LabelRef("stop"))
	MOVLQSX(key(k, keySlot), x)
	LEAQ(Mem{Base: q, Disp: 1}, p)
	TESTQ(x, x)
	JNS(LabelRef("string"))
	Label("taken")
	MOVQ(k, before)
	JMP(LabelRef("member"))

	Label("more")
	MOVQ(at, q)
	Label("bits")
	ADDQ(Imm(56), q)
	CMPQ(q, end)
	JGE(LabelRef("stop"))
	quote(q, "bits")
	JMP(LabelRef("closed"))

	Label("string")
	SUBQ(at, q)
	MOVL(U32(valueSet|valueString), tmp.As32())
	Label("store") // a value of q bytes
	LEAQ(Mem{Base: x, Index: x, Scale: 2}, x)
	MOVL(at.As32(), Mem{Base: vals, Index: x, Scale: 4})
	MOVL(q.As32(), Mem{Base: vals, Index: x, Scale: 4, Disp: 4})
	MOVB(tmp.As8(), Mem{Base: vals, Index: x, Scale: 4, Disp: 8})
	JMP(LabelRef("taken"))

	Label("number")
	DECQ(at)
	MOVQ(text(at, 0), x)
	CMPL(x.As32(), U32('n'|'u'<<8|'l'<<16|'l'<<24))
	JE(LabelRef("null"))
	// Up to 15 digits, with a comma or brace behind them.
	digits := func(none string) { // how many x begins with, in q, if not eight
		MOVQ(U64(0x3030303030303030), tmp)
		XORQ(tmp, x)
		MOVQ(U64(0x7f7f7f7f7f7f7f7f), tmp)
		ANDQ(x, tmp)
		MOVQ(U64(0x7676767676767676), q)
		ADDQ(q, tmp)
		ORQ(x, tmp)
		MOVQ(U64(0x8080808080808080), q)
		ANDQ(q, tmp)
		JE(LabelRef(none))
		TZCNTQ(tmp, q)
		SHRQ(Imm(3), q)
	}
	digits("eight")
	JE(LabelRef("truth"))
	CMPQ(q, Imm(1))
	JE(LabelRef("digits"))
	TESTB(Imm(0xff), x.As8())
	JE(LabelRef("stop"))
	Label("digits")
	LEAQ(Mem{Base: at, Index: q, Scale: 1}, x)
	CMPQ(x, end)
	JGE(LabelRef("stop"))
	MOVBLZX(text(x, 0), tmp.As32())
	CMPL(tmp.As32(), Imm(','))
	JE(LabelRef("integer"))
	CMPL(tmp.As32(), Imm('}'))
	JNE(LabelRef("stop"))
	Label("integer")
	MOVQ(x, p)
	Label("word")
	MOVLQSX(key(k, keySlot), x)
	TESTQ(x, x)
	JS(LabelRef("taken"))
	MOVL(U32(valueSet), tmp.As32())
	JMP(LabelRef("store"))

	Label("eight")
	TESTB(Imm(0xff), x.As8())
	JE(LabelRef("stop"))
	MOVQ(text(at, 8), x)
	digits("stop")
	ADDQ(Imm(8), q)
	JMP(LabelRef("digits"))

	Label("null")
	LEAQ(Mem{Base: at, Disp: 4}, tmp)
	CMPQ(tmp, end)
	JG(LabelRef("stop"))
	MOVQ(tmp, p)
	XORQ(at, at)
	XORQ(q, q)
	JMP(LabelRef("word"))

	Label("truth")
	MOVL(U32(4), q.As32())
	CMPL(text(at, 0), U32('t'|'r'<<8|'u'<<16|'e'<<24))
	JE(LabelRef("true"))
	INCQ(q)
	CMPL(text(at, 0), U32('f'|'a'<<8|'l'<<16|'s'<<24))
	JNE(LabelRef("stop"))
	CMPB(text(at, 4), Imm('e'))
	JNE(LabelRef("stop"))
	Label("true")
	LEAQ(Mem{Base: at, Index: q, Scale: 1}, tmp)
	CMPQ(tmp, end)
	JG(LabelRef("stop"))
	MOVQ(tmp, p)
	JMP(LabelRef("word"))

	// The key is another one than last time: what has come is put first.
	Label("differs")
	MOVQ(I32(-1), nth)
	CMPQ(p, first)
	JE(LabelRef("try"))
	INCQ(nth) // that one has been compared
	CMPB(text(p, 0), Imm(','))
	JNE(LabelRef("stop"))
	Label("try")
	INCQ(nth)
	CMPQ(nth, Imm(followers))
	JE(LabelRef("stop"))
	LEAQ(key(before, keyFollow), q)
	MOVLQSX(Mem{Base: q, Index: nth, Scale: 4}, k)
	MOVLQSX(key(k, keyLen), at)
	CMPQ(at, Imm(1))
	JE(LabelRef("try")) // it is not to be taken
	MOVQ(key(k, keyMask), mask)
	CMPQ(p, first)
	JNE(LabelRef("comma"))
	ANDQ(I32(-2), mask)
	Label("comma")
	m.compare(text(p, 0), key(k, 0), mask, x, tmp)
	JNE(LabelRef("try"))
	MOVL(Mem{Base: q}, tmp.As32())
	MOVL(k.As32(), Mem{Base: q})
	MOVL(tmp.As32(), Mem{Base: q, Index: nth, Scale: 4})
	JMP(LabelRef("same"))

	Label("stop")
	VZEROUPPER()
	Store(p, ReturnIndex(0))
	Store(before, ReturnIndex(1))
	RET()
}

// compare2 clears the zero flag if two times 64 bytes differ in one that counts.
func compare2(b, glue Mem, mask Op, x, tmp GPVirtual) {
	lo, hi := YMM(), YMM()
	VMOVDQU(b, lo)
	VPCMPEQB(glue, lo, lo)
	VPMOVMSKB(lo, x.As32())
	VMOVDQU(b.Offset(32), hi)
	VPCMPEQB(glue.Offset(32), hi, hi)
	VPMOVMSKB(hi, tmp.As32())
	SHLQ(Imm(32), tmp)
	ORQ(tmp, x)
	NOTQ(x)
	ANDQ(mask, x)
}

// compare512 is compare2 by AVX-512.
func compare512(b, glue Mem, mask Op, _, _ GPVirtual) {
	z, counts, differ := ZMM(), K(), K()
	KMOVQ(mask, counts)
	VMOVDQU8(b, z)
	VPCMPUB(Imm(4), glue, z, counts, differ) // not equal
	KTESTQ(differ, differ)
}

// place is where a parameter or result stands.
func place(c Component) Mem {
	b, err := c.Resolve()
	if err != nil {
		panic(err)
	}
	return b.Addr
}
