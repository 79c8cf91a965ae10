#include "textflag.h"

// Of each byte, the bits under the mask 12 are a crumb times four; a sum of such products is divided by four at the end,
// which is exact. So the codes are shifted once for four crumbs.

// How far the codes that are fetched lie before those that are multiplied, in bytes: a page, where the processor's own
// prefetching ends.
#define AHEAD 4096

// SUM3 writes 3·Σq to X15, four times. SI is q, BX its length.
#define SUM3(loop) \
	MOVL          $0x03030303, AX; \
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

// MASKS sets Z24 and Z25.
#define MASKS \
	MOVL         $0x03030303, AX; \
	VPBROADCASTD AX, Z24;         \
	MOVL         $0x0c0c0c0c, AX; \
	VPBROADCASTD AX, Z25

// CHUNK adds the products of 256 crumbs, n bytes from R8, with q0 to q3 to acc and, times four, to Z9.
#define CHUNK(n, q0, q1, q2, q3, acc) \
	VMOVDQU64  n(R8), Z5;          \
	PREFETCHT1 (n+AHEAD)(R8);      \
	VPSRLW     $4, Z5, Z6;         \
	VPANDD     Z24, Z5, Z7;        \
	VPANDD     Z25, Z5, Z5;        \
	VPANDD     Z24, Z6, Z8;        \
	VPANDD     Z25, Z6, Z6;        \
	VPDPBUSD   q0, Z7, acc;        \
	VPDPBUSD   q1, Z5, Z9;         \
	VPDPBUSD   q2, Z8, acc;        \
	VPDPBUSD   q3, Z6, Z9

// ROW adds the products of q with the row at R8 to acc and moves R8 on to the next.
#define ROW(acc, chunk) \
	VPXORD Z9, Z9, Z9;   \
	XORQ   AX, AX;       \
chunk:                \
	CHUNK(0, (SI)(AX*1), 64(SI)(AX*1), 128(SI)(AX*1), 192(SI)(AX*1), acc); \
	ADDQ   $64, R8;      \
	ADDQ   $256, AX;     \
	CMPQ   AX, BX;       \
	JLT    chunk;        \
	VPSRAD $2, Z9, Z9;   \
	VPADDD Z9, acc, acc

// ROW512 is ROW for rows of 512 crumbs, with q in Z16 to Z23.
#define ROW512(acc) \
	VPXORD Z9, Z9, Z9;                    \
	CHUNK(0, Z16, Z17, Z18, Z19, acc);    \
	CHUNK(64, Z20, Z21, Z22, Z23, acc);   \
	ADDQ   $128, R8;                      \
	VPSRAD $2, Z9, Z9;                    \
	VPADDD Z9, acc, acc

// BEGIN makes the sums of four rows zero.
#define BEGIN \
	VPXORD Z0, Z0, Z0; \
	VPXORD Z1, Z1, Z1; \
	VPXORD Z2, Z2, Z2; \
	VPXORD Z3, Z3, Z3

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
	VPADDD        X0, X0, X0; \
	VPSUBD        X15, X0, X0

