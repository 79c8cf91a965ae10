//go:build native

package torch

import (
	"fmt"
	"math"
	"runtime"
	"testing"
)

// TestPacked holds a layer with packed weights against the same layer with others.
func TestPacked(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for _, kind := range []struct {
		kind      int32
		tolerance float64 // of numbers of about 8: √64
	}{{kindF32, 1e-4}, {kindBF16, 0.15}} {
		for _, c := range []struct{ rows, in, out int64 }{{1, 64, 64}, {7, 64, 192}, {350, 64, 256}, {7, 64, 30}, {3, 60, 64}} {
			t.Run(fmt.Sprintf("%s/%dx%d to %d", precisionName(kind.kind), c.rows, c.in, c.out), func(t *testing.T) {
				if !canPack(kind.kind) {
					t.Skip("this libtorch packs no such weights on this CPU; Debian's does, for bf16 where the CPU has AVX-512")
				}
				var s scope
				defer s.close()
				x := s.random(kind.kind, deviceCPU, c.rows, c.in)
				plain := linear{weight: s.random(kind.kind, deviceCPU, c.out, c.in), bias: s.random(kind.kind, deviceCPU, c.out)}
				packed := linear{weight: s.packed(plain.weight), bias: plain.bias, packed: true}
				n := int(c.rows * c.out)
				want := s.floats(s.as(s.linear(x, plain), kindF32), n)
				got := s.floats(s.contiguous(s.as(s.linear(x, packed), kindF32)), n)
				if s.err != nil {
					t.Fatal(s.err)
				}
				for i := range want {
					if d := math.Abs(float64(got[i] - want[i])); !(d <= kind.tolerance) {
						t.Fatalf("number %d: %v, not %v", i, got[i], want[i])
					}
				}
			})
		}
	}
}

// TestPackedOnce checks that the text tower keeps each weight once, packed.
func TestPackedOnce(t *testing.T) {
	if !canPack(kindF32) {
		t.Skip("this libtorch packs no weights; Debian's does")
	}
	var s scope
	defer s.close()
	l := loader{scope: &s, weights: made{shapeOf}, device: deviceCPU, kind: kindF32}
	plain := newStack(&l, "text_model", config.Text.TowerConfig)
	before := len(s.owned)
	packed := plain.packed(&l)
	if s.err != nil {
		t.Fatal(s.err)
	}
	if after := len(s.owned); after != before-1 { // the last block's queries, keys and values are now in two parts only
		t.Errorf("%d tensors are kept of %d", after, before)
	}
	for i, b := range packed.blocks {
		for name, layer := range map[string]linear{"qkv": b.qkv, "out": b.out, "fc1": b.fc1, "fc2": b.fc2} {
			if gone := name == "qkv" && i == len(packed.blocks)-1; layer.packed == gone {
				t.Errorf("block %d, %s: packed is %t", i, name, layer.packed)
			}
		}
	}
}
