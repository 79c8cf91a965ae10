// What the gathers of all instruction sets share: DX is the slice of the next row, CX that of the last, DI where the next
// result goes.

// LAST turns the number of rows, CX, into the address of the last row's slice.
#define LAST \
	LEAQ (CX)(CX*2), CX; \
	LEAQ -24(DX)(CX*8), CX

// ROWAT writes the address of the codes of the n-th next row, or of the last row if there are fewer, to reg.
#define ROWAT(n, reg) \
	LEAQ    (n*24)(DX), AX; \
	CMPQ    AX, CX;         \
	CMOVQHI CX, AX;         \
	MOVQ    (AX), reg

// PREFETCH fetches the line at AX of each of the four rows that come next.
#define PREFETCH \
	PREFETCHT0 (R12)(AX*1); \
	PREFETCHT0 (R13)(AX*1); \
	PREFETCHT0 (R14)(AX*1); \
	PREFETCHT0 (R15)(AX*1)

// STORE writes those of the four results in X0 that there are rows for, and goes on to the next four rows, or to done.
#define STORE(done) \
	VMOVD   X0, (DI);      \
	LEAQ    24(DX), AX;    \
	CMPQ    AX, CX;        \
	JHI     done;          \
	VPEXTRD $1, X0, 4(DI); \
	LEAQ    48(DX), AX;    \
	CMPQ    AX, CX;        \
	JHI     done;          \
	VPEXTRD $2, X0, 8(DI); \
	LEAQ    72(DX), AX;    \
	CMPQ    AX, CX;        \
	JHI     done;          \
	VPEXTRD $3, X0, 12(DI); \
	ADDQ    $96, DX;       \
	CMPQ    DX, CX;        \
	JHI     done;          \
	ADDQ    $16, DI;       \
	MOVQ    R12, R8;       \
	MOVQ    R13, R9;       \
	MOVQ    R14, R10;      \
	MOVQ    R15, R11
