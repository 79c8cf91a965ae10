package checkpoint

import (
	"context"
	"hash/fnv"
	"io"
	"math/rand/v2"
)

// chunk is how many weights are made and written at a time.
const chunk = 1 << 16

// writeRandom writes a safetensors file of randomly initialised weights.
func writeRandom(ctx context.Context, path string, c Config, seed uint64, dtype DType) error {
	weights := weightsOf(c)
	infos := make([]tensorInfo, len(weights))
	for i, w := range weights {
		infos[i] = tensorInfo{w.name, dtype, w.shape}
	}
	values, data := make([]float32, chunk), make([]byte, 0, 4*chunk)
	return writeSafetensors(path, infos, map[string]string{"format": "pt"}, func(i int, w io.Writer) error {
		next := weights[i].generator(seed)
		for left := elements(weights[i].shape); left > 0; left -= len(values) {
			if err := ctx.Err(); err != nil {
				return err
			}
			values = values[:min(left, chunk)]
			for j := range values {
				values[j] = next()
			}
			data = fromFloat32s(data[:0], dtype, values)
			if _, err := w.Write(data); err != nil {
				return err
			}
		}
		values = values[:chunk]
		return nil
	})
}

// generator returns a function that gives a weight's initial values one after
// another. Each weight has a random sequence of its own (PCG, seeded by seed and
// the FNV-1a of its name), so that it depends on no other.
func (w weight) generator(seed uint64) func() float32 {
	if w.std == 0 {
		return func() float32 { return w.fill }
	}
	h := fnv.New64a()
	io.WriteString(h, w.name)
	r := rand.New(rand.NewPCG(seed, h.Sum64()))
	return func() float32 { return float32(r.NormFloat64() * w.std) }
}
