package encode

import (
	"context"
	"fmt"
	"math"
	"slices"

	"clipsearch/encode/checkpoint"
	"clipsearch/encode/pixel"
)

// reference runs the towers in plain Go and float64, written down from the published model (Radford et al. 2021; Hugging Face
// transformers 4.x, modeling_clip.py) without regard to speed. It pads every text to the context length, runs all tokens and
// pools afterwards, as Hugging Face does. It is the oracle for the native backend, and it lets everything around a backend be
// tested in programs without one.
type reference struct {
	config  checkpoint.Config
	pixels  pixel.Spec
	weights map[string][]float64
}

// newReference copies the weights of c.
func newReference(c *checkpoint.Checkpoint) (*reference, error) {
	r := &reference{config: c.Config, pixels: c.Pixels, weights: map[string][]float64{}}
	for _, name := range c.Names() {
		t, err := c.Tensor(name)
		if err != nil {
			return nil, err
		}
		for _, x := range t.Float32s() {
			r.weights[name] = append(r.weights[name], float64(x))
		}
	}
	return r, nil
}

func (r *reference) Device() string    { return "cpu" }
func (r *reference) Precision() string { return "f64" }
func (r *reference) Close() error      { return nil }

func (r *reference) Images(ctx context.Context, pixels [][]uint8) ([][]float32, error) {
	embeddings := make([][]float32, len(pixels))
	for i, p := range pixels {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		embeddings[i] = r.image(p)
	}
	return embeddings, nil
}

func (r *reference) Patches(ctx context.Context, pixels [][]uint8) ([][][]float32, error) {
	embeddings := make([][][]float32, len(pixels))
	for i, p := range pixels {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		embeddings[i] = r.patches(p)
	}
	return embeddings, nil
}

func (r *reference) Texts(ctx context.Context, ids [][]int32) ([][]float32, error) {
	embeddings := make([][]float32, len(ids))
	for i, text := range ids {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		embeddings[i] = r.text(text)
	}
	return embeddings, nil
}

// image returns the embedding of pixels [3, S, S].
func (r *reference) image(pixels []uint8) []float32 {
	v := r.config.Vision
	rows := r.stack(r.tokens(pixels), "vision_model", v.TowerConfig, mixAll)
	pooled := r.normed(rows[:1], "vision_model.post_layernorm", v.Eps)
	return r.projected(pooled, "visual_projection")[0]
}

// patches returns the embedding of each patch of pixels [3, S, S]: image with every token kept, where in the last block a
// token attends to itself alone. That is what MaskCLIP's formula, the value projection in place of attention, comes to.
func (r *reference) patches(pixels []uint8) [][]float32 {
	v := r.config.Vision
	rows := r.stack(r.tokens(pixels), "vision_model", v.TowerConfig, mixAllButLast)
	return r.projected(r.normed(rows[1:], "vision_model.post_layernorm", v.Eps), "visual_projection")
}

// tokens returns what the first block of the image tower takes: the class token and the patches of pixels [3, S, S].
func (r *reference) tokens(pixels []uint8) [][]float64 {
	v := r.config.Vision
	side, patch := v.ImageSize, v.Patch
	grid := side / patch
	kernels := r.weights["vision_model.embeddings.patch_embedding.weight"] // [W, 3, P, P]
	rows := [][]float64{r.weights["vision_model.embeddings.class_embedding"]}
	for cell := range grid * grid {
		var square []float64 // [3, P, P]
		for c := range 3 {
			scale, shift := r.pixels.Normal(c)
			for y := range patch {
				at := (c*side+cell/grid*patch+y)*side + cell%grid*patch
				for _, x := range pixels[at : at+patch] {
					square = append(square, scale*float64(x)+shift)
				}
			}
		}
		row := make([]float64, v.Width)
		for i := range row {
			row[i] = dot(square, kernels[i*len(square):(i+1)*len(square)])
		}
		rows = append(rows, row)
	}
	rows = r.positioned(rows, "vision_model")
	return r.normed(rows, "vision_model.pre_layrnorm", v.Eps)
}

// text returns the embedding of ids, padded to the context length with the last of them, which is the end token.
func (r *reference) text(ids []int32) []float32 {
	t := r.config.Text
	padded := slices.Clone(ids)
	for len(padded) < t.Context {
		padded = append(padded, ids[len(ids)-1])
	}
	table := r.weights["text_model.embeddings.token_embedding.weight"] // [vocabulary, W]
	rows := make([][]float64, len(padded))
	for i, id := range padded {
		rows[i] = table[int(id)*t.Width : (int(id)+1)*t.Width]
	}
	rows = r.positioned(rows, "text_model")
	rows = r.stack(rows, "text_model", t.TowerConfig, mixEarlier)
	rows = r.normed(rows, "text_model.final_layer_norm", t.Eps)
	end := slices.Index(padded, t.EOS)
	if t.EOS == 2 {
		end = slices.Index(padded, slices.Max(padded))
	}
	return r.projected(rows[end:end+1], "text_projection")[0]
}

