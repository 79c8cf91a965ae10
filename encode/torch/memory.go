package torch

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrMemory says that the memory of a device, or of this machine, does not suffice for what was asked: for a single picture or
// text, or for the samples that a training step takes at a time. Nothing has changed; fewer samples at a time may fit.
var ErrMemory = errors.New("the device's memory does not suffice")

// shortages are what libtorch's messages say when memory is short. It throws all its errors as one type, so that their words
// are all there is to tell them by.
var shortages = []string{
	"out of memory",         // c10/cuda/CUDACachingAllocator.cpp; cudaGetErrorString(cudaErrorMemoryAllocation); HIP and MPS, too
	"can't allocate memory", // c10/core/impl/alloc_cpu.cpp
	"not enough memory",     // the same on Windows
	"STATUS_ALLOC_FAILED",   // cuBLAS, cuDNN, cuSPARSE, cuFFT
	"ALLOCATION_FAILED",     // cuDNN from version 9: CUDNN_STATUS_INTERNAL_ERROR_{HOST,DEVICE}_ALLOCATION_FAILED
	"std::bad_alloc",        // C++, for what is no tensor
}

// memoryError makes an error of libtorch an ErrMemory where it says that memory is short.
func memoryError(err error) error {
	if err == nil || errors.Is(err, ErrMemory) {
		return err
	}
	message := err.Error()
	if slices.ContainsFunc(shortages, func(words string) bool { return strings.Contains(message, words) }) {
		return fmt.Errorf("%w: %w", ErrMemory, err)
	}
	return err
}
