package search

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"clipsearch/index/store"
	"clipsearch/index/text"
	"clipsearch/index/vector"
	"clipsearch/internal/vec"
)

// library is a store with fake legs over it and a fake encoder.
type library struct {
	t       *testing.T
	store   *store.Store
	text    *fakeText
	vectors *fakeVectors
	encoder *fakeEncoder
	engine  *Engine
}

// newLibrary returns a library of documents, whose vectors have three values: sea, dog, people.
func newLibrary(t *testing.T, entries ...store.Entry) *library {
	t.Helper()
	st, err := store.Open(filepath.Join(t.TempDir(), "test.clipsearch"), store.Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { st.Close() })
	if err := st.SetModel(t.Context(), store.Model{ID: "fake", Dims: 3}); err != nil {
		t.Fatal(err)
	}
	if _, err := st.Put(t.Context(), entries); err != nil {
		t.Fatal(err)
	}
	l := &library{t: t, store: st, text: &fakeText{store: st}, vectors: &fakeVectors{store: st}, encoder: &fakeEncoder{}}
	l.engine = New(Deps{Store: st, Text: l.text, Vectors: l.vectors, Encoder: l.encoder})
	return l
}

// beaches is a library of five pictures: IDs 1 to 5.
func beaches(t *testing.T) *library {
	entry := func(name, caption string, hash byte, v ...float32) store.Entry {
		e := store.Entry{Document: store.Document{
			Path: "/pics/" + name, Root: "/pics", Format: "jpeg", Hash: [32]byte{hash}, Width: 640, Height: 480, ModTime: time.Unix(int64(hash), 0)}}
		if caption != "" {
			e.Captions = []store.Caption{{Text: caption}}
		}
		e.Vector = v
		return e
	}
	l := newLibrary(t,
		entry("a.jpg", "people on a beach", 1, 1, 0, .9),
		entry("b.jpg", "a dog on the beach", 2, .8, 1, 0),
		entry("sub/c.jpg", "beach", 3),
		entry("sub/d.jpg", "", 4, .9, .1, .1),
		entry("e.png", "many people", 5, 0, 0, 1),
	)
	return l
}

// search answers q, with K 20 where it is 0.
func (l *library) search(q Query) *Result {
	l.t.Helper()
	q.K = cmp.Or(q.K, DefaultK)
	result, err := l.engine.Search(l.t.Context(), q)
	if err != nil {
		l.t.Fatal(err)
	}
	return result
}

// names returns the files of hits without their folders and extensions.
func names(r *Result) string {
	var all []string
	for _, h := range r.Hits {
		base := filepath.Base(h.Path)
		all = append(all, strings.TrimSuffix(base, filepath.Ext(base)))
	}
	return strings.Join(all, " ")
}

// fakeText scores a document by how many of the query's words its captions have.
type fakeText struct {
	store *store.Store
	err   error
	calls atomic.Int64
}

func (f *fakeText) Search(ctx context.Context, q text.Query, k int, keep func(store.ID) bool) ([]text.Match, error) {
	f.calls.Add(1)
	if f.err != nil {
		return nil, f.err
	}
	var matches []text.Match
	err := f.store.EachRecord(ctx, func(r store.Record) error {
		caption := ""
		for _, c := range r.Captions {
			caption += " " + strings.ToLower(c.Text) + " "
		}
		has := func(s string) bool { return strings.Contains(caption, " "+strings.ToLower(s)+" ") }
		if slices.ContainsFunc(q.Excluded, has) || slices.ContainsFunc(q.Phrases, func(p string) bool { return !has(p) }) {
			return nil
		}
		m := text.Match{ID: r.Document.ID, Score: float64(len(q.Phrases))}
		for _, word := range q.Words {
			if has(word) {
				m.Score++
			}
		}
		if m.Score == 0 {
			return nil
		}
		m.Score += 1 / float64(len(caption))
		if !r.Document.Hidden && (keep == nil || keep(m.ID)) {
			matches = append(matches, m)
		}
		return nil
	})
	slices.SortStableFunc(matches, func(a, b text.Match) int { return cmp.Compare(b.Score, a.Score) })
	return matches[:min(k, len(matches))], err
}

