package search

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"clipsearch/index/store"
	"clipsearch/index/vector"
	"clipsearch/internal/vec"
)

// trial is one caption as a query for its picture among those of its split, with what the legs find.
type trial struct {
	target store.ID
	query  []float32
	answers
}

// fusionTrials asks for each picture by the captions of the folds named: Flickr8k has five captions a picture, one is the
// query, the others are indexed.
func fusionTrials(t *testing.T, m *tower, pictures []realPicture, folds ...int) []trial {
	t.Helper()
	var trials []trial
	for _, fold := range folds {
		var texts []string
		for _, p := range pictures {
			texts = append(texts, prompted(DefaultPrompts(), p.lines[fold])...)
		}
		if _, err := m.EncodeTexts(t.Context(), texts); err != nil { // in batches, ahead of the queries
			t.Fatal(err)
		}
		e := realEngine(t, m, pictures, func(caption int) bool { return caption != fold })
		for i, p := range pictures {
			q, err := Query{Text: p.lines[fold], K: 10}.withDefaults("")
			if err != nil {
				t.Fatal(err)
			}
			plan, err := e.plan(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			a, err := e.ask(t.Context(), plan, depthOf(q))
			if err != nil {
				t.Fatal(err)
			}
			trials = append(trials, trial{target: store.ID(i + 1), query: a.vector, answers: a})
		}
	}
	return trials
}

// strengthen returns the trials with a vector leg that a better model might have: each query's vector is moved towards its
// picture's, by one amount for all, until the share of targets among the first ten is recall. What is similar stays
// similar, so that its errors stay those that look alike.
func strengthen(t *testing.T, trials []trial, pictures []realPicture, recall float64) []trial {
	t.Helper()
	index := vector.New(len(pictures[0].vector), vector.Exact)
	for i, p := range pictures {
		if err := index.Add(store.ID(i+1), p.vector); err != nil {
			t.Fatal(err)
		}
	}
	move := func(trials []trial, amount float64) []trial {
		moved := slices.Clone(trials)
		for i := range moved {
			moveTrial(t, &moved[i], index, pictures, float32(amount))
		}
		return moved
	}
	var some []trial
	for i := 0; i < len(trials); i += 4 { // enough to tell, from all folds
		some = append(some, trials[i])
	}
	low, high := 0.0, 1.0
	for range 12 {
		amount := (low + high) / 2
		if hits(move(some, amount), Query{VectorWeight: 1}, 10) < recall {
			low = amount
		} else {
			high = amount
		}
	}
	return move(trials, high)
}

func moveTrial(t *testing.T, trial *trial, index *vector.Index, pictures []realPicture, amount float32) {
	q := slices.Clone(trial.query)
	for j, x := range pictures[trial.target-1].vector {
		q[j] = (1-amount)*q[j] + amount*x
	}
	vec.Normalize(q)
	found, err := index.Search(t.Context(), q, len(trial.neighbors), vector.Options{})
	if err != nil {
		t.Fatal(err)
	}
	trial.neighbors = found
}

// rank returns the target's place in the fused ranking, from 1; 0 if it is not there.
func (tr trial) rank(q Query) int {
	a := tr.answers
	if q.TextWeight == 0 {
		a.matches = nil
	}
	if q.VectorWeight == 0 {
		a.neighbors = nil
	}
	return 1 + slices.IndexFunc(fuse(a, q), func(c candidate) bool { return c.id == tr.target })
}

// hits returns recall@k.
func hits(trials []trial, q Query, k int) float64 {
	n := 0
	for _, tr := range trials {
		if r := tr.rank(q); r > 0 && r <= k {
			n++
		}
	}
	return float64(n) / float64(len(trials))
}

// measures are what one way of ranking reaches.
type measures struct {
	r1, r10, mrr float64
	found        []float64 // recall@10 of each picture: the mean of its captions
}

func measure(trials []trial, pictures int, q Query) measures {
	m := measures{found: make([]float64, pictures)}
	for _, tr := range trials {
		r := tr.rank(q)
		if r == 1 {
			m.r1++
		}
		if r > 0 && r <= 10 {
			m.r10++
			m.mrr += 1 / float64(r)
			m.found[tr.target-1] += float64(pictures) / float64(len(trials))
		}
	}
	n := float64(len(trials))
	m.r1, m.r10, m.mrr = m.r1/n, m.r10/n, m.mrr/n
	return m
}

// gain returns the 95 % interval of the difference in recall@10, by a bootstrap over pictures: captions of one picture are
// no independent queries.
func gain(a, b measures) (low, high float64) {
	rng := rand.New(rand.NewPCG(1, 2))
	differences := make([]float64, 2000)
	for i := range differences {
		for range a.found {
			j := rng.IntN(len(a.found))
			differences[i] += (a.found[j] - b.found[j]) / float64(len(a.found))
		}
	}
	slices.Sort(differences)
	return differences[50], differences[1949]
}

// ratios are the weights of the vector leg, against 1 for the words, that are tried.
var ratios = []float64{.02, .05, .1, .15, .2, .3, .4, .5, .7, 1, 1.4, 2, 3, 5}

// tuneRatio returns the ratio with the highest recall@10 and MRR@10 together.
func tuneRatio(t *testing.T, trials []trial, pictures int, fusion Fusion) (best float64) {
	most := -1.0
	for _, ratio := range ratios {
		m := measure(trials, pictures, Query{Fusion: fusion, TextWeight: 1, VectorWeight: ratio})
		t.Logf("dev %s 1:%g recall@10 %.4f MRR@10 %.4f", fusion, ratio, m.r10, m.mrr)
		if sum := m.r10 + m.mrr; sum > most {
			most, best = sum, ratio
		}
	}
	return best
}

// TestHybridIsNotBelowItsBetterLeg holds the weights of the development checkpoint to what they were chosen for, on one
// fold of Flickr8k's test split. TestFusionExperiment does on all.
func TestHybridIsNotBelowItsBetterLeg(t *testing.T) {
	m := openTower(t)
	pictures := readPictures(t, m, "flickr8k", "test.tsv")
	trials := fusionTrials(t, m, pictures, 0)
	words, vectors := measure(trials, len(pictures), Query{TextWeight: 1}), measure(trials, len(pictures), Query{VectorWeight: 1})
	both := measure(trials, len(pictures), Query{}.blended(m.Info().ID))
	low, high := gain(both, words)
	t.Logf("recall@10: words %.3f, vectors %.3f, hybrid %.3f (%+.4f to %+.4f)", words.r10, vectors.r10, both.r10, low, high)
	if vectors.r10 >= words.r10 || both.r10 < words.r10 || low < -.005 || both.mrr < words.mrr-.005 {
		t.Errorf("words reach %+.3f and MRR@10 %.3f, hybrid %.3f and %.3f", words.r10, words.mrr, both.r10, both.mrr)
	}
}

// TestFusionExperiment makes the table of doc/search.md: weights from Flickr8k's dev split, judged on its test split.
func TestFusionExperiment(t *testing.T) {
	if os.Getenv("CLIPSEARCH_SOAK") == "" {
		t.Skip("it takes minutes: CLIPSEARCH_SOAK=1 runs it")
	}
	m := openTower(t)
	all := []int{0, 1, 2, 3, 4}
	dev, test := readPictures(t, m, "flickr8k", "dev.tsv"), readPictures(t, m, "flickr8k", "test.tsv")
	devTrials, testTrials := fusionTrials(t, m, dev, all...), fusionTrials(t, m, test, all...)
	for _, recall := range []float64{0, .38, .60} {
		d, e, name := devTrials, testTrials, "clip-dev-small"
		if recall > 0 {
			d, e, name = strengthen(t, d, dev, recall), strengthen(t, e, test, recall), fmt.Sprintf("simulated %.2f", recall)
		}
		rrf, linear := tuneRatio(t, d, len(dev), FusionRRF), tuneRatio(t, d, len(dev), FusionLinear)
		row := func(how string, q Query) measures {
			m := measure(e, len(test), q)
			t.Logf("| %s | %s | %.4f | %.4f | %.4f |", name, how, m.r1, m.r10, m.mrr)
			return m
		}
		words, pictures := row("words", Query{TextWeight: 1}), row("vector", Query{VectorWeight: 1})
		better := words
		if pictures.r10 > words.r10 {
			better = pictures
		}
		for _, way := range []struct {
			how string
			q   Query
		}{
			{"RRF 1:1", Query{Fusion: FusionRRF, TextWeight: 1, VectorWeight: 1}},
			{fmt.Sprintf("RRF 1:%g", rrf), Query{Fusion: FusionRRF, TextWeight: 1, VectorWeight: rrf}},
			{"linear 1:1", Query{Fusion: FusionLinear, TextWeight: 1, VectorWeight: 1}},
			{"linear 1:0.5", Query{Fusion: FusionLinear, TextWeight: 1, VectorWeight: unknownBlend.linear}},
			{fmt.Sprintf("linear 1:%g", linear), Query{Fusion: FusionLinear, TextWeight: 1, VectorWeight: linear}},
		} {
			m := row(way.how, way.q)
			low, high := gain(m, better)
			t.Logf("    against the better leg: %+.4f [%+.4f, %+.4f], %+.1f %%", m.r10-better.r10, low, high, 100*(m.r10/better.r10-1))
		}
	}
}
