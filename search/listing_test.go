package search

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"clipsearch/index/store"
)

// names lists what a listing shows: file names, with what is hidden behind them.
func (l *library) names(listing Listing) []string {
	l.t.Helper()
	if listing.K == 0 {
		listing.K = DefaultK
	}
	result, err := l.engine.List(l.t.Context(), listing)
	if err != nil {
		l.t.Fatal(err)
	}
	var all []string
	for i, hit := range result.Hits {
		if hit.Rank != listing.Offset+i+1 || hit.Score != 0 {
			l.t.Errorf("picture %d has rank %d and score %v", i, hit.Rank, hit.Score)
		}
		name := filepath.Base(hit.Path)
		if hit.Duplicates > 0 {
			name += fmt.Sprint("+", hit.Duplicates)
		}
		all = append(all, name)
	}
	return all
}

// album is a library of pictures whose names, dates and folders are in different orders.
func album(t *testing.T) *library {
	entry := func(path string, year int, content byte, tags ...string) store.Entry {
		d := store.Document{Path: path, Root: "/pics", Format: "jpeg", Width: 600, Height: 400, Hash: [32]byte{content}, Tags: tags}
		if year > 0 {
			d.Taken = time.Date(year, 6, 1, 12, 0, 0, 0, time.UTC)
		}
		return store.Entry{Document: d}
	}
	l := newLibrary(t,
		entry("/pics/b/Zebra.jpg", 2019, 1, "Animal"),
		entry("/pics/b/apple.jpg", 2021, 2, "fruit"),
		entry("/pics/a/Mango.png", 2020, 3, "fruit", "animal"),
		entry("/pics/a/zebra copy.jpg", 2018, 1),
		entry("/pics/Ärger.jpg", 0, 0),
	)
	return l
}

func TestListing(t *testing.T) {
	l := album(t)
	for _, test := range []struct {
		listing Listing
		want    []string
	}{
		{Listing{}, []string{"apple.jpg", "Mango.png", "Zebra.jpg", "zebra copy.jpg", "Ärger.jpg"}},
		{Listing{Sort: SortName}, []string{"apple.jpg", "Mango.png", "zebra copy.jpg", "Zebra.jpg", "Ärger.jpg"}},
		{Listing{Sort: SortFolder}, []string{"Ärger.jpg", "Mango.png", "zebra copy.jpg", "apple.jpg", "Zebra.jpg"}},
		{Listing{K: 2, Offset: 1}, []string{"Mango.png", "Zebra.jpg"}},
		{Listing{Offset: 5}, nil},
		{Listing{Offset: 500}, nil},
		{Listing{Dedupe: true}, []string{"apple.jpg", "Mango.png", "Zebra.jpg+1", "Ärger.jpg"}},
		{Listing{Filter: Filter{Folder: "/pics/b"}}, []string{"apple.jpg", "Zebra.jpg"}},
		{Listing{Filter: Filter{Folder: "a"}, Sort: SortName}, []string{"Mango.png", "zebra copy.jpg"}},
		{Listing{Filter: Filter{Tags: []string{"ANIMAL"}}}, []string{"Mango.png", "Zebra.jpg"}},
		{Listing{Filter: Filter{Since: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)}}, []string{"apple.jpg", "Mango.png"}},
		{Listing{Filter: Filter{HasCaption: true}}, nil},
		{Listing{Filter: Filter{Without: []ID{1, 2}}}, []string{"Mango.png", "zebra copy.jpg", "Ärger.jpg"}},
	} {
		if diff := gocmp.Diff(test.want, l.names(test.listing)); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", test.listing, diff)
		}
	}
	random := l.names(Listing{Sort: SortRandom, Seed: 7})
	if slices.Sort(random); len(slices.Compact(random)) != 5 {
		t.Errorf("at random: %q", random)
	}
	if a, b := l.names(Listing{Sort: SortRandom, Seed: 7}), l.names(Listing{Sort: SortRandom, Seed: 7}); !slices.Equal(a, b) {
		t.Errorf("the same seed: %q, then %q", a, b)
	}
}

func TestListingRefuses(t *testing.T) {
	l := album(t)
	for _, listing := range []Listing{
		{}, {K: -1}, {K: MaxResults + 1}, {K: 1, Offset: -1}, {K: 1, Offset: MaxListed}, {K: 1, Sort: SortRelevance}, {K: 1, Sort: "size"},
		{K: 1, Filter: Filter{Types: []string{"exe"}}},
	} {
		if _, err := l.engine.List(t.Context(), listing); !errors.Is(err, ErrBadQuery) {
			t.Errorf("%+v: %v", listing, err)
		}
	}
}

func TestPlace(t *testing.T) {
	l := album(t)
	for id, want := range map[ID]Place{
		2: {Rank: 1, Total: 5, Next: 3}, 3: {Rank: 2, Total: 5, Previous: 2, Next: 1}, 5: {Rank: 5, Total: 5, Previous: 4}, 99: {Total: 5},
	} {
		if got, err := l.engine.Place(t.Context(), Listing{}, id); err != nil || got != want {
			t.Errorf("place of %d: %+v, %v, want %+v", id, got, err, want)
		}
	}
}

