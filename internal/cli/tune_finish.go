package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"clipsearch/encode"
	"clipsearch/encode/checkpoint"
	"clipsearch/tune"
)

// tuneReport is what a run leaves beside the weights: report.json.
type tuneReport struct {
	Base      string  `json:"base"` // ID of the checkpoint that training began with
	Device    string  `json:"device"`
	Precision string  `json:"precision"`
	Data      string  `json:"data"` // SHA-256 of all pictures and texts
	Recipe    recipe  `json:"recipe"`
	Steps     int     `json:"steps"`
	Best      int     `json:"best_step"`
	Seconds   float64 `json:"seconds"`
	Waited    float64 `json:"seconds_waited_for_batches"`
	Speed     float64 `json:"samples_per_second"`
	Stopped   string  `json:"stopped,omitempty"`
	tune.History
}

// finish writes the result and takes the run's state away.
func (t *tuning) finish(ctx context.Context, p Process, state string) error {
	report := t.report()
	data, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return err
	}
	weights := encode.ByName(t.result.Best)
	err = t.base.Write(ctx, t.opts.out, checkpoint.WriteOptions{
		DType: t.opts.dtype,
		Weights: func(name string) ([]float32, error) {
			w, err := weights.Tensor(name)
			if err != nil {
				return nil, err
			}
			return w.Float32s(), nil
		},
		Files: map[string][]byte{"report.json": append(data, '\n')},
	})
	if err != nil {
		return err
	}
	if err := os.RemoveAll(state); err != nil {
		return err
	}
	if t.opts.json {
		return json.NewEncoder(p.Stdout).Encode(report)
	}
	fmt.Fprintf(p.Stdout, "%s\n", t.opts.out)
	return nil
}

// report gathers what is worth keeping.
func (t *tuning) report() tuneReport {
	r := tuneReport{
		Base: t.base.ID, Device: t.device, Precision: t.precision, Data: t.hash, Recipe: t.opts.recipe,
		Steps: t.result.Steps, Seconds: t.result.Elapsed.Seconds(), Waited: t.result.Waited.Seconds(),
		Stopped: t.result.Stopped, History: t.result.History,
	}
	if r.Seconds > 0 {
		r.Speed = float64(t.result.Samples) / r.Seconds
	}
	for _, m := range r.Measurements {
		if m.Best {
			r.Best = m.Step
		}
	}
	return r
}