// positioned returns rows with the tower's position embeddings added.
func (r *reference) positioned(rows [][]float64, tower string) [][]float64 {
	positions := r.weights[tower+".embeddings.position_embedding.weight"]
	out := make([][]float64, len(rows))
	for i, row := range rows {
		out[i] = sum(row, positions[i*len(row):(i+1)*len(row)])
	}
	return out
}

// mixing says which rows i of n a row sees in block l of layers: [from, to).
type mixing func(i, n, l, layers int) (from, to int)

func mixAll(_, n, _, _ int) (int, int)     { return 0, n }
func mixEarlier(i, _, _, _ int) (int, int) { return 0, i + 1 }

func mixAllButLast(i, n, l, layers int) (int, int) {
	if l == layers-1 {
		return i, i + 1
	}
	return 0, n
}

// stack runs rows through a tower's blocks.
func (r *reference) stack(rows [][]float64, tower string, config checkpoint.TowerConfig, mix mixing) [][]float64 {
	for i := range config.Layers {
		sees := func(row int) (int, int) { return mix(row, len(rows), i, config.Layers) }
		p := fmt.Sprintf("%s.encoder.layers.%d.", tower, i)
		h := r.normed(rows, p+"layer_norm1", config.Eps)
		h = r.linear(r.attention(h, p+"self_attn.", config.Heads, sees), p+"self_attn.out_proj")
		rows = sums(rows, h)
		h = r.linear(r.normed(rows, p+"layer_norm2", config.Eps), p+"mlp.fc1")
		for _, row := range h {
			for j, x := range row {
				row[j] = activate(x, config.Activation)
			}
		}
		rows = sums(rows, r.linear(h, p+"mlp.fc2"))
	}
	return rows
}

// attention mixes rows head by head; sees says which of them a row sees: [from, to).
func (r *reference) attention(rows [][]float64, prefix string, heads int, sees func(row int) (int, int)) [][]float64 {
	q, k, v := r.linear(rows, prefix+"q_proj"), r.linear(rows, prefix+"k_proj"), r.linear(rows, prefix+"v_proj")
	width := len(rows[0]) / heads
	out := make([][]float64, len(rows))
	for i := range rows {
		out[i] = make([]float64, len(rows[0]))
		first, end := sees(i)
		for from := 0; from < len(rows[0]); from += width {
			weights, total := make([]float64, len(rows)), 0.0
			for j := first; j < end; j++ {
				weights[j] = math.Exp(dot(q[i][from:from+width], k[j][from:from+width]) / math.Sqrt(float64(width)))
				total += weights[j]
			}
			for j := first; j < end; j++ {
				for d := range width {
					out[i][from+d] += weights[j] / total * v[j][from+d]
				}
			}
		}
	}
	return out
}

// linear applies the fully connected layer called name to each row.
func (r *reference) linear(rows [][]float64, name string) [][]float64 {
	weight, bias := r.weights[name+".weight"], r.weights[name+".bias"]
	in := len(rows[0])
	out := make([][]float64, len(rows))
	for i, row := range rows {
		out[i] = make([]float64, len(weight)/in)
		for j := range out[i] {
			out[i][j] = dot(row, weight[j*in:(j+1)*in])
			if bias != nil {
				out[i][j] += bias[j]
			}
		}
	}
	return out
}

// normed applies the layer normalisation called name to each row.
func (r *reference) normed(rows [][]float64, name string, eps float64) [][]float64 {
	weight, bias := r.weights[name+".weight"], r.weights[name+".bias"]
	out := make([][]float64, len(rows))
	for i, row := range rows {
		var mean, variance float64
		for _, x := range row {
			mean += x / float64(len(row))
		}
		for _, x := range row {
			variance += (x - mean) * (x - mean) / float64(len(row))
		}
		out[i] = make([]float64, len(row))
		for j, x := range row {
			out[i][j] = (x-mean)/math.Sqrt(variance+eps)*weight[j] + bias[j]
		}
	}
	return out
}

// projected returns the projection of each row.
func (r *reference) projected(rows [][]float64, name string) [][]float32 {
	out := make([][]float32, len(rows))
	for i, row := range r.linear(rows, name) {
		for _, x := range row {
			out[i] = append(out[i], float32(x))
		}
	}
	return out
}

// activate is the MLP's non-linearity.
func activate(x float64, name string) float64 {
	if name == "quick_gelu" {
		return x / (1 + math.Exp(-1.702*x))
	}
	return x * (1 + math.Erf(x/math.Sqrt2)) / 2
}

func dot(a, b []float64) (total float64) {
	for i, x := range a {
		total += x * b[i]
	}
	return total
}

func sum(a, b []float64) []float64 {
	out := make([]float64, len(a))
	for i, x := range a {
		out[i] = x + b[i]
	}
	return out
}

func sums(a, b [][]float64) [][]float64 {
	out := make([][]float64, len(a))
	for i := range a {
		out[i] = sum(a[i], b[i])
	}
	return out
}
