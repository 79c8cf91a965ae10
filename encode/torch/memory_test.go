package torch

import (
	"errors"
	"testing"
)

// Every way in which libtorch says that memory is short is known, and nothing else is taken for it. The messages are those of
// libtorch 1.13 and 2.x; that of the CPU is also met by TestMemoryHalves in internal/cli, as libtorch throws it.
func TestMemoryError(t *testing.T) {
	for _, test := range []struct {
		from, message string
		memory        bool
	}{
		{"CUDA's allocator 1.13", "CUDA out of memory. Tried to allocate 20.00 MiB (GPU 0; 79.20 GiB total capacity; 78.01 GiB already allocated; 12.31 MiB free; 78.05 GiB reserved in total by PyTorch)", true},
		{"CUDA's allocator 2", "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.10 GiB of which 1.25 GiB is free.", true},
		{"CUDA's runtime", "CUDA error: out of memory\nCUDA kernel errors might be asynchronously reported at some other API call", true},
		{"CUDA's driver", "CUDA driver error: out of memory", true},
		{"ROCm", "HIP out of memory. Tried to allocate 2.00 GiB", true},
		{"cuBLAS", "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`", true},
		{"cuDNN 8", "cuDNN error: CUDNN_STATUS_ALLOC_FAILED", true},
		{"cuDNN 9, host", "cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED", true},
		{"cuDNN 9, device", "cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED", true},
		{"CPU 1.13", "[enforce fail at alloc_cpu.cpp:66] . DefaultCPUAllocator: can't allocate memory: you tried to allocate 201326592 bytes. Error code 12 (Cannot allocate memory)", true},
		{"CPU 2", "[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 201326592 bytes. Error code 12 (Cannot allocate memory)", true},
		{"CPU on Windows", "[enforce fail at alloc_cpu.cpp:80] data. DefaultCPUAllocator: not enough memory: you tried to allocate 201326592 bytes.", true},
		{"C++", "std::bad_alloc", true},

		{"a damaged context", "CUDA error: an illegal memory access was encountered", false},
		{"an assertion", "CUDA error: device-side assert triggered", false},
		{"cuBLAS without a driver", "CUDA error: CUBLAS_STATUS_NOT_INITIALIZED when calling `cublasCreate(handle)`", false},
		{"cuDNN's internals", "cuDNN error: CUDNN_STATUS_EXECUTION_FAILED", false},
		{"shapes", "mat1 and mat2 shapes cannot be multiplied (4x5 and 6x7)", false},
		{"strides", "view size is not compatible with input tensor's size and stride (at least one dimension spans across two contiguous subspaces). Use .reshape(...) instead.", false},
		{"a layout", "unsupported memory format option Preserve", false},
		{"an index", "index out of range in self", false},
		{"a size", "Storage size calculation overflowed with sizes=[4611686018427387904, 4]", false},
	} {
		cause := errors.New(test.message)
		got := memoryError(cause)
		if errors.Is(got, ErrMemory) != test.memory || !errors.Is(got, cause) {
			t.Errorf("%s: %v", test.from, got)
		}
		if again := memoryError(got); test.memory && again.Error() != got.Error() {
			t.Errorf("%s: said twice: %v", test.from, again)
		}
	}
	if err := memoryError(nil); err != nil {
		t.Errorf("no error: %v", err)
	}
}
