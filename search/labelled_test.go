package search

import (
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// labelPrompt is the one that the checkpoint's notes recommend for class names.
const labelPrompt = "This is a {q} ."

// spelled are the class names that are written in one word, as a person types them.
var spelled = strings.NewReplacer("baseballdiamond", "baseball diamond", "denseresidential", "dense residential",
	"golfcourse", "golf course", "mediumresidential", "medium residential", "mobilehomepark", "mobile home park",
	"parkinglot", "parking lot", "sparseresidential", "sparse residential", "storagetanks", "storage tanks",
	"tenniscourt", "tennis court", "a satellite photo of ", "")

// className turns a label such as "TallBuilding" into words.
func className(label string) string {
	var b strings.Builder
	for i, r := range spelled.Replace(label) {
		if i > 0 && unicode.IsUpper(r) {
			b.WriteByte(' ')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// labelled is one class name as a query: the ranking of all pictures of the set, and how many the window shows.
type labelled struct {
	similarities []float64
	f1           []float64 // of the first 1, 2, … of the ranking
	shown        int
}

// labelledQueries asks for each class of a set by what pictures show.
func labelledQueries(t *testing.T, m *tower, pictures []realPicture, prompt string) []labelled {
	t.Helper()
	var classes []string
	for _, p := range pictures {
		classes = append(classes, p.lines[0])
	}
	slices.Sort(classes)
	e := realEngine(t, m, pictures, func(int) bool { return false })
	var queries []labelled
	for _, class := range slices.Compact(classes) {
		q := Query{Text: className(class), Mode: ModeVector, Prompts: []string{prompt}, K: MaxResults}
		windowed, err := e.Search(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		q.All = true
		all, err := e.Search(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		l := labelled{shown: windowed.Total}
		right, wanted := 0.0, 0.0
		for _, p := range pictures {
			if p.lines[0] == class {
				wanted++
			}
		}
		for i, h := range all.Hits {
			if pictures[h.ID-1].lines[0] == class {
				right++
			}
			l.similarities = append(l.similarities, *h.Similarity)
			l.f1 = append(l.f1, 2*right/(float64(i+1)+wanted))
		}
		queries = append(queries, l)
	}
	return queries
}

// meanF1 returns the mean F1 where each query shows the first of its ranking that shown says.
func meanF1(queries []labelled, shown func(labelled) int) float64 {
	sum := 0.0
	for _, l := range queries {
		if n := shown(l); n > 0 {
			sum += l.f1[n-1]
		}
	}
	return sum / float64(len(queries))
}

// above returns how many similarities are at least least.
func (l labelled) above(least float64) int {
	n, _ := slices.BinarySearchFunc(l.similarities, least, func(s, least float64) int {
		if s >= least {
			return -1
		}
		return 1
	})
	return n
}

// cutMeasures are the mean F1 of several cuts of the same rankings.
type cutMeasures struct{ window, hindsight, fixedK, fixedSimilarity float64 }

func measureCuts(queries []labelled) cutMeasures {
	c := cutMeasures{window: meanF1(queries, func(l labelled) int { return l.shown })}
	c.hindsight = meanF1(queries, func(l labelled) int { return 1 + slices.Index(l.f1, slices.Max(l.f1)) })
	for k := 1; k <= len(queries[0].f1); k++ {
		c.fixedK = max(c.fixedK, meanF1(queries, func(labelled) int { return k }))
	}
	for least := -.5; least < 1; least += .002 {
		c.fixedSimilarity = max(c.fixedSimilarity, meanF1(queries, func(l labelled) int { return l.above(least) }))
	}
	return c
}

// TestWindowOnLabelledSets holds the relevance window to the best fixed cuts, found in hindsight, of the split that it was
// not made on. doc/search.md has the figures of all sets.
func TestWindowOnLabelledSets(t *testing.T) {
	m := openTower(t)
	sets := []struct{ set, file string }{{"ucm", "dev_labels.tsv"}, {"ucm", "test_labels.tsv"}}
	if os.Getenv("CLIPSEARCH_SOAK") != "" {
		sets = append(sets, struct{ set, file string }{"scene15", "labels.tsv"}, struct{ set, file string }{"eurosat", "labels.tsv"})
	}
	for _, s := range sets {
		c := measureCuts(labelledQueries(t, m, readPictures(t, m, s.set, s.file), labelPrompt))
		t.Logf("| %s %s | %.3f | %.3f | %.0f %% | %.0f %% | %.0f %% |", s.set, s.file, c.hindsight, c.window,
			100*c.window/c.hindsight, 100*c.fixedK/c.hindsight, 100*c.fixedSimilarity/c.hindsight)
		if s.file == "test_labels.tsv" && (c.window <= c.fixedK || c.window <= c.fixedSimilarity) {
			t.Errorf("the window's F1 is %.3f, the best fixed k's %.3f, the best fixed similarity's %.3f", c.window, c.fixedK, c.fixedSimilarity)
		}
	}
}
