#include "textflag.h"

// The words are instructions that Go's assembler does not know.

// func dotsDotProd(dst *int32, q *int8, codes *uint8, rows, dims int)
//
// SDOT adds four products of signed bytes to each 32-bit sum.
TEXT ·dotsDotProd(SB), NOSPLIT, $0-40
	MOVD  dst+0(FP), R0
	MOVD  q+8(FP), R1
	MOVD  codes+16(FP), R2
	MOVD  rows+24(FP), R3
	MOVD  dims+32(FP), R4
	VMOVI $128, V31.B16

row:
	VEOR V0.B16, V0.B16, V0.B16
	VEOR V1.B16, V1.B16, V1.B16
	VEOR V2.B16, V2.B16, V2.B16
	VEOR V3.B16, V3.B16, V3.B16
	MOVD R1, R5
	MOVD R4, R6

chunk:
	VLD1.P 64(R5), [V4.B16, V5.B16, V6.B16, V7.B16]
	VLD1.P 64(R2), [V16.B16, V17.B16, V18.B16, V19.B16]
	VEOR   V31.B16, V16.B16, V16.B16                      // code − 128, as a signed byte
	VEOR   V31.B16, V17.B16, V17.B16
	VEOR   V31.B16, V18.B16, V18.B16
	VEOR   V31.B16, V19.B16, V19.B16
	WORD $0x4e849600 // sdot v0.4s, v16.16b, v4.16b
	WORD $0x4e859621 // sdot v1.4s, v17.16b, v5.16b
	WORD $0x4e869642 // sdot v2.4s, v18.16b, v6.16b
	WORD $0x4e879663 // sdot v3.4s, v19.16b, v7.16b
	SUBS   $64, R6
	BNE    chunk

	VADD   V1.S4, V0.S4, V0.S4
	VADD   V3.S4, V2.S4, V2.S4
	VADD   V2.S4, V0.S4, V0.S4
	VADDV  V0.S4, V0
	VMOV   V0.S[0], R7
	MOVW.P R7, 4(R0)
	SUBS   $1, R3
	BNE    row
	RET

// func dotsNEON(dst *int32, q *int8, codes *uint8, rows, dims int)
//
// The sum of two products of magnitudes up to 127 fits 16 bits, signed: 2·127·127 = 32,258.
TEXT ·dotsNEON(SB), NOSPLIT, $0-40
	MOVD  dst+0(FP), R0
	MOVD  q+8(FP), R1
	MOVD  codes+16(FP), R2
	MOVD  rows+24(FP), R3
	MOVD  dims+32(FP), R4
	VMOVI $128, V31.B16

row:
	VEOR V0.B16, V0.B16, V0.B16
	VEOR V1.B16, V1.B16, V1.B16
	VEOR V2.B16, V2.B16, V2.B16
	VEOR V3.B16, V3.B16, V3.B16
	MOVD R1, R5
	MOVD R4, R6

chunk:
	VLD1.P 64(R5), [V4.B16, V5.B16, V6.B16, V7.B16]
	VLD1.P 64(R2), [V16.B16, V17.B16, V18.B16, V19.B16]
	VEOR   V31.B16, V16.B16, V16.B16                      // code − 128, as a signed byte
	VEOR   V31.B16, V17.B16, V17.B16
	VEOR   V31.B16, V18.B16, V18.B16
	VEOR   V31.B16, V19.B16, V19.B16
	WORD $0x0e24c214 // smull v20.8h, v16.8b, v4.8b
	WORD $0x0e25c235 // smull v21.8h, v17.8b, v5.8b
	WORD $0x0e26c256 // smull v22.8h, v18.8b, v6.8b
	WORD $0x0e27c277 // smull v23.8h, v19.8b, v7.8b
	WORD $0x4e248214 // smlal2 v20.8h, v16.16b, v4.16b
	WORD $0x4e258235 // smlal2 v21.8h, v17.16b, v5.16b
	WORD $0x4e268256 // smlal2 v22.8h, v18.16b, v6.16b
	WORD $0x4e278277 // smlal2 v23.8h, v19.16b, v7.16b
	WORD $0x4e606a80 // sadalp v0.4s, v20.8h
	WORD $0x4e606aa1 // sadalp v1.4s, v21.8h
	WORD $0x4e606ac2 // sadalp v2.4s, v22.8h
	WORD $0x4e606ae3 // sadalp v3.4s, v23.8h
	SUBS   $64, R6
	BNE    chunk

	VADD   V1.S4, V0.S4, V0.S4
	VADD   V3.S4, V2.S4, V2.S4
	VADD   V2.S4, V0.S4, V0.S4
	VADDV  V0.S4, V0
	VMOV   V0.S[0], R7
	MOVW.P R7, 4(R0)
	SUBS   $1, R3
	BNE    row
	RET
