package cli

import (
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"strings"

	"clipsearch/internal/regular"
	"clipsearch/tune"
)

// recipe says what is learned from and how. It is the JSON of a recipe file.
type recipe struct {
	Name         string      `json:"name"`
	Architecture string      `json:"architecture,omitempty"` // trained from scratch
	Sets         []recipeSet `json:"sets"`
	Validation   []recipeSet `json:"validation"`
	Metric       string      `json:"metric"` // of captioned sets; what decides which weights are the best
	Plan         tune.Plan   `json:"plan"`
	Learn        learning    `json:"learn"`
}

// recipeSet is a folder with what is said about its pictures. Paths are relative to the recipe's folder.
type recipeSet struct {
	Name     string              `json:"name"`
	Dir      string              `json:"dir"`
	Captions []string            `json:"captions,omitempty"`
	Labels   []string            `json:"labels,omitempty"`
	Split    string              `json:"split,omitempty"`
	Prompts  []string            `json:"prompts,omitempty"` // of labels
	Names    map[string][]string `json:"names,omitempty"`   // how a label is called; the label itself where it is not listed
	Share    float64             `json:"share,omitempty"`   // of each batch; of a validation set: its weight
	Augment  augmentation        `json:"augment"`
}

// learning are the settings of the trainer.
type learning struct {
	Decay       float64  `json:"weight_decay"`
	Beta1       float64  `json:"beta1"`
	Beta2       float64  `json:"beta2"`
	Epsilon     float64  `json:"epsilon"`
	Clip        float64  `json:"clip"`
	Smoothing   float64  `json:"smoothing"`
	PictureLoss float64  `json:"picture_loss"`
	Distill     float64  `json:"distill"`
	PatchDrop   float64  `json:"patch_drop"`
	DropPath    float64  `json:"drop_path"`
	Average     float64  `json:"average"`
	Freeze      []string `json:"freeze,omitempty"`
	LowRank     int      `json:"low_rank,omitempty"`
}

// augmentation is a ready-made one by name, or one spelled out.
type augmentation struct {
	name string
	tune.Augment
}

// UnmarshalJSON reads either form.
func (a *augmentation) UnmarshalJSON(data []byte) (err error) {
	if json.Unmarshal(data, &a.name) == nil {
		a.Augment, err = tune.AugmentNamed(a.name)
		return err
	}
	return json.Unmarshal(data, &a.Augment)
}

// MarshalJSON writes the name where there is one.
func (a augmentation) MarshalJSON() ([]byte, error) {
	if a.name != "" {
		return json.Marshal(a.name)
	}
	return json.Marshal(a.Augment)
}

// check says what no trainer can have.
func (l learning) check() error {
	for _, n := range []struct {
		name             string
		value, from, end float64 // from ≤ value < end
	}{
		{"weight decay", l.Decay, 0, 1e3}, {"beta1", l.Beta1, 0, 1}, {"beta2", l.Beta2, 0, 1}, {"epsilon", l.Epsilon, 1e-30, 1},
		{"clip", l.Clip, 0, math.Inf(1)}, {"smoothing", l.Smoothing, 0, 1}, {"picture_loss", l.PictureLoss, 0, 1e3}, {"distill", l.Distill, 0, 1},
		{"patch_drop", l.PatchDrop, 0, 1}, {"drop_path", l.DropPath, 0, 1}, {"average", l.Average, 0, 1}, {"rank of --lora", float64(l.LowRank), 0, 1 << 16},
	} {
		if !(n.value >= n.from && n.value < n.end) {
			return fmt.Errorf("%s is %v; it is at least %v and below %v", n.name, n.value, n.from, n.end)
		}
	}
	_, err := frozen(l.Freeze)
	return err
}

// warmupByLength is a plan's Warmup that follows from its length: a tenth of all steps.
const warmupByLength = -1

// defaultRecipe returns what holds where nothing else is said.
func defaultRecipe(scratch bool) recipe {
	r := recipe{
		Metric: "mrr@10",
		Plan:   tune.Plan{Batch: 64, Rate: 5e-5, Schedule: tune.Cosine, Warmup: warmupByLength, Seed: 1},
		Learn:  learning{Decay: 0.1, Beta1: 0.9, Beta2: 0.98, Epsilon: 1e-6, Clip: 1}, // CLIP's paper, table 19
	}
	if scratch {
		r.Plan.Batch, r.Plan.Rate = 256, 1e-3
		r.Learn.Decay = 0.2
		r.Learn.DropPath, r.Learn.PatchDrop, r.Learn.Smoothing, r.Learn.Average = 0.1, 0.25, 0.1, 0.998
	}
	return r
}

// recipeSuffix tells recipe files from folders.
const recipeSuffix = ".json"

// chooseRecipe returns the settings to begin with: a file's, the published ones of a name, or the defaults.
func chooseRecipe(dataset, published string, scratch bool) (recipe, error) {
	if strings.HasSuffix(dataset, recipeSuffix) {
		if published != "" {
			return recipe{}, usagef("tune: --recipe goes with a folder; %s is a recipe itself", dataset)
		}
		return readRecipe(dataset)
	}
	r := defaultRecipe(scratch)
	switch published {
	case "":
		return r, nil
	case rsicd, imageCLEF:
		return publishedRecipe(published), nil
	}
	return recipe{}, usagef("tune: --recipe is %q; it is rsicd or imageclef", published)
}

// readRecipe reads a recipe file.
func readRecipe(path string) (recipe, error) {
	data, err := regular.ReadFile(path)
	if err != nil {
		return recipe{}, err
	}
	var probe struct {
		Architecture string `json:"architecture"`
	}
	if err := json.Unmarshal(data, &probe); err != nil {
		return recipe{}, fmt.Errorf("%s: %w", path, err)
	}
	r := defaultRecipe(probe.Architecture != "")
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	decoder.DisallowUnknownFields() // a misspelled setting would be passed over
	if err := decoder.Decode(&r); err != nil {
		return recipe{}, fmt.Errorf("%s: %w", path, err)
	}
	folder := filepath.Dir(path)
	beside := func(name string) string {
		if filepath.IsAbs(name) {
			return name
		}
		return filepath.Join(folder, name)
	}
	for _, sets := range [][]recipeSet{r.Sets, r.Validation} {
		for i := range sets {
			s := &sets[i]
			s.Dir = beside(s.Dir)
			for _, files := range [][]string{s.Captions, s.Labels} {
				for k := range files {
					files[k] = beside(files[k])
				}
			}
			if s.Name == "" {
				s.Name = filepath.Base(s.Dir)
			}
		}
	}
	return r, nil
}

// The published recipes.
const (
	rsicd     = "rsicd"
	imageCLEF = "imageclef"
)

// imageCLEFSamples is how many samples an epoch of imageCLEF draws.
const imageCLEFSamples = 50000

// publishedRecipe returns the settings of an experiment of the system that this project comes from.
func publishedRecipe(name string) recipe {
	r := defaultRecipe(false)
	r.Name = name
	r.Plan.Schedule = tune.Linear
	r.Learn.Beta2, r.Learn.Epsilon, r.Learn.Decay = 0.999, 1e-8, 0.01
	augment := "aerial"
	if name == imageCLEF { // batch 64, 5e-5, ten epochs of imageCLEFSamples
		augment = "medical"
	} else {
		r.Plan.Batch, r.Plan.Rate = 1024, 5e-6
	}
	a, err := tune.AugmentNamed(augment)
	if err != nil {
		panic(err) // the name is ours
	}
	r.Sets = []recipeSet{{Augment: augmentation{augment, a}}}
	return r
}
