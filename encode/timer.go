package encode

import (
	"context"

	"clipsearch/encode/torch"
)

// Timing is what one kind of work took on the device: the times of some rounds of it, and the operations of one.
type Timing = torch.Timing

// Timer measures a model's towers alone, with data that is on the device already.
type Timer interface {
	// TimeImages times the image tower with a batch of pictures.
	TimeImages(ctx context.Context, batch int) (Timing, error)
	// TimeTexts times the text tower with a batch of texts of equal length.
	TimeTexts(ctx context.Context, batch, tokens int) (Timing, error)
	// TimeLayers times each of the image tower's four kinds of fully connected layer with the rows of a batch of pictures.
	TimeLayers(ctx context.Context, batch int) ([]Timing, error)
	// TimeProduct times the product of two square matrices.
	TimeProduct(ctx context.Context, side int) (Timing, error)
}

// Timer returns what measures the model. It is the model's: work of others runs in between.
func (m *Model) Timer() (Timer, bool) {
	t, ok := m.current().(Timer)
	return t, ok
}
