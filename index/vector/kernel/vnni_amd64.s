#include "textflag.h"
#include "gather_amd64.h"

// VPDPBUSD adds four products of unsigned by signed bytes to each 32-bit sum, without saturation. The codes are the
// unsigned side, so that every sum is 128·Σq too large; that is computed first, the same way.

// OFFSET writes 128·Σq to X15, four times. SI is q, BX its length.
#define OFFSET(loop) \
	MOVL          $0x80808080, AX; \
	VPBROADCASTD  AX, Z14;         \
	VPXORD        Z15, Z15, Z15;   \
	XORQ          AX, AX;          \
loop:                              \
	VMOVDQU64     (SI)(AX*1), Z4;  \
	VPDPBUSD      Z4, Z14, Z15;    \
	ADDQ          $64, AX;         \
	CMPQ          AX, BX;          \
	JLT           loop;            \
	VEXTRACTI64X4 $1, Z15, Y14;    \
	VPADDD        Y14, Y15, Y15;   \
	VPHADDD       Y15, Y15, Y15;   \
	VPHADDD       Y15, Y15, Y15;   \
	VEXTRACTI128  $1, Y15, X14;    \
	VPADDD        X14, X15, X15

// BEGIN makes the sums of four rows zero.
#define BEGIN \
	VPXORD Z0, Z0, Z0; \
	VPXORD Z1, Z1, Z1; \
	VPXORD Z2, Z2, Z2; \
	VPXORD Z3, Z3, Z3; \
	XORQ   AX, AX

// ADD64 adds the products of 64 numbers of q with those of the rows at R8 to R11.
#define ADD64 \
	VMOVDQU64 (SI)(AX*1), Z4;  \
	VMOVDQU64 (R8)(AX*1), Z5;  \
	VMOVDQU64 (R9)(AX*1), Z6;  \
	VMOVDQU64 (R10)(AX*1), Z7; \
	VMOVDQU64 (R11)(AX*1), Z8; \
	VPDPBUSD  Z4, Z5, Z0;      \
	VPDPBUSD  Z4, Z6, Z1;      \
	VPDPBUSD  Z4, Z7, Z2;      \
	VPDPBUSD  Z4, Z8, Z3

// END turns the sums into the four inner products, in X0.
#define END \
	VEXTRACTI64X4 $1, Z0, Y5; \
	VEXTRACTI64X4 $1, Z1, Y6; \
	VEXTRACTI64X4 $1, Z2, Y7; \
	VEXTRACTI64X4 $1, Z3, Y8; \
	VPADDD        Y5, Y0, Y0; \
	VPADDD        Y6, Y1, Y1; \
	VPADDD        Y7, Y2, Y2; \
	VPADDD        Y8, Y3, Y3; \
	VPHADDD       Y1, Y0, Y0; \
	VPHADDD       Y3, Y2, Y2; \
	VPHADDD       Y2, Y0, Y0; \
	VEXTRACTI128  $1, Y0, X5; \
	VPADDD        X5, X0, X0; \
	VPSUBD        X15, X0, X0

// AHEAD is how far the codes that are fetched lie before those that are multiplied, in bytes: a page. The processor's own
// prefetching follows one stream of lines well, so rows are read one after the other; it ends at a page.
#define AHEAD 4096

// ROW adds the products of q with the row at R8 to acc and moves R8 on to the next.
#define ROW(acc, chunk) \
	XORQ       AX, AX;           \
chunk:                        \
	VMOVDQU64  (R8), Z5;         \
	VPDPBUSD   (SI)(AX*1), Z5, acc; \
	PREFETCHT1 AHEAD(R8);        \
	ADDQ       $64, R8;          \
	ADDQ       $64, AX;          \
	CMPQ       AX, BX;           \
	JLT        chunk

// CHUNK512 adds the products of 64 codes, n bytes from R8, with those numbers of q.
#define CHUNK512(n, q, acc) \
	VMOVDQU64  n(R8), Z5;    \
	VPDPBUSD   q, Z5, acc;   \
	PREFETCHT1 (n+AHEAD)(R8)

// ROW512 is ROW for rows of 512 codes, with q in Z16 to Z23.
#define ROW512(acc) \
	CHUNK512(0, Z16, acc);   \
	CHUNK512(64, Z17, acc);  \
	CHUNK512(128, Z18, acc); \
	CHUNK512(192, Z19, acc); \
	CHUNK512(256, Z20, acc); \
	CHUNK512(320, Z21, acc); \
	CHUNK512(384, Z22, acc); \
	CHUNK512(448, Z23, acc); \
	ADDQ $512, R8

// func dotsVNNI(dst *int32, q *int8, codes *uint8, rows, dims int)
TEXT ·dotsVNNI(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ q+8(FP), SI
	MOVQ codes+16(FP), R8
	MOVQ rows+24(FP), CX
	MOVQ dims+32(FP), BX
	OFFSET(offset)
	SUBQ $4, CX
	JLT  rest
	CMPQ BX, $512
	JEQ  load512

four:
	BEGIN
	ROW(Z0, chunk0)
	ROW(Z1, chunk1)
	ROW(Z2, chunk2)
	ROW(Z3, chunk3)
	END
	VMOVDQU X0, (DI)
	ADDQ    $16, DI
	SUBQ    $4, CX
	JGE     four
	JMP     rest

load512:
	VMOVDQU64 0(SI), Z16
	VMOVDQU64 64(SI), Z17
	VMOVDQU64 128(SI), Z18
	VMOVDQU64 192(SI), Z19
	VMOVDQU64 256(SI), Z20
	VMOVDQU64 320(SI), Z21
	VMOVDQU64 384(SI), Z22
	VMOVDQU64 448(SI), Z23

four512:
	BEGIN
	ROW512(Z0)
	ROW512(Z1)
	ROW512(Z2)
	ROW512(Z3)
	END
	VMOVDQU X0, (DI)
	ADDQ    $16, DI
	SUBQ    $4, CX
	JGE     four512

rest:
	ADDQ $4, CX
	JEQ  done

one:
	VPXORD        Z0, Z0, Z0
	ROW(Z0, onechunk)
	VEXTRACTI64X4 $1, Z0, Y5
	VPADDD        Y5, Y0, Y0
	VPHADDD       Y0, Y0, Y0
	VPHADDD       Y0, Y0, Y0
	VEXTRACTI128  $1, Y0, X5
	VPADDD        X5, X0, X0
	VPSUBD        X15, X0, X0
	VMOVD         X0, (DI)

	ADDQ $4, DI
	DECQ CX
	JNE  one

done:
	VZEROUPPER
	RET

// func dotsAtVNNI(dst *int32, q *int8, rows *[]uint8, n, dims int)
//
// Four rows at a time, while the next four are on their way from memory.
TEXT ·dotsAtVNNI(SB), NOSPLIT, $0-40
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
	OFFSET(offset)

four:
	ROWAT(4, R12)
	ROWAT(5, R13)
	ROWAT(6, R14)
	ROWAT(7, R15)
	BEGIN

chunk:
	ADD64
	PREFETCH
	ADDQ $64, AX
	CMPQ AX, BX
	JLT  chunk

	END
	STORE(done)
	JMP four

done:
	VZEROUPPER
	RET
