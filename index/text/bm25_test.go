package text

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	index "github.com/blevesearch/bleve_index_api"

	"clipsearch/index/store"
)

// oracle computes BM25F from the definition, over the records of a store. Only the
// analyzers are the index's own.
type oracle struct {
	*analyzers
	docs map[store.ID]map[string][]string // field → terms
}

func newOracle(t testing.TB, st *store.Store) *oracle {
	a, err := newAnalyzers()
	ok(t, err)
	o := &oracle{a, map[store.ID]map[string][]string{}}
	ok(t, st.EachRecord(ctx, func(rec store.Record) error {
		if rec.Document.Hidden {
			return nil
		}
		fields := map[string][]string{}
		for _, f := range texts(&rec) {
			for _, token := range analyze(a.analyzer(f.field), f.value) {
				fields[f.field] = append(fields[f.field], string(token.Term))
			}
		}
		o.docs[rec.Document.ID] = fields
		return nil
	}))
	return o
}

// stats returns the number of documents with a field and its tokens in all of them.
func (o *oracle) stats(field string) (documents, tokens float64) {
	for _, fields := range o.docs {
		if n := len(fields[field]); n > 0 {
			documents++
			tokens += float64(n)
		}
	}
	return documents, tokens
}

// f is the weighted, length-normalised frequency of a word in a document.
func (o *oracle) f(w string, fields map[string][]string, average map[string]float64) float64 {
	sum, captions := 0.0, 0.0
	for field, terms := range fields {
		if field == fieldTyped {
			continue
		}
		var query []string
		for _, token := range analyze(o.analyzer(field), w) {
			if !slices.Contains(query, string(token.Term)) {
				query = append(query, string(token.Term))
			}
		}
		part, all := 0.0, len(query) > 0
		for _, q := range query {
			n := 0.0
			for _, term := range terms {
				if term == q {
					n++
				}
			}
			all = all && n > 0
			part += n / (1 - 0.75 + 0.75*float64(len(terms))/average[field])
		}
		switch part *= weightOf(field) / float64(len(query)); {
		case !all:
		case strings.HasPrefix(field, captionPrefix):
			captions = max(captions, part)
		default:
			sum += part
		}
	}
	return sum + captions
}

