package encode

import (
	"errors"
	"fmt"
	"image"
	"math"
	"testing"

	"clipsearch/internal/vec"
)

// Every backend's patches are those of the oracle.
func TestPatches(t *testing.T) {
	for name, config := range smallConfigs {
		c := openCheckpoint(t, smallCheckpoint(t, config))
		oracle := openReference(t, c)
		_, inputs := frozenPictures(oracle)
		want, err := oracle.EncodePatches(t.Context(), inputs)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range nativeBackends {
			t.Run(name+"/"+b.name, func(t *testing.T) {
				got, err := b.open(t, c).EncodePatches(t.Context(), inputs)
				if err != nil {
					t.Fatal(err)
				}
				comparePatches(t, got, want, b.half)
			})
		}
	}
}

func comparePatches(t *testing.T, got, want [][][]float32, half bool) {
	t.Helper()
	tolerance, cosine := textTolerance, 0.999999
	if half {
		tolerance, cosine = 2, halfCosine
	}
	if len(got) != len(want) {
		t.Fatalf("%d pictures, want %d", len(got), len(want))
	}
	for i := range want {
		if len(got[i]) != len(want[i]) {
			t.Fatalf("picture %d: %d patches, want %d", i, len(got[i]), len(want[i]))
		}
		for j := range want[i] {
			near(t, fmt.Sprintf("picture %d, patch %d", i, j), got[i][j], want[i][j], tolerance, cosine)
		}
	}
}

// What is in one corner changes that corner's patch more than the others: patches keep their places.
func TestPatchesAreLocal(t *testing.T) {
	c := openCheckpoint(t, smallCheckpoint(t, smallConfigs["quick_gelu"])) // 4×4 patches of 8 px
	for _, b := range testBackends {
		t.Run(b.name, func(t *testing.T) {
			m := b.open(t, c)
			plain := make([]uint8, 3*32*32)
			marked := make([]uint8, 3*32*32)
			for y := 24; y < 32; y++ {
				for x := 8; x < 16; x++ {
					marked[y*32+x] = 200
				}
			}
			got, err := m.EncodePatches(t.Context(), [][]uint8{plain, marked})
			if err != nil {
				t.Fatal(err)
			}
			if len(got[0]) != 16 {
				t.Fatalf("%d patches", len(got[0]))
			}
			worst, at := float32(2), -1
			for i := range got[0] {
				if d := vec.Dot(got[0][i], got[1][i]); d < worst {
					worst, at = d, i
				}
			}
			if at != 3*4+1 {
				t.Errorf("a mark on patch 13 changed patch %d most, to a cosine of %.3f", at, worst)
			}
		})
	}
}

func TestPatchesWithoutDirection(t *testing.T) {
	c := openCheckpoint(t, smallCheckpoint(t, smallConfigs["quick_gelu"]))
	m := newModel(c, broken{&reference{}, []float32{float32(math.NaN()), 1}}, Options{})
	_, err := m.EncodePatches(t.Context(), make([][]uint8, 2))
	if want := "encode patch 0 of picture 0 of 2: the embedding has no direction: its length is NaN"; !errors.Is(err, ErrBadVector) || err.Error() != want {
		t.Errorf("%v", err)
	}
}

// PrepareWhole shows the tower all of a picture, Prepare its middle; of a part of a picture it sees nothing else.
func TestPrepareWhole(t *testing.T) {
	m := openReference(t, openCheckpoint(t, smallCheckpoint(t, smallConfigs["quick_gelu"])))
	wide := image.NewRGBA(image.Rect(0, 0, 128, 32))
	for i := range wide.Pix {
		wide.Pix[i] = 255
	}
	for y := range 32 { // black at the very left
		for x := range 8 {
			copy(wide.Pix[wide.PixOffset(x, y):], []byte{0, 0, 0})
		}
	}
	if cropped := m.Prepare(wide); cropped[0] != cropped[16] {
		t.Errorf("Prepare sees the left edge: %v and %v", cropped[0], cropped[16])
	}
	if whole := m.PrepareWhole(wide); whole[0] >= whole[16] {
		t.Errorf("PrepareWhole does not see the left edge: %v and %v", whole[0], whole[16])
	}
	part := wide.SubImage(image.Rect(8, 0, 128, 32)).(*image.RGBA)
	white := m.PrepareWhole(wide)[31]
	for i, x := range m.PrepareWhole(part) {
		if x != white && i < 32*32 {
			t.Fatalf("number %d is %v, not white's %v: it is of outside the part", i, x, white)
		}
	}
}
