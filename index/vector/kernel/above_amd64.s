#include "textflag.h"

// Products and sums are instructions of their own and not fused, as plain Go rounds each.

// func aboveAVX512(dst *uint64, dots *int32, bias, scale, margin *float32, rows int, e *Estimate)
TEXT ·aboveAVX512(SB), NOSPLIT, $0-56
	MOVQ dst+0(FP), DI
	MOVQ dots+8(FP), SI
	MOVQ bias+16(FP), R8
	MOVQ scale+24(FP), R9
	MOVQ margin+32(FP), R10
	MOVQ rows+40(FP), CX
	MOVQ e+48(FP), BX

	VBROADCASTSS 0(BX), Z0  // Base
	VBROADCASTSS 4(BX), Z1  // Tilt
	VBROADCASTSS 8(BX), Z2  // Unit
	VBROADCASTSS 12(BX), Z3 // Spread
	VBROADCASTSS 16(BX), Z4 // Floor
	SHLQ         $2, CX     // bytes
	XORQ         BX, BX

loop:
	VMULPS    (R8)(BX*1), Z1, Z5
	VADDPS    Z5, Z0, Z5
	VMULPS    (R9)(BX*1), Z2, Z6
	VCVTDQ2PS (SI)(BX*1), Z7
	VMULPS    Z7, Z6, Z6
	VADDPS    Z6, Z5, Z5
	VMULPS    (R10)(BX*1), Z3, Z6
	VADDPS    Z6, Z5, Z5
	VCMPPS $5, Z4, Z5, K1 // not less than
	KMOVW  K1, AX
	MOVW   AX, (DI)
	ADDQ   $2, DI
	ADDQ   $64, BX
	CMPQ   BX, CX
	JLT    loop

	VZEROUPPER
	RET

// func aboveAVX2(dst *uint64, dots *int32, bias, scale, margin *float32, rows int, e *Estimate)
TEXT ·aboveAVX2(SB), NOSPLIT, $0-56
	MOVQ dst+0(FP), DI
	MOVQ dots+8(FP), SI
	MOVQ bias+16(FP), R8
	MOVQ scale+24(FP), R9
	MOVQ margin+32(FP), R10
	MOVQ rows+40(FP), CX
	MOVQ e+48(FP), BX

	VBROADCASTSS 0(BX), Y0  // Base
	VBROADCASTSS 4(BX), Y1  // Tilt
	VBROADCASTSS 8(BX), Y2  // Unit
	VBROADCASTSS 12(BX), Y3 // Spread
	VBROADCASTSS 16(BX), Y4 // Floor
	SHLQ         $2, CX     // bytes
	XORQ         BX, BX

loop:
	VMULPS    (R8)(BX*1), Y1, Y5
	VADDPS    Y5, Y0, Y5
	VMULPS    (R9)(BX*1), Y2, Y6
	VCVTDQ2PS (SI)(BX*1), Y7
	VMULPS    Y7, Y6, Y6
	VADDPS    Y6, Y5, Y5
	VMULPS    (R10)(BX*1), Y3, Y6
	VADDPS    Y6, Y5, Y5
	VCMPPS    $5, Y4, Y5, Y5 // not less than
	VMOVMSKPS Y5, AX
	MOVB      AX, (DI)
	INCQ      DI
	ADDQ   $32, BX
	CMPQ   BX, CX
	JLT    loop

	VZEROUPPER
	RET