// Terms returns the words of the query that are in the captions.
func (f *fakeText) Terms(_ context.Context, q text.Query, records []store.Record) ([][]string, error) {
	out := make([][]string, len(records))
	for i, r := range records {
		for _, c := range r.Captions {
			for _, word := range strings.Fields(strings.ToLower(c.Text)) {
				if slices.Contains(q.Words, word) && !slices.Contains(out[i], word) {
					out[i] = append(out[i], word)
				}
			}
		}
		slices.Sort(out[i])
	}
	return out, f.err
}

// fakeVectors scans the store.
type fakeVectors struct {
	store *store.Store
	err   error
}

func (f *fakeVectors) Search(ctx context.Context, q []float32, k int, opts vector.Options) ([]vector.Neighbor, error) {
	if f.err != nil {
		return nil, f.err
	}
	var all []vector.Neighbor
	err := f.store.EachDocument(ctx, func(d store.Document) error {
		v, err := f.store.Vector(d.ID)
		if v != nil && !d.Hidden && (opts.Keep == nil || opts.Keep(d.ID)) {
			all = append(all, vector.Neighbor{ID: d.ID, Similarity: vec.Dot(q, v)})
		}
		return err
	})
	slices.SortStableFunc(all, func(a, b vector.Neighbor) int { return cmp.Compare(b.Similarity, a.Similarity) })
	return all[:min(k, len(all))], err
}

// fakeEncoder knows sea (and beach), dog and people; a picture is the text that its bytes spell.
type fakeEncoder struct {
	err   error
	calls atomic.Int64
}

func (f *fakeEncoder) EncodeTexts(ctx context.Context, texts []string) ([][]float32, error) {
	f.calls.Add(1)
	if f.err != nil {
		return nil, f.err
	}
	var vectors [][]float32
	for _, s := range texts {
		v := []float32{.01, .01, .01}
		for _, word := range strings.Fields(s) {
			if i, ok := map[string]int{"beach": 0, "sea": 0, "dog": 1, "people": 2}[word]; ok {
				v[i]++
			}
		}
		vec.Normalize(v)
		vectors = append(vectors, v)
	}
	return vectors, nil
}

func (f *fakeEncoder) EncodeImage(ctx context.Context, data []byte) ([]float32, error) {
	if !strings.HasPrefix(string(data), "picture of ") {
		return nil, errors.New("not a picture")
	}
	vectors, err := f.EncodeTexts(ctx, []string{string(data[len("picture of "):])})
	if err != nil {
		return nil, err
	}
	return vectors[0], nil
}

func TestModes(t *testing.T) {
	l := beaches(t)
	for _, test := range []struct {
		query Query
		want  string
	}{
		{Query{Text: "beach dog", Mode: ModeText}, "b c a"},
		{Query{Text: "beach", Mode: ModeVector}, "d a b e"},
		{Query{Text: "beach"}, "a b c d e"},
		{Query{Text: `"people on"`, Mode: ModeText}, "a"},
		{Query{Text: "beach -people", Mode: ModeText}, "c b"},
		{Query{Text: "beach -people"}, "c b d"},
		{Query{Text: "beach -people", Fusion: FusionRRF, TextWeight: 1, VectorWeight: 1}, "b c d"},
		{Query{Text: "beach -people", Mode: ModeVector}, "d b"},
		{Query{Text: "beach - people", Mode: ModeVector}, "d b a e"},
		{Query{Text: "beach - people", Mode: ModeText}, "c b"},
		{Query{Text: "beach + 3:dog", Mode: ModeVector}, "b d a e"},
		{Query{Terms: []Term{{Kind: TermText, Text: "beach"}, {Kind: TermText, Text: "people", Weight: -1}}, Mode: ModeVector}, "d b a e"},
		{Query{Terms: []Term{{Kind: TermLike, ID: 5}}}, "e a d b"},
		{Query{Terms: []Term{{Kind: TermLike, ID: 5}}, Filter: Filter{Without: []store.ID{5}}}, "a d b"},
		{Query{Terms: []Term{{Kind: TermImage, Image: []byte("picture of dog")}}, Mode: ModeVector}, "b d a e"},
		{Query{Text: "dog", TextWeight: 1}, "b"},
		{Query{Text: "people", VectorWeight: 1}, "e a d b"},
		{Query{Text: "zebra", Mode: ModeText}, ""},
	} {
		if got := names(l.search(test.query)); got != test.want {
			t.Errorf("%+v finds %q, want %q", test.query, got, test.want)
		}
	}
}

