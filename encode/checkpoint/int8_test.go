package checkpoint

import (
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// written writes a checkpoint to a new directory and returns it.
func written(t *testing.T, c *Checkpoint, o WriteOptions) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "written")
	if err := c.Write(t.Context(), dir, o); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestToInt8(t *testing.T) {
	codes, scales := toInt8([]float32{
		127, -127, 63.5, 0.4, // scale 1: a tie goes to even
		0, 0, 0, 0,
		-0.02, 0.0101, 0, 0.005,
	}, 3)
	got := make([]int8, len(codes))
	for i, c := range codes {
		got[i] = int8(c)
	}
	if diff := cmp.Diff([]int8{127, -127, 64, 0, 0, 0, 0, 0, -127, 64, 0, 32}, got); diff != "" {
		t.Errorf("codes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]float32{1, 0, 0.02 / 127}, (Tensor{DType: F32, Data: scales}).Float32s()); diff != "" {
		t.Errorf("scales (-want +got):\n%s", diff)
	}
}

// TestInt8Error: no weight is further from its own than half a step of its row, whatever the row's size.
func TestInt8Error(t *testing.T) {
	const rows, width = 40, 31
	r := rand.New(rand.NewPCG(1, 2))
	values := make([]float32, rows*width)
	for i := range values {
		values[i] = float32(r.NormFloat64() * math.Pow(10, float64(i/width-rows/2)))
	}
	codes, scales := toInt8(values, rows)
	got := stored{Tensor{DType: Int8, Shape: []int{rows, width}, Data: codes}, scales}.dense().Float32s()
	for i, v := range values {
		step := (Tensor{DType: F32, Data: scales}).Float32s()[i/width]
		if math.Abs(float64(got[i]-v)) > float64(step)*0.5000001 {
			t.Fatalf("row %d: %g became %g with a step of %g", i/width, v, got[i], step)
		}
	}
}

func TestInt8IsRead(t *testing.T) {
	dir := created(t, 1, F32)
	c := opened(t, dir)
	small := opened(t, written(t, c, WriteOptions{DType: Int8}))
	if small.ID == c.ID {
		t.Error("8 bits and 32 have the same ID")
	}
	if again := opened(t, written(t, c, WriteOptions{DType: Int8})); again.ID != small.ID {
		t.Error("written twice, it has two IDs")
	}
	if err := small.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(c.Names(), small.Names()); diff != "" {
		t.Errorf("names (-f32 +int8):\n%s", diff)
	}
	if storage := small.Storage(); storage[Int8] != 28 || storage[F32] != len(c.Names())-28 || len(storage) != 2 {
		t.Errorf("stored as %v", storage)
	}
	for _, name := range c.Names() {
		before, err := c.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		after, err := small.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		if !cmp.Equal(before.Shape, after.Shape) || before.DType != after.DType || cosine(before.Float32s(), after.Float32s()) < 0.9999 {
			t.Errorf("%s: %v %v became %v %v, cosine %f", name, before.DType, before.Shape, after.DType, after.Shape, cosine(before.Float32s(), after.Float32s()))
		}
	}
	// The scales are part of the identity.
	scaled := copyFiles(t, small.Dir, configFile, vocabFile, mergesFile, preprocessorFile, "model.safetensors")
	editInt8(t, scaled, "visual_projection.weight", func(_, scales *Tensor) { scales.Data[0] ^= 1 })
	if opened(t, scaled).ID == small.ID {
		t.Error("another scale has the same ID")
	}
	// Back in 32 bits it is the model that is computed with.
	whole := opened(t, written(t, small, WriteOptions{DType: F32}))
	sameWeights(t, weightsIn(t, small.Dir), weightsIn(t, whole.Dir))
}

func cosine(a, b []float32) float64 {
	var ab, aa, bb float64
	for i := range a {
		ab, aa, bb = ab+float64(a[i])*float64(b[i]), aa+float64(a[i])*float64(a[i]), bb+float64(b[i])*float64(b[i])
	}
	if aa == 0 && bb == 0 {
		return 1
	}
	return ab / math.Sqrt(aa*bb)
}

// editInt8 changes an int8 weight of a directory and its scales.
func editInt8(t *testing.T, dir, name string, edit func(codes, scales *Tensor)) {
	t.Helper()
	path := filepath.Join(dir, "model.safetensors")
	entries, err := parseSafetensors(path, readFile(t, path))
	if err != nil {
		t.Fatal(err)
	}
	var tensors []Tensor
	for _, n := range sortedKeys(entries) {
		dtype, err := entries[n].weightsDType()
		if err != nil {
			t.Fatal(err)
		}
		tensors = append(tensors, Tensor{n, dtype, entries[n].shape, entries[n].data})
	}
	edit(find(t, tensors, name), find(t, tensors, name+scaleSuffix))
	saveWeights(t, path, tensors)
}

func TestInt8Faults(t *testing.T) {
	const name = "text_projection.weight"
	good := written(t, opened(t, created(t, 1, F32)), WriteOptions{DType: Int8})
	f32 := func(v float32) []byte { return fromFloat32s(nil, F32, []float32{v}) }
	for _, test := range []struct {
		name  string
		edit  func(codes, scales *Tensor)
		want  error
		parts []string
	}{
		{"no scales", func(_, s *Tensor) { s.Name = "else" }, ErrMisfit, []string{name, "scales", "missing"}},
		{"too few scales", func(_, s *Tensor) { s.Shape, s.Data = []int{1}, s.Data[:4] }, ErrMisfit, []string{name + "_scale", "[1]", "[16]"}},
		{"a scale for each weight", func(_, s *Tensor) { s.Shape = []int{16, 1} }, ErrMisfit, []string{name + "_scale"}},
		{"scales in half precision", func(_, s *Tensor) { s.DType, s.Data = F16, s.Data[:32] }, ErrUnsupported, []string{name + "_scale", "F16"}},
		{"scales in 8 bits", func(_, s *Tensor) { s.DType, s.Data = Int8, s.Data[:16] }, ErrUnsupported, []string{name + "_scale", "I8"}},
		{"another shape", func(c, _ *Tensor) { c.Shape = []int{24, 16} }, ErrMisfit, []string{name, "[24 16]"}},
		{"scales of what is not in 8 bits", func(c, s *Tensor) { c.DType, c.Data = F16, append(c.Data, c.Data...) }, ErrMisfit, []string{name + "_scale", "no such weight"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := copyFiles(t, good, configFile, vocabFile, mergesFile, "model.safetensors")
			editInt8(t, dir, name, test.edit)
			_, err := Open(dir)
			checkFault(t, err, test.want, test.parts...)
		})
	}
	for _, scale := range []float32{float32(math.NaN()), float32(math.Inf(1)), math.MaxFloat32} {
		dir := copyFiles(t, good, configFile, vocabFile, mergesFile, "model.safetensors")
		editInt8(t, dir, name, func(c, s *Tensor) { copy(s.Data, f32(scale)); c.Data[0] = 127 })
		checkFault(t, opened(t, dir).Verify(t.Context()), ErrNotFinite, name)
	}
}

// FuzzInt8 gives an int8 checkpoint any bytes for its weights file.
func FuzzInt8(f *testing.F) {
	slots := []slot{{name: "a", shape: []int{2, 2}, into: []string{"a"}}}
	data := make([]byte, 12)
	for _, header := range []string{
		`{"a":{"dtype":"I8","shape":[2,2],"data_offsets":[0,4]},"a_scale":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}`,
		`{"a":{"dtype":"I8","shape":[2,2],"data_offsets":[0,4]},"a_scale":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`,
		`{"a":{"dtype":"I8","shape":[2,2],"data_offsets":[0,4]},"a_scale":{"dtype":"I8","shape":[2],"data_offsets":[4,6]}}`,
		`{"a":{"dtype":"I8","shape":[2,2],"data_offsets":[0,4]}}`,
		`{"a":{"dtype":"F16","shape":[2,2],"data_offsets":[0,8]}}`,
	} {
		f.Add(append(safetensorsFile(header, 0), data...))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		entries, err := parseSafetensors("x", data)
		if err != nil {
			return // FuzzSafetensors looks at that
		}
		weights, err := fit("x", slots, entries)
		if err != nil {
			checkFuzzed(t, err)
			return
		}
		if got := weights["a"].dense().Float32s(); len(got) != 4 {
			t.Errorf("%d weights of 4", len(got))
		}
	})
}
