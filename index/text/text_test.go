package text

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clipsearch/index/store"
)

var ctx = context.Background()

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func diff(t testing.TB, what string, want, got any) {
	t.Helper()
	if reflect.DeepEqual(want, got) {
		return
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

// newLibrary returns an empty store and a folder for its index.
func newLibrary(t testing.TB) (st *store.Store, dir string) {
	t.Helper()
	base := t.TempDir()
	st, err := store.Open(filepath.Join(base, "l"), store.Options{Create: true})
	ok(t, err)
	t.Cleanup(func() { st.Close() })
	return st, filepath.Join(base, "cache", "text")
}

func mustOpen(t testing.TB, dir string, st *store.Store, opts Options) *Index {
	t.Helper()
	x, err := Open(ctx, dir, st, opts)
	ok(t, err)
	t.Cleanup(func() { x.Close() })
	return x
}

// entry makes a document with captions; "de:ein Hund" is German.
func entry(path string, captions ...string) store.Entry {
	e := store.Entry{Document: store.Document{Path: path, Root: "/p"}}
	for _, c := range captions {
		lang := ""
		if len(c) > 2 && c[2] == ':' {
			lang, c = c[:2], c[3:]
		}
		e.Captions = append(e.Captions, store.Caption{Text: c, Lang: lang})
	}
	return e
}

func put(t testing.TB, st *store.Store, entries ...store.Entry) []store.ID {
	t.Helper()
	ids, err := st.Put(ctx, entries)
	ok(t, err)
	return ids
}

func find(t testing.TB, x *Index, q Query, k int, keep func(store.ID) bool) []Match {
	t.Helper()
	got, err := x.Search(ctx, q, k, keep)
	ok(t, err)
	return got
}

// found returns the IDs of all matches, sorted.
func found(t testing.TB, x *Index, q Query) []store.ID {
	t.Helper()
	out := []store.ID{}
	for _, m := range find(t, x, q, 1000, nil) {
		if m.Score <= 0 {
			t.Errorf("document %d has score %v", m.ID, m.Score)
		}
		out = append(out, m.ID)
	}
	slices.Sort(out)
	return out
}

func words(s string) Query { return Query{Words: strings.Fields(s)} }

func TestQueries(t *testing.T) {
	st, dir := newLibrary(t)
	camera := entry("/p/D9/x.jpg", "nothing")
	camera.Document.Camera = "NIKON D90"
	tagged := entry("/p/y.jpg")
	tagged.Document.Tags = []string{"SeaLake", "annual_crop"}
	tagged.Document.Place = "Old Town, Łódź"
	put(t, st,
		entry("/p/a.jpg", "A dog is running in the snow", "Two boys and a cat"),                  // 1
		entry("/p/Holiday 2019/snowDogs_12-HTMLPage.jpeg", "The man who sits"),                   // 2
		entry("/p/c.jpg", "de:Zwei Hunde laufen über den grünen Fluß", "fr:les garçons à l'île"), // 3
		entry("/p/d.jpg", "snow on a dog", "Café in Málaga, man's best"),                         // 4
		entry("/p/e.jpg", "ja:東京都の犬", "pl:Zażółć gęślą", "the who"),                              // 5
		camera, // 6
		tagged, // 7
		entry("/elsewhere/Mountains/peak.png", "don't stop 3.5 t-shirts"), // 8
		entry("/p/cafe\u0301 noir.jpg"),                                   // 9, decomposed as macOS does
	)
	x := mustOpen(t, dir, st, Options{})
	for _, tc := range []struct {
		name string
		q    Query
		want []store.ID
	}{
		{"stemmed", words("dogs"), []store.ID{1, 2, 4}},
		{"stemmed, other form", words("run"), []store.ID{1}},
		{"upper case", words("DOG"), []store.ID{1, 2, 4}},
		{"any of several", words("cat holiday"), []store.ID{1, 2}},
		{"accents missing", words("cafe"), []store.ID{4, 9}},
		{"accents typed", words("CAFÉS"), []store.ID{4, 9}},
		{"accents decomposed", words("cafe\u0301"), []store.ID{4, 9}},
		{"possessive", words("man"), []store.ID{2, 4}},
		{"stop word beside others", words("the cat"), []store.ID{1}},
		{"stop words alone", words("the who"), []store.ID{1, 2, 5}},
		{"German stem", words("hund"), []store.ID{3}},
		{"German umlaut", words("grun"), []store.ID{3}},
		{"German ß", words("fluss"), []store.ID{3}},
		{"French", words("garcon ile"), []store.ID{3}},
		{"Japanese", words("東京"), []store.ID{5}},
		{"Japanese, not there", words("京東"), []store.ID{}},
		{"a language without analyzer", words("zazolc"), []store.ID{5}},
		{"folder", words("holidays"), []store.ID{2}},
		{"place", words("lodz"), []store.ID{7}},
		{"digits of a name", words("2019"), []store.ID{2}},
		{"name split on case", words("page"), []store.ID{2}},
		{"name as a word", words("snowDogs_12"), []store.ID{2}},
		{"extension", words("jpg"), []store.ID{}},
		{"outside of the root", words("mountain"), []store.ID{8}},
		{"camera", words("d90"), []store.ID{6}},
		{"tag split", words("lake"), []store.ID{7}},
		{"tag as a word", words("SeaLake"), []store.ID{7}},
		{"word of several terms: all needed", words("t-shirt"), []store.ID{8}},
		{"apostrophe", words("don't"), []store.ID{8}},
		{"number", words("3.5"), []store.ID{8}},

		{"phrase", Query{Phrases: []string{"dog is running"}}, []store.ID{1}},
		{"phrase with stop words", Query{Phrases: []string{"in the snow"}}, []store.ID{1}},
		{"phrase of one word as typed", Query{Phrases: []string{"dogs"}}, []store.ID{2}}, // in a name
		{"phrase across captions", Query{Phrases: []string{"snow two"}}, []store.ID{}},
		{"phrase in a name", Query{Phrases: []string{"snow dogs"}}, []store.ID{2}},
		{"phrase in a tag", Query{Phrases: []string{"annual crop"}}, []store.ID{7}},
		{"phrase with accents", Query{Phrases: []string{"cafe in malaga"}}, []store.ID{4}},
		{"phrase in German", Query{Phrases: []string{"den grünen"}}, []store.ID{3}},
		{"two phrases", Query{Phrases: []string{"a dog", "two boys"}}, []store.ID{1}},
		{"phrase and word", Query{Words: []string{"cat"}, Phrases: []string{"a dog"}}, []store.ID{1, 4}},
		{"phrase without letters", Query{Words: []string{"cat"}, Phrases: []string{"..."}}, []store.ID{1}},

		{"excluded word", Query{Words: []string{"dog"}, Excluded: []string{"cats"}}, []store.ID{2, 4}},
		{"excluded name", Query{Words: []string{"dog"}, Excluded: []string{"html"}}, []store.ID{1, 4}},
		{"excluded phrase", Query{Words: []string{"dog"}, Excluded: []string{"in the snow"}}, []store.ID{2, 4}},
		{"excluded stop word", Query{Words: []string{"man"}, Excluded: []string{"who"}}, []store.ID{4}},
		{"only excluded", Query{Excluded: []string{"cat"}}, []store.ID{}},

		{"beginning", Query{Words: []string{"runn"}, Prefix: true}, []store.ID{1}},
		{"beginning, not asked for", words("runn"), []store.ID{}},
		{"beginning of a name", Query{Words: []string{"holi"}, Prefix: true}, []store.ID{2}},
		{"beginning, accents", Query{Words: []string{"MÁL"}, Prefix: true}, []store.ID{4}},
		{"beginning of a stop word", Query{Words: []string{"th"}, Prefix: true}, []store.ID{1, 2, 5}},
		{"beginning after a word", Query{Words: []string{"cat", "sit"}, Prefix: true}, []store.ID{1, 2}},
		{"complete word in another form", Query{Words: []string{"sitting"}, Prefix: true}, []store.ID{2}},

		{"empty", Query{}, []store.ID{}},
		{"empty words", Query{Words: []string{"", " "}, Prefix: true}, []store.ID{}},
		{"punctuation", Query{Words: []string{"*", "~", "?", "\"", "+-", ":"}}, []store.ID{}},
		{"query syntax is text", words("caption:dog man~9 dog* (cat)"), []store.ID{1, 2, 4}},
		{"operators are stop words", words("cat AND NOT"), []store.ID{1}},
		{"not UTF-8", words("\xff\xfe cat"), []store.ID{1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			diff(t, "IDs", tc.want, found(t, x, tc.q))
		})
	}
}

func TestTerms(t *testing.T) {
	st, dir := newLibrary(t)
	tagged := entry("/p/Beach-Dogs.jpg", "Two DOGS, running by the café", "a dog's life", "de:Hunde laufen")
	tagged.Document.Tags = []string{"running track"}
	put(t, st, tagged)
	x := mustOpen(t, dir, st, Options{})
	for _, tc := range []struct {
		q    Query
		want []string
	}{
		{words("dog"), []string{"dog's", "dogs"}},
		{words("run cafe"), []string{"café", "running"}},
		{words("beach hund"), []string{"beach", "hunde"}},
		{Query{Words: []string{"ru"}, Prefix: true}, []string{"running"}},
		{Query{Phrases: []string{"by the"}}, []string{"by", "the"}},
		{words("zebra"), nil},
	} {
		records, err := st.Records([]store.ID{1})
		ok(t, err)
		got, err := x.Terms(ctx, tc.q, records)
		ok(t, err)
		diff(t, fmt.Sprint(tc.q), [][]string{tc.want}, got)
	}
}

// More and rarer words, shorter captions and stronger fields rank first; ties by ID.
func TestRanking(t *testing.T) {
	st, dir := newLibrary(t)
	var entries []store.Entry
	for i := range 20 {
		entries = append(entries, entry(fmt.Sprintf("/p/f%d.jpg", i), "a man walks along some long street"))
	}
	tagged := entry("/p/t.jpg")
	tagged.Document.Tags = []string{"zebra"}
	put(t, st, append(entries,
		entry("/p/zebra.jpg", "some text"),                          // 21
		entry("/p/y.jpg", "a zebra and more words than the others"), // 22
		tagged,                              // 23
		entry("/p/z.jpg", "zebra umbrella"), // 24
		entry("/p/zz.jpg", "zebra zebra"),   // 25
	)...)
	x := mustOpen(t, dir, st, Options{})
	order := func(q Query, k int) (ids []store.ID) {
		for _, m := range find(t, x, q, k, nil) {
			ids = append(ids, m.ID)
		}
		return ids
	}
	got := order(words("zebra"), 9)
	diff(t, "repeated first", store.ID(25), got[0])
	diff(t, "name last", store.ID(21), got[len(got)-1])
	if slices.Index(got, 24) > slices.Index(got, 22) {
		t.Errorf("a shorter caption comes later: %v", got)
	}
	diff(t, "both words first", store.ID(24), order(words("umbrella zebra"), 9)[0])
	diff(t, "ties by ID", []store.ID{1, 2, 3}, order(words("street"), 3))
	diff(t, "nothing", 0, len(order(words("street"), 0)))
}

// A filter that lets little pass still yields k matches, the same ones as without it.
func TestKeep(t *testing.T) {
	st, dir := newLibrary(t)
	var entries []store.Entry
	for i := range 500 {
		entries = append(entries, entry(fmt.Sprintf("/p/%d.jpg", i), strings.Repeat("filler ", i%40)+"dog"))
	}
	put(t, st, entries...)
	x := mustOpen(t, dir, st, Options{})
	keep := func(id store.ID) bool { return id%50 == 7 }
	var want []Match
	for _, m := range find(t, x, words("dog"), 1000, nil) {
		if keep(m.ID) {
			want = append(want, m)
		}
	}
	diff(t, "matches", 10, len(want))
	diff(t, "all", want, find(t, x, words("dog"), 10, keep))
	diff(t, "some", want[:3], find(t, x, words("dog"), 3, keep))
}

func TestFollow(t *testing.T) {
	st, dir := newLibrary(t)
	x := mustOpen(t, dir, st, Options{})
	check := func(q string, want ...store.ID) {
		t.Helper()
		ok(t, x.Sync(ctx))
		diff(t, q, append([]store.ID{}, want...), found(t, x, words(q)))
	}
	check("dog")
	ids := put(t, st, entry("/p/one.jpg", "a dog"), entry("/p/two.jpg", "a dog and a cat"), entry("/p/three.jpg"))
	check("dog", ids[0], ids[1])
	ok(t, st.SetCaptions(ctx, map[store.ID][]store.Caption{ids[2]: {{Text: "dogs"}}, ids[0]: nil}))
	check("dog", ids[1], ids[2])
	ok(t, st.Hide(ctx, ids[1]))
	check("dog", ids[2])
	check("cat")
	diff(t, "documents", 2, x.Len())
	ok(t, st.Unhide(ctx, ids[1]))
	check("cat", ids[1])
	ok(t, st.Move(ctx, []store.Relocation{{ID: ids[1], Path: "/p/beach/four.jpg", Root: "/p"}}))
	check("beach", ids[1])
	check("two")
	ok(t, st.SetTags(ctx, map[store.ID]store.Tags{ids[0]: {All: []string{"sunny"}}}))
	check("sunny", ids[0])
	ok(t, st.Forget(ctx, ids[1]))
	check("beach")
	check("dog", ids[2])
	diff(t, "documents", 2, x.Len())
}

func TestClosed(t *testing.T) {
	st, dir := newLibrary(t)
	x := mustOpen(t, dir, st, Options{})
	ok(t, x.Close())
	ok(t, x.Close())
	if _, err := x.Search(ctx, words("dog"), 1, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("search: %v", err)
	}
	if err := x.Sync(ctx); !errors.Is(err, ErrClosed) {
		t.Errorf("sync: %v", err)
	}
	diff(t, "documents", 0, x.Len())
}

func TestCancelled(t *testing.T) {
	st, dir := newLibrary(t)
	put(t, st, entry("/p/a", "dog"))
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := Open(cancelled, dir, st, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("open: %v", err)
	}
	x := mustOpen(t, dir, st, Options{})
	if _, err := x.Search(cancelled, words("dog"), 1, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("search: %v", err)
	}
	put(t, st, entry("/p/b", "dog"))
	if err := x.Sync(cancelled); !errors.Is(err, context.Canceled) {
		t.Errorf("sync: %v", err)
	}
	ok(t, x.Sync(ctx))
	diff(t, "found", []store.ID{1, 2}, found(t, x, words("dog")))
}

// No text of a user makes a search fail.
func FuzzSearch(f *testing.F) {
	st, dir := newLibrary(f)
	put(f, st, entry("/p/a b/c.jpg", "the dog's café 東京 3.5", "de:Straße"), entry("/p/d", "x"))
	x := mustOpen(f, dir, st, Options{})
	for _, s := range []string{"", "dog", "AND", "caption:", "man~9", "\"", "東京都", "a\x00b", "\xff", "ﬁ", "e\u0301"} {
		f.Add(s, s, s, true)
	}
	f.Fuzz(func(t *testing.T, word, phrase, excluded string, prefix bool) {
		q := Query{Words: []string{"dog", word}, Phrases: []string{phrase}, Excluded: []string{excluded}, Prefix: prefix}
		for _, m := range find(t, x, q, 5, nil) {
			if m.Score <= 0 || m.ID == 0 {
				t.Errorf("%+v", m)
			}
		}
	})
}
