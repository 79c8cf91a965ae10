//go:build native

package encode

import (
	"testing"

	"clipsearch/encode/checkpoint"
	lib "github.com/sugarme/gotch/libtch"
)

// nativeBackends are libtorch on the CPU and, where there is one, on the first CUDA device.
var nativeBackends = append([]testBackend{
	{name: "torch-cpu-f32", open: openNative(Options{Device: "cpu", Precision: "f32"})},
	{name: "torch-cpu-bf16", open: openNative(Options{Device: "cpu", Precision: "bf16"}), half: true},
}, cudaBackends()...)

// cudaBackends returns the backends of a machine with a CUDA device, none elsewhere.
func cudaBackends() []testBackend {
	if !lib.AtcCudaIsAvailable() {
		return nil
	}
	return []testBackend{
		{name: "torch-cuda:0-f32", open: openNative(Options{Device: "cuda", Precision: "f32"})},
		{name: "torch-cuda:0-f16", open: openNative(Options{Device: "cuda", Precision: "f16"}), half: true},
		{name: "torch-cuda:0-bf16", open: openNative(Options{Device: "cuda:0", Precision: "bf16"}), half: true},
	}
}

// openNative returns a function that opens a checkpoint with the native backend.
func openNative(options Options) func(*testing.T, *checkpoint.Checkpoint) *Model {
	return func(t *testing.T, c *checkpoint.Checkpoint) *Model {
		t.Helper()
		b, err := openBackend(c, options)
		if err != nil {
			t.Fatal(err)
		}
		m := newModel(c, b, options)
		t.Cleanup(func() {
			if err := m.Close(); err != nil {
				t.Error(err)
			}
		})
		return m
	}
}
