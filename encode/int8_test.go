package encode

import (
	"os"
	"path/filepath"
	"testing"

	"clipsearch/encode/checkpoint"
	"clipsearch/internal/vec"
)

// int8Cosine is how near an embedding with weights in 8 bits is to that with the weights that they were made from.
const int8Cosine = 0.998

// TestInt8 compares the embeddings of a model with those of the same in 8 bits.
func TestInt8(t *testing.T) {
	dirs := map[string]string{"small": smallCheckpoint(t, smallConfigs["quick_gelu"])}
	if dev := filepath.Join("..", "..", "shared", "models", "clip-dev-small"); dirExists(dev) {
		dirs["clip-dev-small"] = dev
	} else {
		t.Log("without ../shared/models/clip-dev-small")
	}
	for name, dir := range dirs {
		whole := openCheckpoint(t, dir)
		to := filepath.Join(t.TempDir(), "int8")
		if err := whole.Write(t.Context(), to, checkpoint.WriteOptions{DType: checkpoint.Int8}); err != nil {
			t.Fatal(err)
		}
		small := openCheckpoint(t, to)
		for _, b := range testBackends {
			if b.half {
				continue
			}
			t.Run(name+"/"+b.name, func(t *testing.T) {
				want, got := embedAll(t, b.open(t, whole)), embedAll(t, b.open(t, small))
				lowest := float32(1)
				for _, kind := range []struct{ want, got map[string][]float32 }{{want.Texts, got.Texts}, {want.Pictures, got.Pictures}} {
					for of, v := range kind.want {
						cosine := vec.Dot(v, kind.got[of])
						lowest = min(lowest, cosine)
						if cosine < int8Cosine {
							t.Errorf("%s: cosine %f", of, cosine)
						}
					}
				}
				if lowest > 0.9999999 {
					t.Error("8 bits change nothing: the weights are not stored so")
				}
				t.Logf("lowest cosine %f", lowest)
			})
		}
	}
}

func dirExists(dir string) bool {
	info, err := os.Stat(dir)
	return err == nil && info.IsDir()
}