// TestBareHits: they are the same hits in the same order, and nothing is said of them.
func TestBareHits(t *testing.T) {
	l := beaches(t)
	for _, q := range []Query{{Text: "beach dog", Mode: ModeText}, {Text: "beach", Mode: ModeVector}, {Text: "beach -people"}, {Text: "beach", K: 2, Offset: 1}} {
		whole := l.search(q)
		q.Bare = true
		bare := l.search(q)
		want := make([]Hit, len(whole.Hits))
		for i, h := range whole.Hits {
			want[i] = Hit{Rank: h.Rank, ID: h.ID, Score: h.Score, Ranks: h.Ranks}
		}
		if diff := gocmp.Diff(want, bare.Hits); diff != "" || bare.Total != whole.Total {
			t.Errorf("%+v: %d of %d (-whole +bare):\n%s", q, bare.Total, whole.Total, diff)
		}
	}
}

func TestHitsSayWhatIsKnown(t *testing.T) {
	l := beaches(t)
	result := l.search(Query{Text: "beach", Explain: true, K: 4, Fusion: FusionRRF, TextWeight: 1, VectorWeight: 1})
	raw, err := json.Marshal(result.Hits[0])
	if err != nil {
		t.Fatal(err)
	}
	got := string(raw)
	for _, part := range []string{
		`{"rank":1,"id":1,"path":"/pics/a.jpg","score":0.03`, `"similarity":0.7`, `"ranks":{"text":2,"vector":2}`,
		`"captions":["people on a beach"],"terms":["beach"],"width":640,"height":480,"explain":[{"leg":"text","rank":2,`,
	} {
		if !strings.Contains(got, part) {
			t.Errorf("the first hit is %s, without %s", got, part)
		}
	}
	for _, h := range result.Hits {
		sum := 0.0
		for _, share := range h.Explain {
			sum += share.Contribution
		}
		if sum != h.Score {
			t.Errorf("the shares of %d add up to %v, its score is %v", h.ID, sum, h.Score)
		}
	}
	unseen := l.search(Query{Text: "beach", K: 20}).Hits[2] // c.jpg has no vector
	raw, _ = json.Marshal(unseen)
	if want := `{"rank":3,"id":3,"path":"/pics/sub/c.jpg","score":` + fmt.Sprint(unseen.Score) +
		`,"ranks":{"text":1},"captions":["beach"],"terms":["beach"],"width":640,"height":480}`; string(raw) != want {
		t.Errorf("the hit without a vector is\n%s, want\n%s", raw, want)
	}
}

func TestSimilarityOfHitsOfTheWordsAlone(t *testing.T) {
	l := beaches(t)
	l.vectors.store = newLibrary(t).store // finds nothing
	for _, h := range l.search(Query{Text: "beach"}).Hits {
		if h.Ranks.Vector != 0 || (h.Similarity != nil) != (h.ID != 3) {
			t.Errorf("hit %d has ranks %+v, similarity %v", h.ID, h.Ranks, h.Similarity)
		}
	}
}

