package vector

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"

	"clipsearch/index/store"
	"clipsearch/internal/vec"
)

const realData = "../../../shared/data/emb"

// readNPY returns the numbers of a little-endian array file, after its header.
func readNPY(t *testing.T, name string, bytesEach int) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(realData, name))
	if err != nil {
		t.Skipf("needs real vectors: %v; with ../shared beside the repository: go test -run %s ./index/vector", err, t.Name())
	}
	if !bytes.HasPrefix(data, []byte("\x93NUMPY\x01\x00")) {
		t.Fatalf("%s is not an npy file of version 1", name)
	}
	body := data[10+int(binary.LittleEndian.Uint16(data[8:])):]
	if len(body)%bytesEach != 0 {
		t.Fatalf("%s has %d bytes", name, len(body))
	}
	return body
}

// The true neighbours of real queries among 50,000 real vectors are found, all of
// them: the 10 best have at least the 10th true similarity, ties aside.
func TestRealVectors(t *testing.T) {
	const dims, k, listed, queries = 512, 10, 100, 15
	images := readNPY(t, "images_50k_f16.npy", 2*dims)
	x := New(dims)
	half, row := make([]uint16, dims), make([]float32, dims)
	vectors := make([][]float32, len(images)/(2*dims))
	for i := range vectors {
		for j := range half {
			half[j] = binary.LittleEndian.Uint16(images[2*(i*dims+j):])
		}
		vec.FromF16(row, half)
		vectors[i] = append([]float32(nil), row...)
		vec.Normalize(vectors[i])
		ok(t, x.Add(store.ID(i+1), row))
	}
	for set, truthFile := range map[string]string{
		"texts_lvis_f32.npy":        "gt_text_top100_i32.npy",
		"query_images_1000_f32.npy": "gt_image_top100_i32.npy",
	} {
		texts, truth := readNPY(t, set, 4*dims), readNPY(t, truthFile, 4*listed)
		for q := range queries {
			for j := range row {
				row[j] = math.Float32frombits(binary.LittleEndian.Uint32(texts[4*(q*dims+j):]))
			}
			unit := append([]float32(nil), row...)
			vec.Normalize(unit)
			tenth := binary.LittleEndian.Uint32(truth[4*(q*listed+k-1):])
			least := vec.Dot(unit, vectors[tenth]) - 1e-6
			got, err := x.Search(ctx, row, k, nil)
			ok(t, err)
			for i, n := range got {
				if n.Similarity < least {
					t.Errorf("%s, query %d: neighbour %d has similarity %v, the true 10th %v", set, q, i, n.Similarity, least)
				}
			}
		}
	}
}
