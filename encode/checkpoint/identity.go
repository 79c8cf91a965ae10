package checkpoint

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"runtime"
	"strconv"
	"strings"

	"clipsearch/encode/pixel"
	"golang.org/x/sync/errgroup"
)

// The identity of a model is text of this form, hashed:
//
//	clipsearch model 1
//	dims 512
//	image size 224 patch 32 width 768 layers 12 heads 12 mlp 3072 activation quick_gelu eps 1e-05
//	text vocab 49408 context 77 width 512 layers 12 heads 8 mlp 2048 activation quick_gelu eps 1e-05
//	pixels resize 224 squash false crop 224 mean 0.48145466 0.4578275 0.40821073 std … resample 3
//	weights 0123…
//
// where weights is the SHA-256 of one line a weight, sorted by name:
//
//	NAME DTYPE SHAPE SHA-256-OF-DATA        (logit_scale F32 [] 0123…)
//
// with the data little-endian in row-major order; those of an int8 weight (DTYPE
// I8) are its 8-bit numbers and then its scales. Hashing weight by weight lets
// all processors take part and does not depend on the layout of a file. The
// tokenizer is not part of it: it belongs to the text tower's weights, and one
// vocabulary comes in several forms.
const identityVersion = 1

// identify returns the model ID.
func identify(c Config, spec pixel.Spec, weightsSHA256 string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "clipsearch model %d\ndims %d\n", identityVersion, c.Dims)
	fmt.Fprintf(&b, "image size %d patch %d %s\n", c.Vision.ImageSize, c.Vision.Patch, c.Vision.TowerConfig.identity())
	fmt.Fprintf(&b, "text vocab %d context %d %s\n", c.Text.Vocab, c.Text.Context, c.Text.TowerConfig.identity())
	fmt.Fprintf(&b, "pixels resize %d squash %t crop %d mean %s std %s resample %d\n",
		spec.Resize, spec.Squash, spec.Crop, channels(spec.Mean), channels(spec.Std), resampleCode(spec.Resample))
	fmt.Fprintf(&b, "weights %s\n", weightsSHA256)
	sum := sha256.Sum256([]byte(b.String()))
	return "clip-" + hex.EncodeToString(sum[:])
}

// identity is a tower's part of the text.
func (t TowerConfig) identity() string {
	return fmt.Sprintf("width %d layers %d heads %d mlp %d activation %s eps %s",
		t.Width, t.Layers, t.Heads, t.MLP, t.Activation, strconv.FormatFloat(t.Eps, 'g', -1, 64))
}

// channels writes three numbers with the digits that float32 needs.
func channels(v [3]float32) string {
	var parts [3]string
	for i, x := range v {
		parts[i] = strconv.FormatFloat(float64(x), 'g', -1, 32)
	}
	return strings.Join(parts[:], " ")
}

// resampleCode returns Pillow's number of a filter, the inverse of pixel.ResampleOf.
func resampleCode(r pixel.Resample) int {
	if r == pixel.Bilinear {
		return 2
	}
	return 3
}

// hashWeights returns the hexadecimal SHA-256 of all weights, on all processors.
func hashWeights(weights map[string]stored) string {
	names := sortedKeys(weights)
	sums := make([][sha256.Size]byte, len(names))
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0))
	for i, name := range names {
		g.Go(func() error {
			h := sha256.New()
			h.Write(weights[name].Data)
			h.Write(weights[name].scales)
			h.Sum(sums[i][:0])
			return nil
		})
	}
	g.Wait() // no function fails
	all := sha256.New()
	for i, name := range names {
		t := weights[name]
		fmt.Fprintf(all, "%s %s %v %x\n", name, t.DType, t.Shape, sums[i])
	}
	return hex.EncodeToString(all.Sum(nil))
}
