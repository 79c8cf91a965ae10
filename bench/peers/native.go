package main

/*
#cgo CXXFLAGS: -std=c++17 -O3 -march=native -fopenmp
#cgo LDFLAGS: -lfaiss -lopenblas -fopenmp
#include "native.h"
*/
import "C"

import (
	"errors"
	"unsafe"
)

// native is a graph of a C++ library.
type native struct {
	index  unsafe.Pointer
	lookup func(index unsafe.Pointer, q *C.float, k, ef C.size_t, found *C.uint32_t) C.int
	free   func(index unsafe.Pointer)
}

var errThrown = errors.New("the library threw an exception")

func buildHnswlib(m matrix) (index, error) {
	built := C.hnswlib_build((*C.float)(&m.values[0]), C.size_t(m.rows()), C.size_t(m.dims), degree, efConstruction)
	if built == nil {
		return nil, errThrown
	}
	return native{
		index: built,
		lookup: func(index unsafe.Pointer, q *C.float, k, ef C.size_t, found *C.uint32_t) C.int {
			return C.hnswlib_search(index, q, k, ef, found)
		},
		free: func(index unsafe.Pointer) { C.hnswlib_free(index) },
	}, nil
}

func buildFaiss(m matrix) (index, error) {
	built := C.faiss_build((*C.float)(&m.values[0]), C.size_t(m.rows()), C.size_t(m.dims), degree, efConstruction)
	if built == nil {
		return nil, errThrown
	}
	return native{
		index: built,
		lookup: func(index unsafe.Pointer, q *C.float, k, ef C.size_t, found *C.uint32_t) C.int {
			return C.faiss_search(index, q, k, ef, found)
		},
		free: func(index unsafe.Pointer) { C.faiss_free(index) },
	}, nil
}

func (n native) search(q []float32, k, ef int) ([]uint32, error) {
	rows := make([]C.uint32_t, k)
	count := n.lookup(n.index, (*C.float)(&q[0]), C.size_t(k), C.size_t(max(k, ef)), &rows[0])
	if count < 0 {
		return nil, errThrown
	}
	found := make([]uint32, count)
	for i := range found {
		found[i] = uint32(rows[i])
	}
	return found, nil
}

func (n native) close() { n.free(n.index) }
