//go:build native

package torch

import (
	"context"
	"fmt"
	"time"

	"clipsearch/encode/checkpoint"
)

// How long a kind of work is repeated.
const (
	leastRounds = 5 // for a median
	mostRounds  = 50
	enough      = 3 * time.Second
)

// TimeImages measures the image tower with a batch of random pictures that are on the device already.
func (m *Model) TimeImages(ctx context.Context, batch int) (Timing, error) {
	v, b := m.config.Vision, int64(batch)
	side, flops := int64(v.ImageSize), imageFLOPs(m.config)*float64(batch)
	if m.device == deviceCPU {
		pixels := make([][]uint8, batch)
		for i := range pixels {
			pixels[i] = make([]uint8, 3*side*side)
			for j := range pixels[i] {
				pixels[i][j] = uint8(i + j*j>>3)
			}
		}
		return m.clock(ctx, flops, func() error { _, err := m.Images(ctx, pixels); return err })
	}
	return m.time(ctx, flops, func(s *scope) func(s *scope) tensor {
		grey := s.shift(s.scale(s.random(kindF32, m.device, b, 3, side, side), 40), 128) // few of them leave [0, 255]
		pixels := s.as(grey, kindU8)                                                     // [B, 3, S, S]
		return func(s *scope) tensor { return m.image.forward(ctx, s, pixels, b) }       // [B, D]
	})
}

// TimeTexts measures the text tower with a batch of texts of a number of tokens that are on the device already.
func (m *Model) TimeTexts(ctx context.Context, batch, tokens int) (Timing, error) {
	if most := m.config.Text.Context; tokens < 1 || tokens > most {
		return Timing{}, fmt.Errorf("texts of %d tokens: the context length is %d", tokens, most)
	}
	b, t, flops := int64(batch), int64(tokens), textFLOPs(m.config, tokens)*float64(batch)
	ids := make([]int64, batch*tokens)
	for i := range ids {
		ids[i] = int64(i * 7919 % m.config.Text.Vocab)
	}
	if m.device == deviceCPU {
		return m.clock(ctx, flops, func() error {
			_, err := m.inBatches(ctx, batch, tokens, 1, func(s *scope, from, to int) (tensor, staging) {
				return m.text.forward(ctx, s, s.ofInts(ids[from*tokens:to*tokens], int64(to-from), t), int64(to-from), t), staging{}
			})
			return err
		})
	}
	return m.time(ctx, flops, func(s *scope) func(s *scope) tensor {
		ids := s.to(s.ofInts(ids, b, t), m.device, kindI64)                       // [B, T]
		return func(s *scope) tensor { return m.text.forward(ctx, s, ids, b, t) } // [B, D]
	})
}

// TimeLayers measures the image tower's four kinds of fully connected layer, each by itself, with the rows that a batch of
// pictures has: what a block cannot be faster than.
func (m *Model) TimeLayers(ctx context.Context, batch int) ([]Timing, error) {
	v := m.config.Vision
	rows := batch * (1 + v.Patches())
	var all []Timing
	for _, shape := range [][2]int{{v.Width, 3 * v.Width}, {v.Width, v.Width}, {v.Width, v.MLP}, {v.MLP, v.Width}} {
		t, err := m.timeLinear(ctx, rows, shape[0], shape[1])
		if err != nil {
			return nil, err
		}
		all = append(all, t)
	}
	return all, nil
}

// TimeProduct measures the product of two large square matrices in the towers' type: the most that the device does.
func (m *Model) TimeProduct(ctx context.Context, side int) (Timing, error) {
	return m.timeLinear(ctx, side, side, side)
}

// timeLinear measures one fully connected layer: rows of in numbers each become out numbers.
func (m *Model) timeLinear(ctx context.Context, rows, in, out int) (Timing, error) {
	flops := 2 * float64(rows) * float64(in) * float64(out)
	return m.time(ctx, flops, func(s *scope) func(s *scope) tensor {
		x := s.random(m.kind, m.device, int64(rows), int64(in))
		layer := linear{
			weight: s.random(m.kind, m.device, int64(out), int64(in)),
			bias:   s.random(m.kind, m.device, int64(out)),
		}
		return func(s *scope) tensor { return s.linear(x, layer) }
	})
}

// clock measures a call on the CPU, which is repeated until enough time has passed.
func (m *Model) clock(ctx context.Context, flops float64, call func() error) (Timing, error) {
	t := Timing{FLOPs: flops}
	for began := time.Now(); !t.isEnough(began); {
		start := time.Now()
		if err := call(); err != nil {
			return t, err
		}
		t.Times = append(t.Times, time.Since(start))
	}
	t.Times = t.Times[1:]
	return t, nil
}

// isEnough reports whether a measurement that began at a time has its rounds, with one to warm up.
func (t Timing) isEnough(began time.Time) bool {
	n := len(t.Times) - 1
	return n >= mostRounds || n >= leastRounds && time.Since(began) >= enough
}

// time measures what prepare returns, which is repeated until enough time has passed. Between two rounds other work may run.
func (m *Model) time(ctx context.Context, flops float64, prepare func(s *scope) func(s *scope) tensor) (Timing, error) {
	t := Timing{FLOPs: flops}
	var data scope
	var work func(s *scope) tensor
	defer func() { _ = m.run(context.Background(), data.close) }() // the model was closed, and all is lost anyway
	if err := m.run(ctx, func() { work = prepare(&data) }); err != nil {
		return t, err
	}
	for began := time.Now(); !t.isEnough(began); {
		var took time.Duration
		var round scope
		err := m.run(ctx, func() {
			defer round.close()
			round.err = data.err
			took = m.elapsed(&round, func() { work(&round) })
		})
		if err == nil {
			err = memoryError(round.err)
		}
		if err != nil {
			return t, err
		}
		t.Times = append(t.Times, took)
	}
	t.Times = t.Times[1:] // libraries load their kernels in the first round
	return t, nil
}

// imageFLOPs returns the operations of the image tower for one picture: those of its matrix products.
func imageFLOPs(c checkpoint.Config) float64 {
	v := c.Vision
	patches := float64(v.Patches())
	patch := 3 * float64(v.Patch) * float64(v.Patch)
	return 2*patches*patch*float64(v.Width) + stackFLOPs(v.TowerConfig, 1+patches) + 2*float64(v.Width)*float64(c.Dims)
}

// textFLOPs returns the operations of the text tower for one text: those of its matrix products.
func textFLOPs(c checkpoint.Config, tokens int) float64 {
	return stackFLOPs(c.Text.TowerConfig, float64(tokens)) + 2*float64(c.Text.Width)*float64(c.Dims)
}

// stackFLOPs returns the operations that stack.pooled does for one item: in the last block all tokens have keys and values,
// and one has the rest.
func stackFLOPs(c checkpoint.TowerConfig, tokens float64) float64 {
	w, mlp := float64(c.Width), float64(c.MLP)
	token := 8*w*w + 4*w*mlp    // queries, keys, values and output; both layers of the MLP
	attention := 4 * w * tokens // of one token: scores and their products with the values
	keysValues := 4 * w * w     // of one token
	last := tokens*keysValues + token - keysValues + attention
	return float64(c.Layers-1)*tokens*(token+attention) + last
}
