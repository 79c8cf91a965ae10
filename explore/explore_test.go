package explore

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clipsearch/index/store"
)

// newStore returns a library of 300 pictures that lie around three directions, a third each, captioned with what they are.
func newStore(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(filepath.Join(t.TempDir(), "library"), store.Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.SetModel(t.Context(), store.Model{ID: "test", Dims: 8}); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(5, 6))
	var entries []store.Entry
	for i := range 300 {
		kind := i % 3
		row := make([]float32, 8)
		for j := range row {
			row[j] = float32(rng.NormFloat64()) * .1
		}
		row[kind]++
		entries = append(entries, store.Entry{
			Vector: row, Captions: []store.Caption{{Text: fmt.Sprintf("the %s on a table", []string{"cat", "lamp", "apple"}[kind])}},
			Document: store.Document{Path: fmt.Sprintf("/p/%d.jpg", i), Taken: time.Date(2000+i%20, 5, 1+i%28, 12, 0, 0, 0, time.UTC)},
		})
	}
	ids, err := s.Put(t.Context(), entries)
	if err == nil {
		err = s.Hide(t.Context(), ids[0], ids[1])
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestGroups(t *testing.T) {
	e := New(newStore(t))
	groups, err := e.Groups(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	share := 0.0
	for _, g := range groups {
		share += g.Share
		kind := map[string]uint64{"cat": 0, "lamp": 1, "apple": 2}
		for _, id := range g.Pictures {
			if want, named := kind[g.Word]; named && (id-1)%3 != want {
				t.Errorf("the group of %q shows picture %d", g.Word, id)
			}
			if id < 3 {
				t.Errorf("picture %d is hidden", id)
			}
		}
		if g.Middle != g.Pictures[0] {
			t.Errorf("the middle is %d, the nearest to it %d", g.Middle, g.Pictures[0])
		}
	}
	for _, word := range []string{"cat", "lamp", "apple"} {
		if !slices.ContainsFunc(groups, func(g Group) bool { return g.Word == word }) {
			t.Errorf("no group is called %q: %+v", word, groups)
		}
	}
	if share < .95 || share > 1.0001 {
		t.Errorf("the groups hold %.2f of the library", share)
	}
	again, err := New(e.store).Groups(t.Context())
	if diff := cmp.Diff(groups, again); diff != "" || err != nil {
		t.Errorf("the same library has other groups: %s %v", diff, err)
	}
}

func TestRandom(t *testing.T) {
	e := New(newStore(t))
	first, err := e.Random(12, 1)
	if err != nil || len(first) != 12 {
		t.Fatalf("%v, %v", first, err)
	}
	again, _ := e.Random(12, 1)
	other, _ := e.Random(12, 2)
	if !slices.Equal(first, again) || slices.Equal(first, other) {
		t.Errorf("%v, again %v, another seed %v", first, again, other)
	}
	all, err := e.Random(1000, 3)
	slices.Sort(all)
	if err != nil || len(all) != len(slices.Compact(all)) || slices.Contains(all, 1) || len(all) < 290 {
		t.Errorf("%d of 298 pictures, %v", len(all), err)
	}
}

func TestOnThisDay(t *testing.T) {
	e := New(newStore(t))
	now := time.Date(2010, 5, 7, 9, 0, 0, 0, time.UTC)
	ids, err := e.OnThisDay(t.Context(), now, 5)
	if err != nil || len(ids) == 0 {
		t.Fatalf("%v, %v", ids, err)
	}
	year := 2010
	for _, id := range ids {
		if i := int(id) - 1; i%28 != 6 || 2000+i%20 >= year+1 || 2000+i%20 >= 2010 {
			t.Errorf("picture %d was taken on %d May %d", id, 1+i%28, 2000+i%20)
		} else {
			year = 2000 + i%20
		}
	}
	if ids, err := e.OnThisDay(t.Context(), now.AddDate(0, 1, 0), 5); err != nil || len(ids) != 0 {
		t.Errorf("in June: %v, %v", ids, err)
	}
}

func TestEmptyLibrary(t *testing.T) {
	s, err := store.Open(filepath.Join(t.TempDir(), "library"), store.Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	e := New(s)
	groups, err := e.Groups(t.Context())
	ids, err2 := e.Random(5, 1)
	if len(groups) != 0 || len(ids) != 0 || err != nil || err2 != nil {
		t.Errorf("%v, %v, %v, %v", groups, ids, err, err2)
	}
}
