package search

import (
	"maps"
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

// labelled is one query whose answer is known: the ranking of all pictures of the set, and what the window shows of it.
type labelled struct {
	similarities []float64
	f1           []float64 // of the first 1, 2, … of the ranking
	windowF1     float64
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
		queries = append(queries, judged(t, e, q, len(pictures), func(id ID) bool { return pictures[id-1].lines[0] == class }))
	}
	return queries
}

// judged asks one query of a set of n pictures, of which wanted says which are meant.
func judged(t *testing.T, e *Engine, q Query, n int, wanted func(ID) bool) (l labelled) {
	t.Helper()
	meant := 0.0
	for id := range n {
		if wanted(ID(id + 1)) {
			meant++
		}
	}
	f1s := func(q Query) (f1 []float64, similarities []float64) {
		result, err := e.Search(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		right := 0.0
		for i, h := range result.Hits {
			if wanted(h.ID) {
				right++
			}
			f1, similarities = append(f1, 2*right/(float64(i+1)+meant)), append(similarities, *h.Similarity)
		}
		return f1, similarities
	}
	if windowed, _ := f1s(q); len(windowed) > 0 {
		l.windowF1 = windowed[len(windowed)-1]
	}
	q.All = true
	l.f1, l.similarities = f1s(q)
	return l
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
	c := cutMeasures{}
	for _, l := range queries {
		c.window += l.windowF1 / float64(len(queries))
	}
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

// TestWindowOnWords judges the window where the pictures that are meant look different: a word of Flickr8k's captions is the
// query, and those are meant of which two captions say it.
func TestWindowOnWords(t *testing.T) {
	if os.Getenv("CLIPSEARCH_SOAK") == "" {
		t.Skip("it chooses between windows that are not in use: CLIPSEARCH_SOAK=1 runs it")
	}
	m := openTower(t)
	pictures := readPictures(t, m, "flickr8k", "dev.tsv")
	said := map[string]map[ID]int{}
	for i, p := range pictures {
		for _, line := range p.lines {
			words := strings.FieldsFunc(strings.ToLower(line), func(r rune) bool { return !unicode.IsLetter(r) })
			slices.Sort(words)
			for _, word := range slices.Compact(words) {
				if said[word] == nil {
					said[word] = map[ID]int{}
				}
				said[word][ID(i+1)]++
			}
		}
	}
	e := realEngine(t, m, pictures, func(int) bool { return false })
	var queries []labelled
	for _, word := range slices.Sorted(maps.Keys(said)) {
		meant := 0
		for _, n := range said[word] {
			if n >= 2 {
				meant++
			}
		}
		if len(word) < 4 || meant < 10 || meant > 200 { // shorter words say little that a picture shows
			continue
		}
		q := Query{Text: word, Mode: ModeVector, K: MaxResults}
		queries = append(queries, judged(t, e, q, len(pictures), func(id ID) bool { return said[word][id] >= 2 }))
	}
	c := measureCuts(queries)
	alone := meanF1(queries, func(l labelled) int {
		mean, _ := moments(l.similarities)
		best, _ := moments(l.similarities[:bestOf])
		return atLeast(l.similarities, between(mean, best, vectorShare))
	})
	t.Logf("| words of flickr8k dev (%d) | %.3f | %.3f | %.0f %% | %.0f %% | %.0f %% | by similarity alone %.0f %%", len(queries), c.hindsight, c.window,
		100*c.window/c.hindsight, 100*c.fixedK/c.hindsight, 100*c.fixedSimilarity/c.hindsight, 100*alone/c.hindsight)
}