func TestTextModeNeverCallsTheEncoder(t *testing.T) {
	l := beaches(t)
	l.search(Query{Text: "2:beach - people", Mode: ModeText, Terms: []Term{{Kind: TermImage, Image: []byte("x")}}})
	l.search(Query{Text: "beach", TextWeight: 1})
	l.search(Query{Terms: []Term{{Kind: TermLike, ID: 1}}})
	if calls := l.encoder.calls.Load(); calls != 0 {
		t.Errorf("the encoder was called %d times", calls)
	}
}

func TestTextsAreEncodedOnce(t *testing.T) {
	l := beaches(t)
	for offset := range 3 {
		l.search(Query{Text: "beach + dog", Offset: offset})
		l.search(Query{Terms: []Term{{Kind: TermImage, Image: []byte("picture of dog")}}, Offset: offset})
	}
	if calls := l.encoder.calls.Load(); calls != 2 {
		t.Errorf("the encoder was called %d times, want 2", calls)
	}
}

func TestOneLegAnswersForBoth(t *testing.T) {
	broken := errors.New("broken")
	tests := []struct {
		name    string
		spoil   func(*library)
		query   Query
		want    string // names
		note    string
		wantErr error
	}{
		{"encoder fails", func(l *library) { l.encoder.err = broken }, Query{Text: "beach"}, "c a b", "searched by words alone: no model to turn the query into a vector: broken", nil},
		{"encoder fails, vectors only", func(l *library) { l.encoder.err = broken }, Query{Text: "beach", Mode: ModeVector}, "", "", broken},
		{"encoder fails, words only", func(l *library) { l.encoder.err = broken }, Query{Text: "beach", Mode: ModeText}, "c a b", "", nil},
		{"no encoder", func(l *library) { l.engine.encoder = nil }, Query{Text: "beach"}, "c a b", "searched by words alone: no model", nil},
		{"no encoder, vectors only", func(l *library) { l.engine.encoder = nil }, Query{Text: "beach", Mode: ModeVector}, "", "", ErrNoEncoder},
		{"no encoder, picture", func(l *library) { l.engine.encoder = nil }, Query{Terms: []Term{{Kind: TermImage, Image: []byte("x")}}}, "", "", ErrNoEncoder},
		{"words not ready", func(l *library) { l.text.err = text.ErrNotReady }, Query{Text: "beach"}, "d a b e", "still being prepared", nil},
		{"words not ready, words only", func(l *library) { l.text.err = text.ErrNotReady }, Query{Text: "beach", Mode: ModeText}, "", "", text.ErrNotReady},
		{"words fail", func(l *library) { l.text.err = broken }, Query{Text: "beach"}, "d a b e", "the words could not be searched: broken", nil},
		{"words fail, words only", func(l *library) { l.text.err = broken }, Query{Text: "beach", Mode: ModeText}, "", "", broken},
		{"both fail", func(l *library) { l.text.err, l.vectors.err = broken, errors.New("too") }, Query{Text: "beach"}, "", "", broken},
		{"terms cancel out", func(*library) {}, Query{Text: "dog - dog"}, "", "cancel each other out", nil},
		{"terms cancel out, vectors only", func(*library) {}, Query{Text: "dog - dog", Mode: ModeVector}, "", "", ErrCancelled},
		{"other model", func(l *library) { l.engine.encoder = wideEncoder{} }, Query{Text: "beach"}, "c a b", "made with another model", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l := beaches(t)
			test.spoil(l)
			test.query.K = 20
			result, err := l.engine.Search(t.Context(), test.query)
			if !errors.Is(err, test.wantErr) {
				t.Fatalf("error %v, want %v", err, test.wantErr)
			}
			if err != nil {
				return
			}
			if got := names(result); got != test.want {
				t.Errorf("found %q, want %q", got, test.want)
			}
			if notes := strings.Join(result.Notes, "; "); !strings.Contains(notes, test.note) {
				t.Errorf("notes %q, want %q", notes, test.note)
			}
			if want := test.note != ""; result.Partial != want {
				t.Errorf("partial is %v", result.Partial)
			}
		})
	}
}

