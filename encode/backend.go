package encode

import "context"

// backend runs the towers of one checkpoint. Its methods are safe for concurrent use, except that nothing else may be called
// after Close has returned. Embeddings are not normalised; they come in the order of the input, Dims numbers each.
type backend interface {
	// Images takes pictures of 3·S·S numbers, 8 bits of red, then green, then blue, S being the image tower's size.
	Images(ctx context.Context, pixels [][]uint8) ([][]float32, error)
	// Patches takes pictures as Images does and returns an embedding of each patch, row by row, for each.
	Patches(ctx context.Context, pixels [][]uint8) ([][][]float32, error)
	// Texts takes token ids from start to end token, at most the context length.
	Texts(ctx context.Context, ids [][]int32) ([][]float32, error)
	Device() string
	Precision() string
	Close() error
}
