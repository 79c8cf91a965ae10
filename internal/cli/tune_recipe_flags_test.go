package cli

import (
	"os"
	"path/filepath"
	"testing"

	"clipsearch/tune"
)

// TestFlagsChangeTheLengthOfARecipe: --epochs and --samples-per-epoch take the place of a recipe's steps, as all flags do.
func TestFlagsChangeTheLengthOfARecipe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "recipe.json")
	const recipe = `{"name": "r", "architecture": "tiny", "metric": "mrr@10", "sets": [{"name": "s", "dir": ".", "share": 1}],
		"plan": {"batch": 32, "rate": 1e-3, "steps": 3300, "epoch": 150, "schedule": "cosine"},
		"learn": {"weight_decay": 0.1, "beta1": 0.9, "beta2": 0.98, "epsilon": 1e-6, "clip": 1}}`
	if err := os.WriteFile(file, []byte(recipe), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		flags        []string
		steps, epoch int
	}{
		"none":    {nil, 3300, 150},
		"epochs":  {[]string{"--epochs", "2"}, 300, 150},
		"samples": {[]string{"--samples-per-epoch", "320"}, 3300, 10},
		"both":    {[]string{"--epochs", "2", "--samples-per-epoch", "320"}, 20, 10},
	} {
		t.Run(name, func(t *testing.T) {
			opts, err := parseTune(Process{Getenv: func(string) string { return "" }}, append([]string{file, "--out", "out"}, test.flags...))
			if err != nil {
				t.Fatal(err)
			}
			run := &tuning{opts: opts, sets: []tune.Set{{}}}
			run.complete()
			if plan := run.opts.recipe.Plan; plan.Steps != test.steps || plan.Epoch != test.epoch {
				t.Errorf("%d steps, %d an epoch; want %d and %d", plan.Steps, plan.Epoch, test.steps, test.epoch)
			}
		})
	}
}
