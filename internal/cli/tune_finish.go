package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"

	"clipsearch/encode"
	"clipsearch/encode/checkpoint"
	"clipsearch/eval"
	"clipsearch/tune"
)

// tuneReport is what a run leaves beside the weights: report.json.
type tuneReport struct {
	Base      string         `json:"base"` // ID of the checkpoint that training began with
	BaseDir   string         `json:"base_dir,omitempty"`
	Device    string         `json:"device"`
	Precision string         `json:"precision"`
	Data      string         `json:"data"` // SHA-256 of all pictures and texts
	Pictures  map[string]int `json:"pictures"`
	Recipe    recipe         `json:"recipe"`
	Steps     int            `json:"steps"`
	Best      int            `json:"best_step"`
	Wise      float64        `json:"share_of_trained_weights"`
	Seconds   float64        `json:"seconds"`
	Waited    float64        `json:"seconds_waited_for_batches"`
	Speed     float64        `json:"samples_per_second"`
	Stopped   string         `json:"stopped,omitempty"`
	Verdict   string         `json:"verdict"`
	tune.History
	Validation map[string]*eval.Report `json:"validation"` // by set: the result, with its changes against the base
}

// finish measures the result against the base, writes it and takes the run's state away.
func (t *tuning) finish(ctx context.Context, p Process, state string) error {
	if err := t.mixIn(ctx); err != nil {
		return err
	}
	base, err := t.baseWeights()
	if err != nil {
		return err
	}
	if t.changes, err = t.validator().compare(ctx, base, t.result.Best); err != nil {
		return err
	}
	report := t.report()
	files, err := t.files(report)
	if err != nil {
		return err
	}
	if err := t.write(ctx, t.opts.out, t.result.Best, files); err != nil {
		return err
	}
	if err := os.RemoveAll(state); err != nil {
		return err
	}
	if t.opts.json {
		return json.NewEncoder(p.Stdout).Encode(report)
	}
	for i, changed := range t.changes {
		fmt.Fprintf(p.Stdout, "%s, against the base:\n", printable(t.validation[i].name))
		if err := printEvaluation(p.Stdout, changed); err != nil {
			return err
		}
		fmt.Fprintln(p.Stdout)
	}
	fmt.Fprintf(p.Stdout, "%s\n%s\n", report.Verdict, t.opts.out)
	return nil
}

// write makes a checkpoint of weights, with other files beside them.
func (t *tuning) write(ctx context.Context, dir string, weights tune.Weights, files map[string][]byte) error {
	byName := encode.ByName(weights)
	return t.base.Write(ctx, dir, checkpoint.WriteOptions{
		DType: t.opts.dtype,
		Weights: func(name string) ([]float32, error) {
			w, err := byName.Tensor(name)
			if err != nil {
				return nil, err
			}
			return w.Float32s(), nil
		},
		Files: files,
	})
}

// files returns what lies beside the weights: the reports and the model card.
func (t *tuning) files(report tuneReport) (map[string][]byte, error) {
	data, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return nil, err
	}
	var page bytes.Buffer
	if err := report.page().Write(&page); err != nil {
		return nil, err
	}
	return map[string][]byte{
		"report.json": append(data, '\n'),
		"report.html": page.Bytes(),
		"README.md":   []byte(report.card()),
	}, nil
}

// report gathers what is worth keeping.
func (t *tuning) report() tuneReport {
	r := tuneReport{
		Base: t.base.ID, BaseDir: t.base.Dir, Device: t.device, Precision: t.precision, Data: t.hash, Recipe: t.opts.recipe,
		Pictures: make(map[string]int), Steps: t.result.Steps, Wise: t.wise,
		Seconds: t.result.Elapsed.Seconds(), Waited: t.result.Waited.Seconds(),
		Stopped: t.result.Stopped, History: t.result.History, Validation: make(map[string]*eval.Report),
	}
	if r.Recipe.Architecture != "" {
		r.BaseDir = "" // a folder that is gone
	}
	for _, set := range t.sets {
		r.Pictures[set.Name] += len(set.Examples)
	}
	for i, v := range t.validation {
		r.Validation[v.name] = t.changes[i]
	}
	if r.Seconds > 0 {
		r.Speed = float64(t.result.Samples) / r.Seconds
	}
	r.Best = bestStep(r.Measurements)
	r.Verdict = tuneVerdict(r.Measurements, r.Best)
	return r
}

// bestStep returns after which step the best weights were; 0: the base's are.
func bestStep(all []tune.Measurement) int {
	best := 0
	for _, m := range all {
		if m.Best {
			best = m.Step
		}
	}
	return best
}

// tuneVerdict says in a sentence what came out of a run.
func tuneVerdict(all []tune.Measurement, best int) string {
	if len(all) < 2 {
		return "The run ended before its first validation."
	}
	first, last := all[0], all[len(all)-1]
	switch {
	case best == first.Step:
		return fmt.Sprintf("No step was better than the base (score %.4f); the last one, %d, has %.4f. The result is the base itself. Try a lower learning rate.",
			first.Score, last.Step, last.Score)
	case last.Score < first.Score:
		return fmt.Sprintf("Training ended below the base: score %.4f after step %d, %.4f before. The result is that of step %d. Try a lower learning rate.",
			last.Score, last.Step, first.Score, best)
	}
	score := first.Score
	for _, m := range all {
		if m.Step == best {
			score = m.Score
		}
	}
	return fmt.Sprintf("The best step was %d: score %.4f, %.4f before.", best, score, first.Score)
}
