//go:build native

package torch

/*
#include <stdint.h>
#include <stdlib.h>

// These two are in gotch's C library, but package libtch either does not offer them (threads) or leaks the C string that it
// makes for them at each call (gelu).
void at_set_num_threads(int threads);
void atg_gelu(void **out, void *self, char *approximate, int approximate_len);

static void gelu(void **out, void *self) { atg_gelu(out, self, "none", 4); }

// A libtorch before 2.0 has no such function: internal/fit makes gotch's an error then, and would refuse to build a
// program that calls it by its Go name.
void atg_scaled_dot_product_attention(void **out, void *query, void *key, void *value, void *mask, double dropout,
	int causal, double scale, uint8_t scale_null);

static void fused_attention(void **out, void *query, void *key, void *value, int causal) {
	atg_scaled_dot_product_attention(out, query, key, value, 0, 0, causal, 1, 0);
}
*/
import "C"

import (
	"errors"
	"strings"
	"unsafe"

	lib "github.com/sugarme/gotch/libtch"
)

// lastError returns the error of the last failed call on this OS thread and forgets it; nil if none failed.
func lastError() error {
	message := (*C.char)(unsafe.Pointer(lib.GetAndResetLastErr()))
	if message == nil {
		return nil
	}
	defer C.free(unsafe.Pointer(message))
	return errors.New(tidy(C.GoString(message)))
}

// tidy cuts the C++ stack trace off one of libtorch's messages. That of a failed allocation follows without a headline.
func tidy(message string) string {
	message, _, _ = strings.Cut(message, "\nException raised from ")
	message, _, _ = strings.Cut(message, "frame #0: ")
	return strings.TrimSpace(message)
}

// setThreads sets how many threads libtorch uses for one operation started on this OS thread.
func setThreads(threads int) { C.at_set_num_threads(C.int(threads)) }

// gelu puts the exact (erf) GELU of x into out.
func gelu(out *tensor, x tensor) { C.gelu((*unsafe.Pointer)(unsafe.Pointer(out)), unsafe.Pointer(x)) }

// freeList frees an array of handles that gotch's C functions made; the handles in it stay.
func freeList(list unsafe.Pointer) { C.free(list) }

// fusedAttention puts softmax(q·kᵀ)·v into out; see scope.attend.
func fusedAttention(out *tensor, q, k, v tensor, causal bool) {
	flag := C.int(0)
	if causal {
		flag = 1
	}
	C.fused_attention((*unsafe.Pointer)(unsafe.Pointer(out)), unsafe.Pointer(q), unsafe.Pointer(k), unsafe.Pointer(v), flag)
}
