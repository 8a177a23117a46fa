//go:build arm64 && !purego

#include "textflag.h"

// Each kernel takes 64 bytes at a time, as V0 to V3, and compares them with a byte
// that fills a vector. BITS has a bit for each byte of eight.
#define BITS V31

#define SET_BITS \
	MOVD $0x8040201008040201, R8 \
	VDUP R8, BITS.D2

// STORE stores at TO a bit for each byte of V4 to V7, which are all ones or none:
// each keeps the bit of its place, and three rounds of sums of neighbours draw
// those of eight bytes together into one.
#define STORE(TO) \
	VAND  BITS.B16, V4.B16, V4.B16 \
	VAND  BITS.B16, V5.B16, V5.B16 \
	VAND  BITS.B16, V6.B16, V6.B16 \
	VAND  BITS.B16, V7.B16, V7.B16 \
	VADDP V5.B16, V4.B16, V4.B16 \
	VADDP V7.B16, V6.B16, V6.B16 \
	VADDP V6.B16, V4.B16, V4.B16 \
	VADDP V4.B16, V4.B16, V4.B16 \
	VMOV  V4.D[0], R8 \
	MOVD.P R8, 8(TO)

// MARK stores at TO which bytes equal those of C.
#define MARK(C, TO) \
	VCMEQ C.B16, V0.B16, V4.B16 \
	VCMEQ C.B16, V1.B16, V5.B16 \
	VCMEQ C.B16, V2.B16, V6.B16 \
	VCMEQ C.B16, V3.B16, V7.B16 \
	STORE(TO)

// func csvNEON(data *byte, n int, sep byte, seps, nls, quotes, crs *uint64)
TEXT ·csvNEON(SB), NOSPLIT, $0-56
	MOVD  data+0(FP), R0
	MOVD  n+8(FP), R1
	MOVBU sep+16(FP), R2
	MOVD  seps+24(FP), R3
	MOVD  nls+32(FP), R4
	MOVD  quotes+40(FP), R5
	MOVD  crs+48(FP), R6
	VDUP  R2, V16.B16
	VMOVI $10, V17.B16
	VMOVI $34, V18.B16
	VMOVI $13, V19.B16
	SET_BITS

loop:
	VLD1.P 64(R0), [V0.B16, V1.B16, V2.B16, V3.B16]
	MARK(V16, R3)
	MARK(V17, R4)
	MARK(V18, R5)
	MARK(V19, R6)
	SUBS   $1, R1, R1
	BNE    loop
	RET

// func jsonNEON(data *byte, n int, quotes, slashes, nls *uint64)
TEXT ·jsonNEON(SB), NOSPLIT, $0-40
	MOVD  data+0(FP), R0
	MOVD  n+8(FP), R1
	MOVD  quotes+16(FP), R3
	MOVD  slashes+24(FP), R4
	MOVD  nls+32(FP), R5
	VMOVI $34, V16.B16
	VMOVI $92, V17.B16
	VMOVI $10, V18.B16
	SET_BITS

loop:
	VLD1.P 64(R0), [V0.B16, V1.B16, V2.B16, V3.B16]
	MARK(V16, R3)
	MARK(V17, R4)
	MARK(V18, R5)
	SUBS   $1, R1, R1
	BNE    loop
	RET

// LOWER leaves in TO what a table has for the lower halves of X, which become indices.
#define LOWER(TABLE, X, TO) \
	VAND V22.B16, X.B16, X.B16 \
	VTBL X.B16, [TABLE.B16], TO.B16

// UPPER leaves in TO what a table has for the upper halves of X.
#define UPPER(TABLE, X, TO) \
	VUSHR $4, X.B16, TO.B16 \
	VTBL  TO.B16, [TABLE.B16], TO.B16

// FIRST is for a vector at the first place of literals: FOUND are the groups that
// have its bytes there, LEAD says which begin a character that is not ASCII.
#define FIRST(X, FOUND, LEAD) \
	VUSHR $6, X.B16, LEAD.B16 \
	VCMEQ V23.B16, LEAD.B16, LEAD.B16 \
	UPPER(V20, X, V8) \
	LOWER(V16, X, FOUND) \
	VAND V8.B16, FOUND.B16, FOUND.B16

// SECOND leaves of FOUND the groups that have the bytes of X at the second place,
#define SECOND(X, FOUND) \
	UPPER(V21, X, V8) \
	LOWER(V17, X, V9) \
	VAND V8.B16, FOUND.B16, FOUND.B16 \
	VAND V9.B16, FOUND.B16, FOUND.B16

// and FURTHER at one where only the lower halves count.
#define FURTHER(TABLE, X, FOUND) \
	LOWER(TABLE, X, V8) \
	VAND V8.B16, FOUND.B16, FOUND.B16

// EITHER makes FOUND all ones where there is a group, or LEAD has them.
#define EITHER(FOUND, LEAD) \
	VCMTST FOUND.B16, FOUND.B16, FOUND.B16 \
	VORR   LEAD.B16, FOUND.B16, FOUND.B16

// func literalsNEON(data *byte, words int, halves *uint8, marks *uint64)
TEXT ·literalsNEON(SB), NOSPLIT, $0-32
	MOVD  data+0(FP), R0
	MOVD  words+8(FP), R1
	MOVD  halves+16(FP), R2
	MOVD  marks+24(FP), R3
	VLD1.P 64(R2), [V16.B16, V17.B16, V18.B16, V19.B16] // the lower ones
	VLD1  (R2), [V20.B16, V21.B16]                      // the upper ones
	VMOVI $15, V22.B16
	VMOVI $3, V23.B16
	SET_BITS

loop:
	ADD  $1, R0, R4
	ADD  $2, R0, R5
	ADD  $3, R0, R6
	VLD1.P 64(R0), [V0.B16, V1.B16, V2.B16, V3.B16]
	FIRST(V0, V4, V24)
	FIRST(V1, V5, V25)
	FIRST(V2, V6, V26)
	FIRST(V3, V7, V27)
	VLD1 (R4), [V0.B16, V1.B16, V2.B16, V3.B16]
	SECOND(V0, V4)
	SECOND(V1, V5)
	SECOND(V2, V6)
	SECOND(V3, V7)
	VLD1 (R5), [V0.B16, V1.B16, V2.B16, V3.B16]
	FURTHER(V18, V0, V4)
	FURTHER(V18, V1, V5)
	FURTHER(V18, V2, V6)
	FURTHER(V18, V3, V7)
	VLD1 (R6), [V0.B16, V1.B16, V2.B16, V3.B16]
	FURTHER(V19, V0, V4)
	FURTHER(V19, V1, V5)
	FURTHER(V19, V2, V6)
	FURTHER(V19, V3, V7)
	EITHER(V4, V24)
	EITHER(V5, V25)
	EITHER(V6, V26)
	EITHER(V7, V27)
	STORE(R3)
	SUBS $1, R1, R1
	BNE  loop
	RET
