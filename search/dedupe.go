package search

import (
	"context"

	"clipsearch/internal/vec"
)

const (
	// twinSimilarity is the similarity from which two pictures count as one. Measured with ../shared's clip-dev-small on
	// flickr8k/test: copies at JPEG quality 40 and at half size stay above 0.984 (60 photos), the most alike of two
	// different photos reach 0.951 (1,000 photos).
	twinSimilarity = 0.97

	// twinSpan is how many of the better hits a hit is compared with by vector. Twins are about as similar to the query as
	// each other, so they rank close together; equal files are found at any distance.
	twinSpan = 200
)

// collapse keeps the best of each group of near-duplicates: files of the same content, and pictures whose vectors are at
// least twinSimilarity alike. It returns the kept candidates in their order, each with the number hidden behind it.
func (e *Engine) collapse(ctx context.Context, found []candidate) ([]candidate, error) {
	var kept []candidate
	var vectors [][]float32 // of kept; nil: none
	byHash := map[[32]byte]int{}
	for n, c := range found {
		if n%256 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		hash := c.record.Document.Hash
		if i, ok := byHash[hash]; ok && hash != [32]byte{} {
			kept[i].twins++
			continue
		}
		v, err := e.stored(c.id)
		if err != nil {
			return nil, err
		}
		i := twin(vectors, v)
		if i < 0 {
			i = len(kept)
			kept, vectors = append(kept, c), append(vectors, v)
		} else {
			kept[i].twins++
		}
		byHash[hash] = i
	}
	return kept, nil
}

// twin returns the index of the first vector among the last twinSpan that is nearly v, -1 if there is none.
func twin(vectors [][]float32, v []float32) int {
	if v == nil {
		return -1
	}
	for i := max(0, len(vectors)-twinSpan); i < len(vectors); i++ {
		if len(vectors[i]) == len(v) && vec.Dot(vectors[i], v) >= twinSimilarity {
			return i
		}
	}
	return -1
}
