package search

import (
	"math"
	"os"
	"testing"
)

// cutRule is another way of making the window from a ranking's similarities: how many of the first it shows, for one of
// its settings.
type cutRule struct {
	name     string
	settings []float64
	shown    func(similarities []float64, setting float64) int
}

// cutRules are what the window was chosen from; doc/search.md has their figures.
var cutRules = []cutRule{
	{"share of the way from the mean to the best 5", steps(.4, .9, .02), func(s []float64, share float64) int {
		mean, _ := moments(s)
		best, _ := moments(s[:bestOf])
		return atLeast(s, between(mean, best, share))
	}},
	{"the same, best 10", steps(.4, .9, .02), func(s []float64, share float64) int {
		mean, _ := moments(s)
		best, _ := moments(s[:10])
		return atLeast(s, between(mean, best, share))
	}},
	{"deviations above the mean", steps(.5, 3, .1), func(s []float64, deviations float64) int {
		mean, deviation := moments(s)
		return atLeast(s, mean+deviations*deviation)
	}},
	{"distance from the best", steps(.02, .4, .02), func(s []float64, distance float64) int { return atLeast(s, s[0]-distance) }},
	{"deviations below the best", steps(.1, 2.5, .1), func(s []float64, deviations float64) int {
		_, deviation := moments(s)
		return atLeast(s, s[0]-deviations*deviation)
	}},
	{"largest gap among the first", []float64{10, 20, 30, 50, 100}, func(s []float64, first float64) int {
		widest, at := 0.0, 1
		for i := range int(first) {
			if gap := s[i] - s[i+1]; gap > widest {
				widest, at = gap, i+1
			}
		}
		return at
	}},
	{"Otsu's threshold, repeated", []float64{1, 2, 3, 4}, func(s []float64, times float64) int {
		for range int(times) {
			s = s[:otsu(s)]
		}
		return len(s)
	}},
}

func steps(from, to, by float64) (all []float64) {
	for x := from; x < to+by/2; x += by {
		all = append(all, x)
	}
	return all
}

func moments(s []float64) (mean, deviation float64) {
	for _, x := range s {
		mean += x / float64(len(s))
	}
	for _, x := range s {
		deviation += (x - mean) * (x - mean) / float64(len(s))
	}
	return mean, math.Sqrt(deviation)
}

func atLeast(s []float64, least float64) int { return labelled{similarities: s}.above(least) }

// otsu returns where a falling series falls into the two parts whose means differ most for their sizes (Otsu 1979).
func otsu(s []float64) int {
	sum, all := 0.0, 0.0
	for _, x := range s {
		all += x
	}
	best, at := -1.0, len(s)
	for i := range len(s) - 1 {
		sum += s[i]
		n, rest := float64(i+1), float64(len(s)-i-1)
		between := sum/n - (all-sum)/rest
		if v := n * rest * between * between; v > best {
			best, at = v, i+1
		}
	}
	return at
}

// cutPrompts are tried together: on 21 queries of one prompt, the best setting is chance.
var cutPrompts = []string{
	labelPrompt, "{q}", "a {q}", "the {q}", "a picture of {q}", "a photo of {q}", "there is a {q}", "there are some {q} .", "it is a {q} .",
}

// cutSet is a set under one prompt.
type cutSet struct {
	queries []labelled
	best    cutMeasures
}

func cutSets(t *testing.T, m *tower, file string) (sets []cutSet) {
	t.Helper()
	pictures := readPictures(t, m, "ucm", file)
	for _, prompt := range cutPrompts {
		queries := labelledQueries(t, m, pictures, prompt)
		sets = append(sets, cutSet{queries, measureCuts(queries)})
	}
	return sets
}

// reached returns the share of the F1 of the best cuts in hindsight that a way of cutting reaches, over all prompts.
func reached(sets []cutSet, f1 func(cutSet) float64) (share float64) {
	for _, s := range sets {
		share += f1(s) / s.best.hindsight / float64(len(sets))
	}
	return share
}

