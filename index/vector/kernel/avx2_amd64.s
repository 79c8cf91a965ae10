#include "textflag.h"

// ROW adds the products of 32 codes at base with the numbers of Y4, whose magnitudes are Y5, to acc. VPMADDUBSW adds
// pairs of products of unsigned by signed bytes as 16-bit numbers that saturate: with the codes themselves, up to 255, they
// would; magnitudes up to 127 and signs moved to the codes give at most 2·127·127 = 32,258.
#define ROW(base, acc, tmp) \
	VPXOR      (base)(AX*1), Y13, tmp \ // code − 128, as a signed byte
	VPSIGNB    Y4, tmp, tmp           \
	VPMADDUBSW tmp, Y5, tmp           \
	VPMADDWD   Y14, tmp, tmp          \
	VPADDD     tmp, acc, acc

// func dotsAVX2(dst *int32, q *int8, codes *uint8, rows, dims int)
TEXT ·dotsAVX2(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ q+8(FP), SI
	MOVQ codes+16(FP), DX
	MOVQ rows+24(FP), CX
	MOVQ dims+32(FP), BX

	MOVL         $0x80808080, AX
	VMOVD        AX, X13
	VPBROADCASTD X13, Y13        // 128 in each byte
	MOVL         $0x00010001, AX
	VMOVD        AX, X14
	VPBROADCASTD X14, Y14        // 1 in each 16-bit number

	SUBQ $4, CX
	JLT  rest

four:
	LEAQ  (DX)(BX*1), R8
	LEAQ  (DX)(BX*2), R9
	LEAQ  (R8)(BX*2), R10
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1
	VPXOR Y2, Y2, Y2
	VPXOR Y3, Y3, Y3
	XORQ  AX, AX

chunk:
	VMOVDQU (SI)(AX*1), Y4
	VPABSB  Y4, Y5
	ROW(DX, Y0, Y6)
	ROW(R8, Y1, Y7)
	ROW(R9, Y2, Y8)
	ROW(R10, Y3, Y9)
	ADDQ    $32, AX
	CMPQ    AX, BX
	JLT     chunk

	// the sums of four registers → four numbers
	VPHADDD      Y1, Y0, Y0
	VPHADDD      Y3, Y2, Y2
	VPHADDD      Y2, Y0, Y0
	VEXTRACTI128 $1, Y0, X5
	VPADDD       X5, X0, X0
	VMOVDQU      X0, (DI)

	LEAQ (DX)(BX*4), DX
	ADDQ $16, DI
	SUBQ $4, CX
	JGE  four

rest:
	ADDQ $4, CX
	JEQ  done

one:
	VPXOR Y0, Y0, Y0
	XORQ  AX, AX

onechunk:
	VMOVDQU (SI)(AX*1), Y4
	VPABSB  Y4, Y5
	ROW(DX, Y0, Y6)
	ADDQ    $32, AX
	CMPQ    AX, BX
	JLT     onechunk

	VPHADDD      Y0, Y0, Y0
	VPHADDD      Y0, Y0, Y0
	VEXTRACTI128 $1, Y0, X5
	VPADDD       X5, X0, X0
	VMOVD        X0, (DI)

	ADDQ BX, DX
	ADDQ $4, DI
	DECQ CX
	JNE  one

done:
	VZEROUPPER
	RET
