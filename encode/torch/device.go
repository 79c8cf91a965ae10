//go:build native

package torch

import (
	"fmt"
	"strconv"
	"strings"

	lib "github.com/sugarme/gotch/libtch"
	"golang.org/x/sys/cpu"
)

// The element types in use, with libtorch's numbers for them (c10/core/ScalarType.h).
const (
	kindU8   int32 = 0
	kindI64  int32 = 4
	kindF16  int32 = 5
	kindF32  int32 = 6
	kindBF16 int32 = 15
)

// kindSize returns the size of an element in bytes.
func kindSize(kind int32) uint {
	switch kind {
	case kindU8:
		return 1
	case kindI64:
		return 8
	case kindF32:
		return 4
	}
	return 2 // f16, bf16
}

// deviceCPU is how gotch's C functions number the CPU; CUDA devices count from 0.
const deviceCPU int32 = -1

// deviceNamed returns the number of the device that a name (auto, cpu, cuda or cuda:N; "" is auto) stands for.
func deviceNamed(name string) (int32, error) {
	var index int
	switch rest, numbered := strings.CutPrefix(name, "cuda:"); {
	case name == "cpu":
		return deviceCPU, nil
	case name == "auto" || name == "":
		if !lib.AtcCudaIsAvailable() {
			return deviceCPU, nil
		}
		return 0, nil
	case numbered:
		n, err := strconv.ParseUint(rest, 10, 15)
		if err != nil {
			return 0, unknownDevice(name)
		}
		index = int(n)
	case name != "cuda":
		return 0, unknownDevice(name)
	}
	if !lib.AtcCudaIsAvailable() {
		return 0, fmt.Errorf("device %s: this libtorch finds no CUDA device", name)
	}
	if count := int(lib.AtcCudaDeviceCount()); index >= count {
		return 0, fmt.Errorf("device %s: there are %d CUDA devices, counted from 0", name, count)
	}
	return int32(index), nil
}

func unknownDevice(name string) error {
	return fmt.Errorf("device %q: it must be auto, cpu, cuda or cuda:N", name)
}

// deviceName returns the name of a device as deviceNamed takes it.
func deviceName(device int32) string {
	if device == deviceCPU {
		return "cpu"
	}
	return fmt.Sprintf("cuda:%d", device)
}

// precisionNamed returns the element type of the towers that a name (auto, f32, bf16 or f16; "" is auto) stands for on a
// device. auto is f16 on CUDA, as CLIP was published; bf16 on a CPU with instructions for it; f32 elsewhere.
func precisionNamed(name string, device int32) (int32, error) {
	switch name {
	case "f32":
		return kindF32, nil
	case "bf16":
		return kindBF16, nil
	case "f16":
		if device == deviceCPU {
			return 0, fmt.Errorf("precision f16: libtorch computes it on CUDA devices only; take bf16 or f32 on the CPU")
		}
		return kindF16, nil
	case "auto", "":
		switch {
		case device != deviceCPU:
			return kindF16, nil
		case cpu.X86.HasAVX512BF16 || cpu.X86.HasAMXBF16:
			return kindBF16, nil
		}
		return kindF32, nil
	}
	return 0, fmt.Errorf("precision %q: it must be auto, f32, bf16 or f16", name)
}

// precisionName returns the name of an element type as precisionNamed takes it.
func precisionName(kind int32) string {
	switch kind {
	case kindF16:
		return "f16"
	case kindBF16:
		return "bf16"
	}
	return "f32"
}
