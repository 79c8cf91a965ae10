#include "textflag.h"

// The words are instructions that Go's assembler does not know.

// LOADQ reads 64 numbers of q to V4 to V7.
#define LOADQ VLD1.P 64(R5), [V4.B16, V5.B16, V6.B16, V7.B16]

// MASK writes the lowest crumbs of V16 to V19 to V20 to V23.
#define MASK \
	VAND V30.B16, V16.B16, V20.B16; \
	VAND V30.B16, V17.B16, V21.B16; \
	VAND V30.B16, V18.B16, V22.B16; \
	VAND V30.B16, V19.B16, V23.B16

// SHIFT moves on to the next crumbs.
#define SHIFT \
	VUSHR $2, V16.B16, V16.B16; \
	VUSHR $2, V17.B16, V17.B16; \
	VUSHR $2, V18.B16, V18.B16; \
	VUSHR $2, V19.B16, V19.B16

// SDOT adds four products of signed bytes to each 32-bit sum.
#define SDOT \
	WORD $0x4e849680; \ // sdot v0.4s, v20.16b, v4.16b
	WORD $0x4e8596a1; \ // sdot v1.4s, v21.16b, v5.16b
	WORD $0x4e8696c2; \ // sdot v2.4s, v22.16b, v6.16b
	WORD $0x4e8796e3    // sdot v3.4s, v23.16b, v7.16b

// func crumbDotsDotProd(dst *int32, q *int8, rows *uint8, n, dims int)
TEXT ·crumbDotsDotProd(SB), NOSPLIT, $0-40
	MOVD  dst+0(FP), R0
	MOVD  q+8(FP), R1
	MOVD  rows+16(FP), R2
	MOVD  n+24(FP), R3
	MOVD  dims+32(FP), R4
	VMOVI $3, V30.B16
	VEOR  V31.B16, V31.B16, V31.B16
	MOVD  R1, R5
	MOVD  R4, R6

sum:
	VLD1.P 16(R5), [V4.B16]
	WORD   $0x4e8497df         // sdot v31.4s, v30.16b, v4.16b
	SUBS   $16, R6
	BNE    sum
	VADDV  V31.S4, V31
	VMOV   V31.S[0], R8        // 3·Σq

row:
	VEOR V0.B16, V0.B16, V0.B16
	VEOR V1.B16, V1.B16, V1.B16
	VEOR V2.B16, V2.B16, V2.B16
	VEOR V3.B16, V3.B16, V3.B16
	MOVD R1, R5
	MOVD R4, R6

chunk:
	VLD1.P 64(R2), [V16.B16, V17.B16, V18.B16, V19.B16]
	LOADQ
	MASK
	SDOT
	SHIFT
	LOADQ
	MASK
	SDOT
	SHIFT
	LOADQ
	MASK
	SDOT
	SHIFT
	LOADQ
	MASK
	SDOT
	SUBS $256, R6
	BNE  chunk

	VADD   V1.S4, V0.S4, V0.S4
	VADD   V3.S4, V2.S4, V2.S4
	VADD   V2.S4, V0.S4, V0.S4
	VADDV  V0.S4, V0
	VMOV   V0.S[0], R7
	LSLW   $1, R7, R7
	SUBW   R8, R7, R7
	MOVW.P R7, 4(R0)
	SUBS   $1, R3
	BNE    row
	RET

// SMLAL adds the products of signed bytes to V24 and V25, sums of 16 bits: of a chunk each gets 16 products of at most
// 127·3, in all 6,096.
#define SMLAL \
	WORD $0x0e248298; \ // smlal v24.8h, v20.8b, v4.8b
	WORD $0x4e248299; \ // smlal2 v25.8h, v20.16b, v4.16b
	WORD $0x0e2582b8; \ // smlal v24.8h, v21.8b, v5.8b
	WORD $0x4e2582b9; \ // smlal2 v25.8h, v21.16b, v5.16b
	WORD $0x0e2682d8; \ // smlal v24.8h, v22.8b, v6.8b
	WORD $0x4e2682d9; \ // smlal2 v25.8h, v22.16b, v6.16b
	WORD $0x0e2782f8; \ // smlal v24.8h, v23.8b, v7.8b
	WORD $0x4e2782f9    // smlal2 v25.8h, v23.16b, v7.16b

// func crumbDotsNEON(dst *int32, q *int8, rows *uint8, n, dims int)
TEXT ·crumbDotsNEON(SB), NOSPLIT, $0-40
	MOVD  dst+0(FP), R0
	MOVD  q+8(FP), R1
	MOVD  rows+16(FP), R2
	MOVD  n+24(FP), R3
	MOVD  dims+32(FP), R4
	VMOVI $3, V30.B16
	VEOR  V31.B16, V31.B16, V31.B16
	MOVD  R1, R5
	MOVD  R4, R6

sum:
	VLD1.P 16(R5), [V4.B16]
	VEOR   V24.B16, V24.B16, V24.B16
	WORD   $0x0e2483d8              // smlal v24.8h, v30.8b, v4.8b
	WORD   $0x4e2483d8              // smlal2 v24.8h, v30.16b, v4.16b
	WORD   $0x4e606b1f              // sadalp v31.4s, v24.8h
	SUBS   $16, R6
	BNE    sum
	VADDV  V31.S4, V31
	VMOV   V31.S[0], R8             // 3·Σq

row:
	VEOR V0.B16, V0.B16, V0.B16
	MOVD R1, R5
	MOVD R4, R6

chunk:
	VLD1.P 64(R2), [V16.B16, V17.B16, V18.B16, V19.B16]
	VEOR   V24.B16, V24.B16, V24.B16
	VEOR   V25.B16, V25.B16, V25.B16
	LOADQ
	MASK
	SMLAL
	SHIFT
	LOADQ
	MASK
	SMLAL
	SHIFT
	LOADQ
	MASK
	SMLAL
	SHIFT
	LOADQ
	MASK
	SMLAL
	WORD   $0x4e606b00              // sadalp v0.4s, v24.8h
	WORD   $0x4e606b20              // sadalp v0.4s, v25.8h
	SUBS   $256, R6
	BNE    chunk

	VADDV  V0.S4, V0
	VMOV   V0.S[0], R7
	LSLW   $1, R7, R7
	SUBW   R8, R7, R7
	MOVW.P R7, 4(R0)
	SUBS   $1, R3
	BNE    row
	RET