// func crumbDotsVNNI(dst *int32, q *int8, rows *uint8, n, dims int)
TEXT ·crumbDotsVNNI(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ q+8(FP), SI
	MOVQ rows+16(FP), R8
	MOVQ n+24(FP), CX
	MOVQ dims+32(FP), BX
	SUM3(sum)
	MASKS
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
	VPADDD        X0, X0, X0
	VPSUBD        X15, X0, X0
	VMOVD         X0, (DI)

	ADDQ $4, DI
	DECQ CX
	JNE  one

done:
	VZEROUPPER
	RET

// HALF2 adds the products of 128 crumbs, n bytes from R8, with the numbers of q that they belong to: to Y4 and, times
// four, to Y5, which are sums of 16 bits. In a chunk of 256 one of Y5 gets 8 products: at most 8·127·12 = 12,192.
#define HALF2(n) \
	VMOVDQU    n(R8), Y6;                 \
	VPSRLW     $4, Y6, Y7;                \
	VPAND      Y12, Y6, Y8;               \
	VPAND      Y13, Y6, Y6;               \
	VPAND      Y12, Y7, Y9;               \
	VPAND      Y13, Y7, Y7;               \
	VPMADDUBSW n(SI)(AX*1), Y8, Y8;       \
	VPMADDUBSW (n+64)(SI)(AX*1), Y6, Y6;  \
	VPMADDUBSW (n+128)(SI)(AX*1), Y9, Y9; \
	VPMADDUBSW (n+192)(SI)(AX*1), Y7, Y7; \
	VPADDW     Y8, Y4, Y4;                \
	VPADDW     Y6, Y5, Y5;                \
	VPADDW     Y9, Y4, Y4;                \
	VPADDW     Y7, Y5, Y5

// ROW2 adds the products of q with the row at R8 to acc and moves R8 on to the next.
#define ROW2(acc, chunk) \
	XORQ       AX, AX;           \
chunk:                        \
	PREFETCHT1 AHEAD(R8);        \
	VPXOR      Y4, Y4, Y4;       \
	VPXOR      Y5, Y5, Y5;       \
	HALF2(0);                    \
	HALF2(32);                   \
	VPSRAW     $2, Y5, Y5;       \
	VPADDW     Y5, Y4, Y4;       \
	VPMADDWD   Y14, Y4, Y4;      \
	VPADDD     Y4, acc, acc;     \
	ADDQ       $64, R8;          \
	ADDQ       $256, AX;         \
	CMPQ       AX, BX;           \
	JLT        chunk

// func crumbDotsAVX2(dst *int32, q *int8, rows *uint8, n, dims int)
TEXT ·crumbDotsAVX2(SB), NOSPLIT, $0-40
	MOVQ dst+0(FP), DI
	MOVQ q+8(FP), SI
	MOVQ rows+16(FP), R8
	MOVQ n+24(FP), CX
	MOVQ dims+32(FP), BX

	MOVL         $0x03030303, AX
	VMOVD        AX, X12
	VPBROADCASTD X12, Y12
	MOVL         $0x0c0c0c0c, AX
	VMOVD        AX, X13
	VPBROADCASTD X13, Y13
	MOVL         $0x00010001, AX
	VMOVD        AX, X14
	VPBROADCASTD X14, Y14

	// 3·Σq to X15, four times
	VPXOR Y15, Y15, Y15
	XORQ  AX, AX

sum:
	VPMADDUBSW   (SI)(AX*1), Y12, Y4
	VPMADDWD     Y14, Y4, Y4
	VPADDD       Y4, Y15, Y15
	ADDQ         $32, AX
	CMPQ         AX, BX
	JLT          sum
	VPHADDD      Y15, Y15, Y15
	VPHADDD      Y15, Y15, Y15
	VEXTRACTI128 $1, Y15, X4
	VPADDD       X4, X15, X15

	SUBQ $4, CX
	JLT  rest

four:
	VPXOR Y0, Y0, Y0
	VPXOR Y1, Y1, Y1
	VPXOR Y2, Y2, Y2
	VPXOR Y3, Y3, Y3
	ROW2(Y0, chunk0)
	ROW2(Y1, chunk1)
	ROW2(Y2, chunk2)
	ROW2(Y3, chunk3)

	VPHADDD      Y1, Y0, Y0
	VPHADDD      Y3, Y2, Y2
	VPHADDD      Y2, Y0, Y0
	VEXTRACTI128 $1, Y0, X5
	VPADDD       X5, X0, X0
	VPADDD       X0, X0, X0
	VPSUBD       X15, X0, X0
	VMOVDQU      X0, (DI)

	ADDQ $16, DI
	SUBQ $4, CX
	JGE  four

rest:
	ADDQ $4, CX
	JEQ  done

one:
	VPXOR        Y0, Y0, Y0
	ROW2(Y0, onechunk)
	VPHADDD      Y0, Y0, Y0
	VPHADDD      Y0, Y0, Y0
	VEXTRACTI128 $1, Y0, X5
	VPADDD       X5, X0, X0
	VPADDD       X0, X0, X0
	VPSUBD       X15, X0, X0
	VMOVD        X0, (DI)

	ADDQ $4, DI
	DECQ CX
	JNE  one

done:
	VZEROUPPER
	RET
