//go:build ignore

package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

const literalLen, upperLen = 4, 2 // of simd.Literals

// literals looks up the halves of a byte by VPSHUFB. That takes the lower half of an
// index that is ASCII and gives 0 for any other, which is right at the places where the
// upper half counts. Each byte is loaded once for every place at which it can stand:
// that is cheaper than moving what was found for one place to the next.
func (m machine) literals() {
	TEXT("literals"+m.name, NOSPLIT, "func(data *byte, words int, halves *uint8, marks *uint64)")
	Pragma("noescape")
	data := Load(Param("data"), GP64())
	words := Load(Param("words"), GP64())
	halves := Load(Param("halves"), GP64())
	marks := Load(Param("marks"), GP64())
	var tables [literalLen + upperLen]VecVirtual // the lower ones, then the upper ones
	for i := range tables {
		tables[i] = m.table(Mem{Base: halves, Disp: i * 16})
	}
	low, lead := m.constant(15), m.constant(0xC0)
	m.loop(data, words, func(data, at Register) {
		MOVQ(m.marked(data, tables, low, lead), Mem{Base: marks, Index: at, Scale: 8})
	})
	RET()
}

// marked2 returns a bit for each of 64 bytes.
func marked2(data Register, tables [literalLen + upperLen]VecVirtual, low, lead VecVirtual) GPVirtual {
	half := func(disp int) GPVirtual {
		var found VecVirtual
		leads := GP64()
		for place := range literalLen {
			x := YMM()
			VMOVDQU(Mem{Base: data, Disp: disp + place}, x)
			if place == 0 {
				is := YMM()
				VPMAXUB(lead, x, is)
				VPCMPEQB(x, is, is)
				VPMOVMSKB(is, leads.As32())
			}
			if place < upperLen {
				upper := YMM()
				VPSRLW(Imm(4), x, upper)
				VPAND(low, upper, upper)
				VPSHUFB(upper, tables[literalLen+place], upper)
				VPSHUFB(x, tables[place], x)
				VPAND(upper, x, x)
			} else {
				VPAND(low, x, x)
				VPSHUFB(x, tables[place], x)
			}
			if place == 0 {
				found = x
				continue
			}
			VPAND(x, found, found)
		}
		none, m := YMM(), GP64()
		VPXOR(none, none, none)
		VPCMPEQB(none, found, found)
		VPMOVMSKB(found, m.As32())
		NOTL(m.As32())
		ORL(leads.As32(), m.As32())
		return m
	}
	m, n := half(0), half(32)
	SHLQ(Imm(32), n)
	ORQ(n, m)
	return m
}

// marked512 is marked2 by AVX-512.
func marked512(data Register, tables [literalLen + upperLen]VecVirtual, low, lead VecVirtual) GPVirtual {
	var all []VecVirtual // of these, what all have
	leads, any, m := K(), K(), GP64()
	for place := range literalLen {
		x := ZMM()
		VMOVDQU8(Mem{Base: data, Disp: place}, x)
		if place == 0 {
			VPCMPUB(Imm(5), lead, x, leads) // not less
		}
		if place < upperLen {
			upper := ZMM()
			VPSRLW(Imm(4), x, upper)
			VPANDQ(low, upper, upper)
			VPSHUFB(upper, tables[literalLen+place], upper)
			all = append(all, upper)
		} else {
			VPANDQ(low, x, x)
		}
		VPSHUFB(x, tables[place], x)
		all = append(all, x)
	}
	found, last := all[0], all[len(all)-1]
	for i := 1; i+2 < len(all); i += 2 {
		VPTERNLOGQ(Imm(0x80), all[i], all[i+1], found)
	}
	VPTESTMB(last, found, any)
	KORQ(any, leads, any)
	KMOVQ(any, m)
	return m
}
