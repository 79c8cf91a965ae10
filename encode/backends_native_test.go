//go:build native

package encode

import (
	"testing"

	"clipsearch/encode/checkpoint"
)

// nativeBackends are libtorch on the CPU in each precision, and on CUDA where there is a device.
var nativeBackends = []testBackend{
	{name: "torch-cpu-f32", open: openNative(Options{Device: "cpu", Precision: "f32"})},
	{name: "torch-cpu-bf16", open: openNative(Options{Device: "cpu", Precision: "bf16"}), bf16: true},
}

// openNative returns a function that opens a checkpoint with the native backend.
func openNative(options Options) func(*testing.T, *checkpoint.Checkpoint) *Model {
	return func(t *testing.T, c *checkpoint.Checkpoint) *Model {
		t.Helper()
		b, err := openBackend(c, options)
		if err != nil {
			t.Fatal(err)
		}
		m := newModel(c, b)
		t.Cleanup(func() {
			if err := m.Close(); err != nil {
				t.Error(err)
			}
		})
		return m
	}
}