func TestFacets(t *testing.T) {
	l := album(t)
	if err := l.store.Hide(t.Context(), 2); err != nil {
		t.Fatal(err)
	}
	got, err := l.engine.Facets(t.Context())
	want := Facets{Years: []Year{{2020, 1}, {2019, 1}, {2018, 1}}, Tags: []Tag{{"Animal", 2}, {"fruit", 1}}}
	if diff := gocmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// TestListingFollows changes a library at random, and holds what an engine that follows it lists against what a new one does.
func TestListingFollows(t *testing.T) {
	l := album(t)
	rng := rand.New(rand.NewPCG(3, 4))
	listings := []Listing{{}, {Sort: SortName}, {Sort: SortFolder}, {Sort: SortRandom, Seed: 1}, {Filter: Filter{Folder: "/pics/a"}}, {Dedupe: true}}
	ids := []ID{1, 2, 3, 4, 5}
	for step := range 200 {
		id := ids[rng.IntN(len(ids))]
		var err error
		switch rng.IntN(5) {
		case 0:
			err = l.store.Hide(t.Context(), id)
		case 1:
			err = l.store.Unhide(t.Context(), id)
		case 2:
			path := fmt.Sprintf("/pics/%c/moved %d.jpg", 'a'+rng.IntN(3), step)
			err = l.store.Move(t.Context(), []store.Relocation{{ID: id, Path: path, Root: "/pics"}})
		default:
			var added []ID
			added, err = l.store.Put(t.Context(), []store.Entry{{Document: store.Document{
				Path: fmt.Sprintf("/pics/%c/%d.jpg", 'a'+rng.IntN(3), rng.IntN(1000)), Root: "/pics", Hash: [32]byte{byte(rng.IntN(20))},
				Taken: time.Unix(rng.Int64N(1e9), 0), Tags: []string{fmt.Sprint(rng.IntN(5))},
			}}})
			ids = append(ids, added...)
		}
		if err != nil {
			t.Fatal(err)
		}
		if step%3 > 0 {
			continue
		}
		fresh := &library{t: t, store: l.store, engine: New(Deps{Store: l.store})}
		for _, listing := range listings {
			listing.K = 1000
			if diff := gocmp.Diff(fresh.names(listing), l.names(listing)); diff != "" {
				t.Fatalf("step %d, %+v (-new +following):\n%s", step, listing, diff)
			}
		}
	}
}

// TestListingScale lists a large library: 2,000 pictures, or 200,000 with CLIPSEARCH_SOAK=1; -v says how long it takes.
func TestListingScale(t *testing.T) {
	n := 2_000
	if os.Getenv("CLIPSEARCH_SOAK") == "1" {
		n = 200_000
	}
	rng := rand.New(rand.NewPCG(5, 6))
	l := newLibrary(t)
	for start := 0; start < n; start += 1000 {
		var entries []store.Entry
		for i := start; i < start+1000; i++ {
			entries = append(entries, store.Entry{Document: store.Document{
				Path: fmt.Sprintf("/home/me/Pictures/%d/%03d/IMG_%06d.jpg", i%20, i%997, i*7919%1_000_003), Root: "/home/me/Pictures", Format: "jpeg",
				Width: 4000, Height: 3000, Hash: [32]byte{byte(i), byte(i >> 8), byte(i >> 16)}, Taken: time.Unix(rng.Int64N(1e9), 0),
				Camera: "Canon EOS", Tags: []string{fmt.Sprint("tag ", i%300)},
			}})
		}
		if _, err := l.store.Put(t.Context(), entries); err != nil {
			t.Fatal(err)
		}
	}
	timed := func(what string, listing Listing) {
		listing.K = 60
		started := time.Now()
		if got := l.names(listing); len(got) != 60 {
			t.Errorf("%s: %d pictures", what, len(got))
		}
		t.Logf("%s: %v", what, time.Since(started).Round(10*time.Microsecond))
	}
	deep, half := Listing{Offset: n - 60}, Listing{Offset: n / 2, Sort: SortName}
	timed("all read in, newest", Listing{})
	timed("deep page", deep)
	timed("by name for the first time", half)
	timed("by name again", half)
	timed("a folder for the first time", Listing{Filter: Filter{Folder: "/home/me/Pictures/3"}})
	timed("the folder again", Listing{Filter: Filter{Folder: "/home/me/Pictures/3"}, Offset: n/20 - 60})
	timed("at random", Listing{Sort: SortRandom, Seed: 4, Offset: n - 60})
	if err := l.store.Hide(t.Context(), 17); err != nil {
		t.Fatal(err)
	}
	timed("after a change", half)
	started := time.Now()
	if place, err := l.engine.Place(t.Context(), Listing{}, 1000); err != nil || place.Total != n-1 || place.Rank == 0 {
		t.Errorf("place: %+v, %v", place, err)
	}
	t.Logf("place of a picture: %v", time.Since(started))
	started = time.Now()
	if _, err := l.engine.Facets(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Logf("facets: %v", time.Since(started))
}
