package checkpoint

import (
	"context"
	"fmt"
)

// Verify checks what Open does not: that every weight is a finite number. The
// first that is not is ErrNotFinite with the tensor's name. It reads all weights.
func (c *Checkpoint) Verify(ctx context.Context) error {
	values := make([]float32, chunk)
	names := c.Names()
	if names == nil {
		return fmt.Errorf("verify %s: %w", c.Dir, ErrClosed)
	}
	for _, name := range names {
		t, err := c.Tensor(name)
		if err != nil {
			return err
		}
		size := t.DType.Size()
		for at := 0; at < t.Len(); at += len(values) {
			if err := ctx.Err(); err != nil {
				return err
			}
			values = values[:min(chunk, t.Len()-at)]
			toFloat32s(values, t.DType, t.Data[at*size:])
			if i := firstNotFinite(values); i >= 0 {
				return tensorFaultf(c.Dir, name, "%w: element %d of %d is %v", ErrNotFinite, at+i, t.Len(), values[i])
			}
		}
		values = values[:chunk]
	}
	return nil
}

// firstNotFinite returns the index of the first NaN or infinity, or -1.
func firstNotFinite(values []float32) int {
	for i, v := range values {
		if v-v != 0 { // NaN for both
			return i
		}
	}
	return -1
}
