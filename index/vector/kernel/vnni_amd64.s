#include "textflag.h"

// func dotsVNNI(dst *int32, q *int8, codes *uint8, rows, dims int)
//
// VPDPBUSD adds four products of unsigned by signed bytes to each 32-bit sum, without saturation. The codes are the
// unsigned side, so that every sum is 128·Σq too large; that is computed first, the same way.
TEXT ·dotsVNNI(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ q+8(FP), SI
	MOVQ codes+16(FP), DX
	MOVQ rows+24(FP), CX
	MOVQ dims+32(FP), BX

	// X15 = 128·Σq in each of four sums
	MOVL         $0x80808080, AX
	VPBROADCASTD AX, Z14
	VPXORD       Z15, Z15, Z15
	XORQ         AX, AX

offset:
	VMOVDQU64 (SI)(AX*1), Z4
	VPDPBUSD  Z4, Z14, Z15
	ADDQ      $64, AX
	CMPQ      AX, BX
	JLT       offset

	VEXTRACTI64X4 $1, Z15, Y14
	VPADDD        Y14, Y15, Y15
	VPHADDD       Y15, Y15, Y15
	VPHADDD       Y15, Y15, Y15
	VEXTRACTI128  $1, Y15, X14
	VPADDD        X14, X15, X15

	SUBQ $4, CX
	JLT  rest

four:
	LEAQ   (DX)(BX*1), R8
	LEAQ   (DX)(BX*2), R9
	LEAQ   (R8)(BX*2), R10
	VPXORD Z0, Z0, Z0
	VPXORD Z1, Z1, Z1
	VPXORD Z2, Z2, Z2
	VPXORD Z3, Z3, Z3
	XORQ   AX, AX

chunk:
	VMOVDQU64 (SI)(AX*1), Z4
	VMOVDQU64 (DX)(AX*1), Z5
	VMOVDQU64 (R8)(AX*1), Z6
	VMOVDQU64 (R9)(AX*1), Z7
	VMOVDQU64 (R10)(AX*1), Z8
	VPDPBUSD  Z4, Z5, Z0
	VPDPBUSD  Z4, Z6, Z1
	VPDPBUSD  Z4, Z7, Z2
	VPDPBUSD  Z4, Z8, Z3
	ADDQ      $64, AX
	CMPQ      AX, BX
	JLT       chunk

	// the sums of four registers → four numbers
	VEXTRACTI64X4 $1, Z0, Y5
	VEXTRACTI64X4 $1, Z1, Y6
	VEXTRACTI64X4 $1, Z2, Y7
	VEXTRACTI64X4 $1, Z3, Y8
	VPADDD        Y5, Y0, Y0
	VPADDD        Y6, Y1, Y1
	VPADDD        Y7, Y2, Y2
	VPADDD        Y8, Y3, Y3
	VPHADDD       Y1, Y0, Y0
	VPHADDD       Y3, Y2, Y2
	VPHADDD       Y2, Y0, Y0
	VEXTRACTI128  $1, Y0, X5
	VPADDD        X5, X0, X0
	VPSUBD        X15, X0, X0
	VMOVDQU       X0, (DI)

	LEAQ (DX)(BX*4), DX
	ADDQ $16, DI
	SUBQ $4, CX
	JGE  four

rest:
	ADDQ $4, CX
	JEQ  done

one:
	VPXORD Z0, Z0, Z0
	XORQ   AX, AX

onechunk:
	VMOVDQU64 (DX)(AX*1), Z5
	VPDPBUSD  (SI)(AX*1), Z5, Z0
	ADDQ      $64, AX
	CMPQ      AX, BX
	JLT       onechunk

	VEXTRACTI64X4 $1, Z0, Y5
	VPADDD        Y5, Y0, Y0
	VPHADDD       Y0, Y0, Y0
	VPHADDD       Y0, Y0, Y0
	VEXTRACTI128  $1, Y0, X5
	VPADDD        X5, X0, X0
	VPSUBD        X15, X0, X0
	VMOVD         X0, (DI)

	ADDQ BX, DX
	ADDQ $4, DI
	DECQ CX
	JNE  one

done:
	VZEROUPPER
	RET
