//go:build ignore

package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/gotypes"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

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

// members compares what comes before a value with all of a key's 64 bytes, whatever
// its length: the mask of the key says which of them count.
func (m machine) members() {
	TEXT("members"+m.name, NOSPLIT, "func(b *byte, size int, quotes *uint64, p, end int, keys *byte, vals *uint32, prev int32) (next int, last int32, behind bool)")
	Pragma("noescape")
	b, quotes := Load(Param("b"), GP64()), Load(Param("quotes"), GP64())
	keys, vals := Load(Param("keys"), GP64()), Load(Param("vals"), GP64())
	p, end := GP64(), GP64()
	Load(Param("p"), p)
	Load(Param("end"), end)
	size := place(Param("size"))
	before, k := GP64(), GP64() // keys, in bytes from the first
	Load(Param("prev"), before.As32())
	IMUL3Q(Imm(keySize), before, before)
	key := func(k Register, disp int) Mem { return Mem{Base: keys, Index: k, Scale: 1, Disp: disp} }
	text := func(at Register, disp int) Mem { return Mem{Base: b, Index: at, Scale: 1, Disp: disp} }
	at, q, x, tmp, nth, behind := GP64(), GP64(), GP64(), GP64(), GP64(), GP64()
	XORQ(behind, behind)

	// Nearly all members are strings under the key that came last time, which no
	// one asks for. From one to the next it is a chain of additions and one load.
	Label("member")
	LEAQ(Mem{Base: p, Disp: beyond}, tmp)
	CMPQ(tmp, size)
	JG(LabelRef("stop"))
	MOVLQSX(key(before, keyFollow), k)
	IMUL3Q(Imm(keySize), k, k)
	MOVLQSX(key(k, keyLen), at)
	m.compare(text(p, 0), key(k, 0), key(k, keyMask), x, tmp)
	JNE(LabelRef("differs"))
	TESTQ(at, at)
	JE(LabelRef("differs"))
	Label("same")
	LEAQ(Mem{Base: p, Index: at, Scale: 1, Disp: 1}, q)
	CMPQ(q, end)
	JG(LabelRef("stop"))
	CMPB(text(q, -1), Imm('"'))
	JNE(LabelRef("number"))
	// Its end is the next quote. Bits are loaded from the byte on in which they
	// begin, so that it does not matter where in a word that is.
	MOVQ(q, at)
	Label("bits")
	MOVQ(q, x)
	SHRQ(Imm(3), x)
	MOVQ(Mem{Base: quotes, Index: x, Scale: 1}, x)
	MOVL(q.As32(), tmp.As32())
	ANDL(Imm(7), tmp.As32())
	SHRXQ(tmp, x, x)
	TZCNTQ(x, x)
	JCS(LabelRef("more")) // there is none among these
	ADDQ(x, q)
	CMPQ(q, end)
	JGE(LabelRef("stop"))
	LEAQ(Mem{Base: q, Disp: 1}, p)
	MOVLQSX(key(k, keySlot), x)
	TESTQ(x, x)
	JNS(LabelRef("string"))
	Label("taken")
	MOVQ(k, before)
	CMPQ(p, end)
	JGE(LabelRef("behind"))
	CMPB(text(p, 0), Imm(','))
	JNE(LabelRef("behind"))
	INCQ(p)
	JMP(LabelRef("member"))

	Label("more")
	ADDQ(Imm(56), q)
	CMPQ(q, end)
	JL(LabelRef("bits"))
	JMP(LabelRef("stop"))

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
	LEAQ(Mem{Base: q, Disp: -1}, at)
	MOVQ(text(at, 0), x)
	CMPL(x.As32(), U32('n'|'u'<<8|'l'<<16|'l'<<24))
	JE(LabelRef("null"))
	// Up to seven digits, with a comma or brace behind them.
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
	JE(LabelRef("stop"))
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

	Label("null")
	LEAQ(Mem{Base: at, Disp: 4}, tmp)
	CMPQ(tmp, end)
	JG(LabelRef("stop"))
	MOVQ(tmp, p)
	XORQ(at, at)
	XORQ(q, q)
	JMP(LabelRef("word"))

	// The key is another one than last time: what has come is put first.
	Label("differs")
	XORQ(nth, nth)
	LEAQ(key(before, keyFollow), q)
	Label("try")
	INCQ(nth)
	CMPQ(nth, Imm(followers))
	JE(LabelRef("stop"))
	MOVLQSX(Mem{Base: q, Index: nth, Scale: 4}, k)
	IMUL3Q(Imm(keySize), k, k)
	MOVLQSX(key(k, keyLen), at)
	m.compare(text(p, 0), key(k, 0), key(k, keyMask), x, tmp)
	JNE(LabelRef("try"))
	TESTQ(at, at)
	JE(LabelRef("try"))
	MOVL(Mem{Base: q}, tmp.As32())
	MOVL(Mem{Base: q, Index: nth, Scale: 4}, x.As32())
	MOVL(x.As32(), Mem{Base: q})
	MOVL(tmp.As32(), Mem{Base: q, Index: nth, Scale: 4})
	JMP(LabelRef("same"))

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

// compare2 clears the zero flag if two times 64 bytes differ in one that counts.
func compare2(b, glue, mask Mem, x, tmp GPVirtual) {
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
func compare512(b, glue, mask Mem, _, _ GPVirtual) {
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
