#include "textflag.h"
#include "gather_amd64.h"

// VPMADDUBSW adds pairs of products of unsigned by signed bytes as 16-bit numbers that saturate: with the codes
// themselves, up to 255, they would; magnitudes up to 127 and signs moved to the codes give at most 2·127·127 = 32,258.

// CONSTANTS sets Y13 and Y14.
#define CONSTANTS \
	MOVL         $0x80808080, AX; \
	VMOVD        AX, X13;         \
	VPBROADCASTD X13, Y13;        \ // 128 in each byte
	MOVL         $0x00010001, AX; \
	VMOVD        AX, X14;         \
	VPBROADCASTD X14, Y14           // 1 in each 16-bit number

// ROW adds the products of the 32 codes at base with the numbers of Y4, whose magnitudes are Y5, to acc.
#define ROW(base, acc, tmp) \
	VPXOR      (base)(AX*1), Y13, tmp; \ // code − 128, as a signed byte
	VPSIGNB    Y4, tmp, tmp;           \
	VPMADDUBSW tmp, Y5, tmp;           \
	VPMADDWD   Y14, tmp, tmp;          \
	VPADDD     tmp, acc, acc

// BEGIN makes the sums of four rows zero.
#define BEGIN \
	VPXOR Y0, Y0, Y0; \
	VPXOR Y1, Y1, Y1; \
	VPXOR Y2, Y2, Y2; \
	VPXOR Y3, Y3, Y3; \
	XORQ  AX, AX

// ADD32 adds the products of 32 numbers of q with those of the rows at R8 to R11.
#define ADD32 \
	VMOVDQU (SI)(AX*1), Y4; \
	VPABSB  Y4, Y5;         \
	ROW(R8, Y0, Y6);        \
	ROW(R9, Y1, Y7);        \
	ROW(R10, Y2, Y8);       \
	ROW(R11, Y3, Y9)

// AHEAD is how far the codes that are fetched lie before those that are multiplied, in bytes. They are fetched in the order
// of memory, which the processor's own prefetching does not see in four rows side by side.
#define AHEAD 8192

// END turns the sums into the four inner products, in X0.
#define END \
	VPHADDD      Y1, Y0, Y0; \
	VPHADDD      Y3, Y2, Y2; \
	VPHADDD      Y2, Y0, Y0; \
	VEXTRACTI128 $1, Y0, X5; \
	VPADDD       X5, X0, X0

// func dotsAVX2(dst *int32, q *int8, codes *uint8, rows, dims int)
TEXT ·dotsAVX2(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ q+8(FP), SI
	MOVQ codes+16(FP), R8
	MOVQ rows+24(FP), CX
	MOVQ dims+32(FP), BX
	CONSTANTS
	SUBQ $4, CX
	JLT  rest

four:
	LEAQ (R8)(BX*1), R9
	LEAQ (R8)(BX*2), R10
	LEAQ (R9)(BX*2), R11
	BEGIN

chunk:
	PREFETCHT0 (AHEAD+0)(R8)(AX*4)
	PREFETCHT0 (AHEAD+64)(R8)(AX*4)
	PREFETCHT0 (AHEAD+128)(R8)(AX*4)
	PREFETCHT0 (AHEAD+192)(R8)(AX*4)
	ADD32
	ADDQ $32, AX
	ADD32
	ADDQ $32, AX
	CMPQ AX, BX
	JLT  chunk

	END
	VMOVDQU X0, (DI)
	LEAQ    (R8)(BX*4), R8
	ADDQ    $16, DI
	SUBQ    $4, CX
	JGE     four

rest:
	ADDQ $4, CX
	JEQ  done

one:
	VPXOR Y0, Y0, Y0
	XORQ  AX, AX

onechunk:
	VMOVDQU (SI)(AX*1), Y4
	VPABSB  Y4, Y5
	ROW(R8, Y0, Y6)
	ADDQ    $32, AX
	CMPQ    AX, BX
	JLT     onechunk

	VPHADDD      Y0, Y0, Y0
	VPHADDD      Y0, Y0, Y0
	VEXTRACTI128 $1, Y0, X5
	VPADDD       X5, X0, X0
	VMOVD        X0, (DI)

	ADDQ BX, R8
	ADDQ $4, DI
	DECQ CX
	JNE  one

done:
	VZEROUPPER
	RET

// func dotsAtAVX2(dst *int32, q *int8, rows *[]uint8, n, dims int)
//
// Four rows at a time, while the next four are on their way from memory.
TEXT ·dotsAtAVX2(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ q+8(FP), SI
	MOVQ rows+16(FP), DX
	MOVQ n+24(FP), CX
	MOVQ dims+32(FP), BX
	LAST
	ROWAT(0, R8)
	ROWAT(1, R9)
	ROWAT(2, R10)
	ROWAT(3, R11)
	CONSTANTS

four:
	ROWAT(4, R12)
	ROWAT(5, R13)
	ROWAT(6, R14)
	ROWAT(7, R15)
	BEGIN

chunk:
	PREFETCH
	ADD32
	ADDQ $32, AX
	ADD32
	ADDQ $32, AX
	CMPQ AX, BX
	JLT  chunk

	END
	STORE(done)
	JMP four

done:
	VZEROUPPER
	RET
