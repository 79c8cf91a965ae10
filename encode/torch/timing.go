package torch

import "time"

// Timing is what one kind of work took on the device.
type Timing struct {
	Times []time.Duration // of one round each, in their order; warming up is left out
	FLOPs float64         // floating-point operations of one round, a multiplication and an addition being two
}
