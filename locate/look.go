package locate

import (
	"context"
	"fmt"
	"image"
	"math"
	"runtime"
	"sync"

	"clipsearch/internal/vec"
)

// layer is one way to cover the picture with places, each with a vector of what is there.
type layer struct {
	areas   []area
	vectors [][]float32
}

// looks are all layers of a picture by method; nil for a method that was not asked for.
type looks struct{ tiles, dense []layer }

// windowScales are how many windows lie across the shorter side, for each layer of patches. One window of the whole picture
// does no better than chance with a small model, more than three cost more than they bring.
var windowScales = []int{2, 3}

// encodeBatch is how many tiles are encoded together: enough for the speed of large matrices, few enough that a query which
// needs the same tower waits a fraction of a second.
const encodeBatch = 16

// look encodes what a method needs of a picture.
func look(ctx context.Context, encoder Encoder, picture *image.RGBA, method Method) (looks, error) {
	var l looks
	if method != Dense {
		for _, count := range tileScales {
			layer, err := lookAtTiles(ctx, encoder, picture, tilesAt(picture.Rect.Size(), count))
			if err != nil {
				return looks{}, err
			}
			l.tiles = append(l.tiles, layer)
		}
	}
	if method != Tiles {
		for _, count := range windowScales {
			layer, err := lookAtPatches(ctx, encoder, picture, windowsAt(picture.Rect.Size(), count))
			if err != nil {
				return looks{}, err
			}
			l.dense = append(l.dense, layer)
		}
	}
	return l, nil
}

// lookAtTiles encodes tiles as pictures of their own.
func lookAtTiles(ctx context.Context, encoder Encoder, picture *image.RGBA, tiles []image.Rectangle) (layer, error) {
	var l layer
	for len(tiles) > 0 {
		n := min(len(tiles), encodeBatch)
		vectors, err := encoder.EncodePixels(ctx, prepare(encoder, picture, tiles[:n]))
		if err != nil {
			return layer{}, err
		}
		for _, tile := range tiles[:n] {
			l.areas = append(l.areas, areaOf(tile))
		}
		l.vectors, tiles = append(l.vectors, vectors...), tiles[n:]
	}
	return l, nil
}

// lookAtPatches encodes the patches of windows.
func lookAtPatches(ctx context.Context, encoder Encoder, picture *image.RGBA, windows []image.Rectangle) (layer, error) {
	pictures, err := encoder.EncodePatches(ctx, prepare(encoder, picture, windows))
	if err != nil {
		return layer{}, err
	}
	var l layer
	for i, patches := range pictures {
		side := int(math.Round(math.Sqrt(float64(len(patches)))))
		if side*side != len(patches) {
			return layer{}, fmt.Errorf("%d patches are no square grid", len(patches))
		}
		l.areas, l.vectors = append(l.areas, grid(windows[i], side)...), append(l.vectors, patches...)
	}
	return l, nil
}

// prepare returns the tower's input for each part of a picture. Parts are relative to its top left corner.
func prepare(encoder Encoder, picture *image.RGBA, parts []image.Rectangle) [][]uint8 {
	inputs := make([][]uint8, len(parts))
	workers := make(chan struct{}, runtime.GOMAXPROCS(0))
	var wait sync.WaitGroup
	for i, part := range parts {
		workers <- struct{}{}
		wait.Go(func() {
			inputs[i] = encoder.PrepareWhole(picture.SubImage(part.Add(picture.Rect.Min)).(*image.RGBA))
			<-workers
		})
	}
	wait.Wait()
	return inputs
}

// heat returns the map of one text's thing over a picture of the given size.
func (l looks) heat(word []float32, logitScale float64, size image.Point) Heat {
	switch {
	case l.tiles == nil:
		return mean(l.dense, word, logitScale, size)
	case l.dense == nil:
		return mean(l.tiles, word, logitScale, size)
	}
	return refined(mean(l.tiles, word, logitScale, size), mean(l.dense, word, logitScale, size))
}

// mean returns the mean of the maps of layers: the thing's size is unknown, so each layer is as likely to show it.
func mean(layers []layer, word []float32, logitScale float64, size image.Point) Heat {
	h := newHeat(size)
	for _, l := range layers {
		h.spread(l.areas, softmax(l.vectors, word, logitScale), size)
	}
	return h.normalize()
}

// softmax returns the probability of each place: the exponentials of the scaled similarities to word, made to sum to 1.
func softmax(vectors [][]float32, word []float32, scale float64) []float64 {
	p := make([]float64, len(vectors))
	most := math.Inf(-1)
	for i, v := range vectors {
		p[i] = scale * float64(vec.Dot(v, word))
		most = max(most, p[i])
	}
	total := 0.0
	for i := range p {
		p[i] = math.Exp(p[i] - most)
		total += p[i]
	}
	for i := range p {
		p[i] /= total
	}
	return p
}
