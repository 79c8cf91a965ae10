#include "textflag.h"

// func signedSSE2(dst *int8, codes *uint8, n int)
TEXT ·signedSSE2(SB), NOSPLIT, $0-24
	MOVQ dst+0(FP), DI
	MOVQ codes+8(FP), SI
	MOVQ n+16(FP), CX

	// X4 = Zero in each of 16 bytes
	MOVQ       $0x8080808080808080, AX
	MOVQ       AX, X4
	PUNPCKLQDQ X4, X4

block:
	MOVOU (SI), X0
	MOVOU 16(SI), X1
	MOVOU 32(SI), X2
	MOVOU 48(SI), X3
	PXOR  X4, X0
	PXOR  X4, X1
	PXOR  X4, X2
	PXOR  X4, X3
	MOVOU X0, (DI)
	MOVOU X1, 16(DI)
	MOVOU X2, 32(DI)
	MOVOU X3, 48(DI)
	ADDQ  $64, SI
	ADDQ  $64, DI
	SUBQ  $64, CX
	JNE   block
	RET