// wideEncoder is of a model with longer vectors.
type wideEncoder struct{ *fakeEncoder }

func (wideEncoder) EncodeTexts(context.Context, []string) ([][]float32, error) {
	return [][]float32{{1, 0, 0, 0}}, nil
}

func TestLibraryWithoutModel(t *testing.T) {
	st, err := store.Open(filepath.Join(t.TempDir(), "l"), store.Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	_, err = st.Put(t.Context(), []store.Entry{{
		Document: store.Document{Path: "/a.jpg"}, Captions: []store.Caption{{Text: "beach"}}}})
	if err != nil {
		t.Fatal(err)
	}
	encoder := &fakeEncoder{}
	engine := New(Deps{Store: st, Text: &fakeText{store: st}, Vectors: &fakeVectors{store: st}, Encoder: encoder})
	result, err := engine.Search(t.Context(), Query{Text: "beach", K: 5})
	if err != nil || len(result.Hits) != 1 || len(result.Notes) != 1 || encoder.calls.Load() != 0 {
		t.Errorf("got %+v, %v with %d calls of the encoder; want a hit and a note", result, err, encoder.calls.Load())
	}
	if _, err := engine.Search(t.Context(), Query{Text: "beach", K: 5, Mode: ModeVector}); !errors.Is(err, ErrNoVectors) {
		t.Errorf("mode vector gives %v, want ErrNoVectors", err)
	}
}

func TestBadQueries(t *testing.T) {
	l := beaches(t)
	if err := l.store.Hide(t.Context(), 5); err != nil {
		t.Fatal(err)
	}
	text := func(s string) Query { return Query{Text: s, K: 20} }
	like := func(id store.ID) Query { return Query{Text: "beach", Terms: []Term{{Kind: TermLike, ID: id}}, K: 20} }
	nan := 0.0
	nan /= nan
	for _, test := range []struct {
		query Query
		want  error
	}{
		{text(""), ErrEmptyQuery},
		{text(" \t\x00"), ErrEmptyQuery},
		{text("+ - ?"), ErrEmptyQuery},
		{text("-people"), ErrEmptyQuery},
		{Query{Terms: []Term{{Kind: TermText, Text: "!"}}, K: 20}, ErrEmptyQuery},
		{Query{Terms: []Term{{Kind: TermLike, ID: 1}}, K: 20, Mode: ModeText}, ErrEmptyQuery},
		{Query{Terms: []Term{{Kind: TermLike, ID: 1}}, K: 20, TextWeight: 1}, ErrEmptyQuery},
		{Query{Text: "beach"}, ErrBadQuery},
		{Query{Text: "beach", K: -1}, ErrBadQuery},
		{Query{Text: "beach", K: 1_000_000_000}, ErrBadQuery},
		{Query{Text: "beach", K: 20, Offset: -1}, ErrBadQuery},
		{Query{Text: "beach", K: 20, Offset: 1 << 62}, ErrBadQuery},
		{Query{Text: "beach", K: 20, Mode: "magic"}, ErrBadQuery},
		{Query{Text: "beach", K: 20, Sort: "size"}, ErrBadQuery},
		{Query{Text: "beach", K: 20, Fusion: "cold"}, ErrBadQuery},
		{Query{Text: "beach", K: 20, TextWeight: -1}, ErrBadQuery},
		{Query{Text: "beach", K: 20, VectorWeight: nan}, ErrBadQuery},
		{Query{Text: "beach", K: 20, Filter: Filter{Types: []string{"docx"}}}, ErrBadQuery},
		{Query{Terms: []Term{{Kind: "sound"}}, K: 20}, ErrBadQuery},
		{Query{Terms: []Term{{Kind: TermText, Text: "a", Weight: nan}}, K: 20}, ErrBadQuery},
		{Query{Terms: make([]Term, 65), K: 20}, ErrBadQuery},
		{like(77), ErrGone},
		{like(0), ErrGone},
		{like(5), ErrGone},
		{Query{Text: "beach", Terms: []Term{{Kind: TermImage}}, K: 20}, ErrBadPicture},
		{Query{Text: "beach", Terms: []Term{{Kind: TermImage, Image: []byte("%PDF")}}, K: 20}, ErrBadPicture},
		{Query{Terms: []Term{{Kind: TermLike, ID: 3}}, K: 20}, ErrNoVectors},
	} {
		if _, err := l.engine.Search(t.Context(), test.query); !errors.Is(err, test.want) {
			t.Errorf("%.200v gives %v, want %v", test.query, err, test.want)
		}
	}
}

func TestEndlessQueriesAreAnswered(t *testing.T) {
	l := beaches(t)
	for _, text := range []string{
		strings.Repeat("beach ", 10_000), strings.Repeat("x", 100_000), strings.Repeat(`"a b" `, 5_000) + "c",
		"beach" + strings.Repeat(" -people", 5_000), strings.Repeat("a + ", 5_000), strings.Repeat("\x00\x1b ", 3_000) + "beach",
	} {
		l.search(Query{Text: text})
	}
}

func TestCancelled(t *testing.T) {
	l := beaches(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.engine.Search(ctx, Query{Text: "beach", K: 20}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}

// many returns a library of n pictures of which each hundredth is a PNG, all equally captioned.
func many(t *testing.T, n int) *library {
	var entries []store.Entry
	for i := range n {
		format, name := "jpeg", fmt.Sprintf("/pics/%05d.jpg", i)
		if i%100 == 99 {
			format = "png"
		}
		v := []float32{1, float32(i) / float32(n), float32(i%7) / 7}
		entries = append(entries, store.Entry{
			Document: store.Document{Path: name, Root: "/pics", Format: format, ModTime: time.Unix(int64(i), 0)},
			Captions: []store.Caption{{Text: "beach " + strings.Repeat("x ", i%5)}}, Vector: v,
		})
	}
	return newLibrary(t, entries...)
}

func TestFiltersKeepTheirRecall(t *testing.T) {
	l := many(t, 2000)
	for _, mode := range []Mode{ModeHybrid, ModeText, ModeVector} {
		result := l.search(Query{Text: "beach", Mode: mode, K: 15, All: true, Filter: Filter{Types: []string{"png"}}})
		if len(result.Hits) != 15 || result.Total != 20 || result.More {
			t.Errorf("%s: %d hits of %d (more: %v), want 15 of 20", mode, len(result.Hits), result.Total, result.More)
		}
	}
	result := l.search(Query{Text: "beach", Filter: Filter{Folder: "/elsewhere"}})
	if len(result.Hits) != 0 || len(result.Notes) != 1 {
		t.Errorf("no folder: %d hits, notes %q", len(result.Hits), result.Notes)
	}
	if err := l.store.Hide(t.Context(), 100); err != nil { // the filter's set is not kept beyond a change
		t.Fatal(err)
	}
	result = l.search(Query{Text: "beach", K: 30, All: true, Filter: Filter{Types: []string{"png"}}})
	if len(result.Hits) != 19 {
		t.Errorf("after hiding one: %d hits, want 19", len(result.Hits))
	}
}

func TestExclusionKeepsItsRecall(t *testing.T) {
	l := many(t, 2000)
	captions := map[store.ID][]store.Caption{}
	for id := store.ID(201); id <= 2000; id++ {
		captions[id] = []store.Caption{{Text: "beach people"}}
	}
	if err := l.store.SetCaptions(t.Context(), captions); err != nil {
		t.Fatal(err)
	}
	for _, mode := range []Mode{ModeHybrid, ModeText, ModeVector} {
		result := l.search(Query{Text: "dog beach -people", Mode: mode, All: true, K: 150})
		if len(result.Hits) != 150 || slices.ContainsFunc(result.Hits, func(h Hit) bool { return h.ID > 200 }) {
			t.Errorf("%s: %d hits, want 150 without people", mode, len(result.Hits))
		}
	}
}

func TestPagesJoinUp(t *testing.T) {
	l := many(t, 300)
	all := l.search(Query{Text: "beach", Mode: ModeText, K: 300})
	if all.Total != 300 || all.More {
		t.Errorf("total %d, more %v; want 300, false", all.Total, all.More)
	}
	var pages []store.ID
	for offset := 0; offset < 320; offset += 40 {
		for i, h := range l.search(Query{Text: "beach", Mode: ModeText, K: 40, Offset: offset}).Hits {
			if h.Rank != offset+i+1 {
				t.Fatalf("hit %d of the page at %d has rank %d", i, offset, h.Rank)
			}
			pages = append(pages, h.ID)
		}
	}
	var whole []store.ID
	for _, h := range all.Hits {
		whole = append(whole, h.ID)
	}
	if diff := gocmp.Diff(whole, pages); diff != "" {
		t.Errorf("pages (-whole +pages):\n%s", diff)
	}
	first := l.search(Query{Text: "beach", K: 20})
	if !first.More || first.Total < 100 {
		t.Errorf("first page: total %d, more %v; want at least 100 and more", first.Total, first.More)
	}
}

func TestSortScopes(t *testing.T) {
	l := many(t, 300)
	newest := l.search(Query{Text: "beach", Mode: ModeText, Sort: SortDate, K: 3})
	if got := names(newest); got != "00299 00298 00297" {
		t.Errorf("the newest matches are %s", got)
	}
	next := l.search(Query{Text: "beach", Mode: ModeText, Sort: SortDate, K: 3, Offset: 3})
	if got := names(next); got != "00296 00295 00294" {
		t.Errorf("the next newest matches are %s", got)
	}
	best := l.search(Query{Text: "beach", Mode: ModeVector, K: 5, All: true})
	sorted := l.search(Query{Text: "beach", Mode: ModeVector, K: 5, All: true, Sort: SortName})
	a, b := strings.Fields(names(best)), strings.Fields(names(sorted))
	slices.Sort(a)
	if !slices.Equal(a, b) {
		t.Errorf("by name %v, want the five best in that order: %v", b, a)
	}
}

func TestDedupe(t *testing.T) {
	entry := func(name string, hash byte, v ...float32) store.Entry {
		return store.Entry{Vector: v, Captions: []store.Caption{{Text: "beach"}},
			Document: store.Document{Path: "/" + name, Hash: [32]byte{hash}}}
	}
	entries := []store.Entry{
		entry("copy", 1, 1, 0, 0), entry("copy2", 1, 1, 0, 0), entry("resized", 2, 1, .1, 0), entry("other", 3, .8, .6, 0),
		entry("unseen", 4), entry("unseen2", 4), entry("unhashed", 0), entry("unhashed2", 0),
	}
	for i := range 500 { // a burst that fills the first window
		entries = append(entries, entry(fmt.Sprintf("burst%03d", i), byte(5+i%100), 1, 0, .4+float32(i)/1e5))
	}
	l := newLibrary(t, entries...)
	result := l.search(Query{Text: "beach", Mode: ModeVector, Dedupe: true, All: true, K: 3})
	if len(result.Hits) != 3 || result.Hits[0].Duplicates != 2 {
		t.Fatalf("found %s, the first with %d hidden; want 3 with 2", names(result), result.Hits[0].Duplicates)
	}
	if got := names(result); got != "copy other burst000" && got != "copy burst000 other" {
		t.Errorf("found %s", got)
	}
	result = l.search(Query{Text: "beach", Mode: ModeText, Dedupe: true, K: 20})
	if got := names(result); got != "copy other unseen unhashed unhashed2 burst000" {
		t.Errorf("by words found %s", got)
	}
	if plain := l.search(Query{Text: "beach", Mode: ModeText, K: 20}); len(plain.Hits) != 20 || plain.Hits[0].Duplicates != 0 {
		t.Errorf("without dedupe: %d hits", len(plain.Hits))
	}
}
