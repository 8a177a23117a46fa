//go:build arm64 && !purego

#include "textflag.h"

// Each kernel takes 64 bytes at a time, as V0 to V3, and compares them with a byte
// that fills a vector. BITS has a bit for each byte of eight.
#define BITS V31

// MARK sets R8 to the bits of the bytes that equal those of C, and stores it at TO:
// each byte that is one keeps the bit of its place, and three rounds of sums of
// neighbours draw those of eight bytes together into one.
#define MARK(C, TO) \
	VCMEQ C.B16, V0.B16, V4.B16 \
	VCMEQ C.B16, V1.B16, V5.B16 \
	VCMEQ C.B16, V2.B16, V6.B16 \
	VCMEQ C.B16, V3.B16, V7.B16 \
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
	MOVD  $0x8040201008040201, R7
	VDUP  R7, BITS.D2

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
	MOVD  $0x8040201008040201, R7
	VDUP  R7, BITS.D2

loop:
	VLD1.P 64(R0), [V0.B16, V1.B16, V2.B16, V3.B16]
	MARK(V16, R3)
	MARK(V17, R4)
	MARK(V18, R5)
	SUBS   $1, R1, R1
	BNE    loop
	RET