// TestCutExperiment compares ways of cutting: each with the setting that is best on UC Merced's dev split.
func TestCutExperiment(t *testing.T) {
	if os.Getenv("CLIPSEARCH_SOAK") == "" {
		t.Skip("it chooses between rules that are not in use: CLIPSEARCH_SOAK=1 runs it")
	}
	m := openTower(t)
	dev, test := cutSets(t, m, "dev_labels.tsv"), cutSets(t, m, "test_labels.tsv")
	for _, rule := range cutRules {
		share := func(sets []cutSet, setting float64) float64 {
			return reached(sets, func(s cutSet) float64 {
				return meanF1(s.queries, func(l labelled) int { return rule.shown(l.similarities, setting) })
			})
		}
		best, hindsight := rule.settings[0], 0.0
		for _, setting := range rule.settings {
			if share(dev, setting) > share(dev, best) {
				best = setting
			}
			hindsight = max(hindsight, share(test, setting))
		}
		t.Logf("| %s | %.2f | %.0f %% | %.0f %% | %.0f %% | %.0f %% |", rule.name, best,
			100*share(dev, best), 100*share(test, best), 100*share(test[:1], best), 100*hindsight)
	}
	for _, fixed := range []struct {
		name string
		f1   func(cutSet) float64
	}{
		{"the window in use", func(s cutSet) float64 { return s.best.window }},
		{"the best fixed k of split and prompt", func(s cutSet) float64 { return s.best.fixedK }},
		{"the best fixed similarity of split and prompt", func(s cutSet) float64 { return s.best.fixedSimilarity }},
	} {
		t.Logf("| %s | | %.0f %% | %.0f %% | %.0f %% | |", fixed.name,
			100*reached(dev, fixed.f1), 100*reached(test, fixed.f1), 100*reached(test[:1], fixed.f1))
	}
}

// TestPromptExperiment compares prompts on the dev splits: recall@10 of captions by the vector leg alone on Flickr8k, mean
// average precision of class names on UC Merced.
func TestPromptExperiment(t *testing.T) {
	if os.Getenv("CLIPSEARCH_SOAK") == "" {
		t.Skip("it chooses between prompts that are not in use: CLIPSEARCH_SOAK=1 runs it")
	}
	m := openTower(t)
	captioned, classes := readPictures(t, m, "flickr8k", "dev.tsv"), readPictures(t, m, "ucm", "dev_labels.tsv")
	flickr := realEngine(t, m, captioned, func(int) bool { return false })
	merced := realEngine(t, m, classes, func(int) bool { return false })
	for _, prompts := range [][]string{
		{"{q}"}, {"a photo of {q}"}, {"a picture of {q}"}, {"{q}", "a photo of {q}"}, DefaultPrompts(),
		{"{q}", "a photo of {q}", "a picture of {q}"},
	} {
		found := 0
		for i, p := range captioned {
			for _, h := range searchBy(t, flickr, p.lines[0], prompts, 10) {
				if h.ID == ID(i+1) {
					found++
				}
			}
		}
		precision, asked := 0.0, map[string]bool{}
		for _, p := range classes {
			class := p.lines[0]
			if asked[class] {
				continue
			}
			asked[class] = true
			right, sum := 0.0, 0.0
			for i, h := range searchBy(t, merced, className(class), prompts, MaxResults) {
				if classes[h.ID-1].lines[0] == class {
					right++
					sum += right / float64(i+1)
				}
			}
			precision += sum / right
		}
		t.Logf("| %q | %.3f | %.3f |", prompts, float64(found)/float64(len(captioned)), precision/float64(len(asked)))
	}
}

// searchBy returns the hits of a text by what pictures show.
func searchBy(t *testing.T, e *Engine, text string, prompts []string, k int) []Hit {
	t.Helper()
	q := Query{Terms: []Term{{Kind: TermText, Text: text}}, Mode: ModeVector, Prompts: prompts, K: k, All: true}
	result, err := e.Search(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return result.Hits
}
