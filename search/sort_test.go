package search

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"clipsearch/index/store"
)

func TestArrange(t *testing.T) {
	found := func() []candidate {
		documents := []store.Document{
			{ID: 5, Path: "/b/Zoo.jpg", Taken: time.Unix(100, 0)},
			{ID: 4, Path: "/a/zoo.jpg", Taken: time.Unix(300, 0)},
			{ID: 9, Path: "/a/ant.jpg", ModTime: time.Unix(200, 0)},
			{ID: 1, Path: "/b/bee.jpg", Taken: time.Unix(100, 0), ModTime: time.Unix(900, 0)},
		}
		var all []candidate
		for _, d := range documents {
			all = append(all, candidate{id: d.ID, record: store.Record{Document: d}})
		}
		return all
	}
	for sort, want := range map[Sort][]store.ID{
		SortRelevance: {5, 4, 9, 1},
		SortDate:      {4, 9, 5, 1}, // 5 and 1 were taken together: by relevance
		SortName:      {9, 1, 4, 5},
		SortFolder:    {9, 4, 1, 5},
	} {
		got := found()
		arrange(got, sort, 0)
		if diff := cmp.Diff(want, order(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", sort, diff)
		}
	}
	a, b, c := found(), found(), found()
	arrange(a, SortRandom, 1)
	arrange(b, SortRandom, 1)
	if diff := cmp.Diff(order(a), order(b)); diff != "" {
		t.Errorf("one seed, two orders:\n%s", diff)
	}
	different := false
	for seed := range uint64(8) {
		arrange(c, SortRandom, seed)
		different = different || !cmp.Equal(order(a), order(c))
	}
	if !different {
		t.Error("the seed does not matter")
	}
}