func (o *oracle) search(words []string) []Match {
	average := map[string]float64{}
	for _, fields := range o.docs {
		for field := range fields {
			documents, tokens := o.stats(field)
			average[field] = tokens / documents
		}
	}
	scores := map[store.ID]float64{}
	for _, w := range words {
		found := map[store.ID]float64{}
		for id, fields := range o.docs {
			if f := o.f(w, fields, average); f > 0 {
				found[id] = f
			}
		}
		n, all := float64(len(found)), float64(len(o.docs))
		for id, f := range found {
			scores[id] += math.Log(1+(all-n+0.5)/(n+0.5)) * f / (f + 1.2)
		}
	}
	var out []Match
	for id, score := range scores {
		out = append(out, Match{ID: id, Score: score})
	}
	slices.SortFunc(out, func(a, b Match) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// check compares a search with the oracle's. Scores may differ by rounding, so
// neighbours that close may change places.
func (o *oracle) check(t *testing.T, x *Index, words []string) {
	t.Helper()
	want := o.search(words)
	got := find(t, x, Query{Words: words}, len(o.docs)+1, nil)
	if len(got) != len(want) {
		t.Fatalf("%v: %d matches, want %d", words, len(got), len(want))
	}
	scores := map[store.ID]float64{}
	for _, m := range want {
		scores[m.ID] = m.Score
	}
	for i, m := range got {
		if math.Abs(m.Score-want[i].Score) > 1e-12 || math.Abs(m.Score-scores[m.ID]) > 1e-12 {
			t.Fatalf("%v: match %d is %d with %v, want %d with %v", words, i, m.ID, m.Score, want[i].ID, want[i].Score)
		}
	}
}

var vocabulary = strings.Fields("dog dogs cat café beach running snow3 red-boat IMG_1 Sunset über tower boy's garden x99 a the mountain")

func randomText(rng *rand.Rand) string {
	var b strings.Builder
	for range rng.IntN(12) {
		b.WriteString(vocabulary[min(rng.IntN(len(vocabulary)), rng.IntN(len(vocabulary)))] + " ")
	}
	return b.String()
}

func randomEntry(rng *rand.Rand, n int) store.Entry {
	e := entry(fmt.Sprintf("/p/%s/%s_%d.jpg", vocabulary[rng.IntN(len(vocabulary))], strings.ReplaceAll(randomText(rng), " ", "_"), n))
	for range rng.IntN(4) {
		lang := []string{"", "en", "de", "xx"}[rng.IntN(4)]
		e.Captions = append(e.Captions, store.Caption{Text: randomText(rng), Lang: lang})
	}
	for range rng.IntN(2) {
		e.Document.Tags = append(e.Document.Tags, randomText(rng))
	}
	if rng.IntN(3) == 0 {
		e.Document.Camera = randomText(rng)
	}
	return e
}

// Scores are BM25F with true lengths, exactly, whatever was added, replaced, hidden,
// deleted, merged and reopened before.
func TestScoresAgainstDefinition(t *testing.T) {
	st, dir := newLibrary(t)
	rng := rand.New(rand.NewPCG(21, 22))
	x := mustOpen(t, dir, st, Options{})
	n := 0
	for round := range 8 {
		var entries []store.Entry
		for range rng.IntN(60) {
			n++
			entries = append(entries, randomEntry(rng, n))
		}
		put(t, st, entries...)
		changeSome(t, rng, st)
		ok(t, x.Sync(ctx))
		if round%4 == 3 {
			ok(t, x.Close())
			x = mustOpen(t, dir, st, Options{ReadOnly: round%8 == 3})
			if round%8 == 3 {
				ok(t, x.Close())
				x = mustOpen(t, dir, st, Options{})
			}
		}
		o := newOracle(t, st)
		checkSums(t, x, o)
		for range 10 {
			q := strings.Fields(randomText(rng))
			q = slices.DeleteFunc(q, func(w string) bool { return w == "a" || w == "the" || w == "über" })
			slices.Sort(q)
			o.check(t, x, slices.Compact(q))
		}
	}
}

// changeSome hides, brings back, moves, replaces and forgets some documents.
func changeSome(t *testing.T, rng *rand.Rand, st *store.Store) {
	t.Helper()
	var docs []store.Document
	ok(t, st.EachDocument(ctx, func(d store.Document) error { docs = append(docs, d); return nil }))
	for _, d := range docs {
		switch rng.IntN(25) {
		case 0:
			ok(t, st.Hide(ctx, d.ID))
		case 1:
			ok(t, st.Unhide(ctx, d.ID))
		case 2:
			ok(t, st.Move(ctx, []store.Relocation{{ID: d.ID, Path: d.Path + "/moved dog", Root: "/p"}}))
		case 3:
			e := randomEntry(rng, int(d.ID)+1_000_000)
			e.Document.ID, e.Document.Path = d.ID, d.Path
			put(t, st, e)
		case 4:
			ok(t, st.Forget(ctx, d.ID))
		case 5:
			ok(t, st.SetCaptions(ctx, map[store.ID][]store.Caption{d.ID: {{Text: randomText(rng)}}}))
		case 6:
			ok(t, st.SetTags(ctx, map[store.ID]store.Tags{d.ID: {All: []string{randomText(rng)}}}))
		}
	}
}

// checkSums compares the sums that the index keeps with those of the documents.
func checkSums(t *testing.T, x *Index, o *oracle) {
	t.Helper()
	want := map[string]fieldStats{}
	for _, fields := range o.docs {
		for field, terms := range fields {
			want[field] = fieldStats{want[field].Tokens + len(terms), want[field].Documents + 1}
		}
	}
	diff(t, "sums", want, x.folder.state.Fields)
	diff(t, "documents", len(o.docs), x.Len())
}

// The k best of many are those of a search that reads everything, whatever is filtered.
func TestNarrowSearchIsExact(t *testing.T) {
	const documents = 8000
	st, dir := newLibrary(t)
	z := newZipf(rand.New(rand.NewPCG(41, 42)), 3000)
	fillZipf(t, st, z, documents)
	var hidden []store.ID
	for range 100 {
		hidden = append(hidden, store.ID(z.rng.IntN(documents)+1))
	}
	slices.Sort(hidden)
	x := mustOpen(t, dir, st, Options{})
	ok(t, st.Hide(ctx, slices.Compact(hidden)...))
	ok(t, st.SetTags(ctx, map[store.ID]store.Tags{5: {All: []string{spell(1)}}, 70: {All: []string{spell(2)}}, 700: {All: []string{spell(0), spell(3)}}}))
	ok(t, st.SetCaptions(ctx, map[store.ID][]store.Caption{9: {{Text: z.caption(30), Lang: "de"}, {Text: z.caption(30)}}}))
	ok(t, x.Sync(ctx))
	narrowed := 0
	for round := range 200 {
		q := Query{}
		for range 2 + z.rng.IntN(5) {
			q.Words = append(q.Words, z.word())
		}
		if round%4 == 0 {
			q.Words = append(q.Words, spell(0)+"-"+spell(1))
		}
		if round%5 == 0 {
			q.Excluded = []string{z.rare()}
		}
		var keep func(store.ID) bool
		if round%3 == 0 {
			keep = func(id store.ID) bool { return id%3 != 0 }
		}
		want := find(t, x, q, documents, keep)
		got := find(t, x, q, 20, keep)
		diff(t, fmt.Sprint(q, " narrow"), want[:min(20, len(want))], got)
		narrowed += narrowings(t, x, q)
	}
	if narrowed < 50 {
		t.Errorf("%d searches were narrowed", narrowed)
	}
}

// narrowings returns 1 if a search for 20 is narrowed, else 0.
func narrowings(t *testing.T, x *Index, q Query) (n int) {
	t.Helper()
	ok(t, x.use(ctx, func(f *folder) error {
		return f.read(func(r index.IndexReader) error {
			p := x.planner(f.state)
			s := &scorer{ctx: ctx, reader: r, state: f.state, k: 20, filter: &filter{}, acc: &accumulator{}, hot: &hot{}}
			ok(t, s.count())
			_, err := s.run(p.clauses(q))
			if s.narrow != nil {
				n = 1
			}
			return err
		})
	}))
	return n
}
