package tune

import "time"

// Result is what a run ends with.
type Result struct {
	History
	Best    Weights       // of the best validation; without a validator the last ones
	Steps   int           // done
	Samples int64         // seen by this process
	Elapsed time.Duration // of this process, validations included
	Waited  time.Duration // for batches to be made
	Micro   int           // what Job.Micro came down to
	Stopped string        // why it ended before all steps: "" if it did not
}

// History is how a run went.
type History struct {
	Curve        []Point       `json:"curve"`
	Measurements []Measurement `json:"measurements"`
}

// Point is a piece of the loss curve.
type Point struct {
	Step int     `json:"step"`
	Loss float64 `json:"loss"`
	Norm float64 `json:"norm"`
	Rate float64 `json:"rate"`
}

// Measurement is one validation.
type Measurement struct {
	Step int     `json:"step"`
	Loss float64 `json:"loss"` // mean since the last one
	Rate float64 `json:"rate"`
	Scores
	Best bool `json:"best"` // none was better before
}
