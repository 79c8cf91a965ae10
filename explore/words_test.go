package explore

import (
	"maps"
	"slices"
	"testing"

	"clipsearch/index/store"
	"github.com/google/go-cmp/cmp"
)

func TestWordsAndLanguages(t *testing.T) {
	for name, test := range map[string]struct {
		captions []store.Caption
		want     []string
	}{
		"translations beside an original": {[]store.Caption{{Text: "A dog"}, {Text: "Ein Hund", Lang: "de"}}, []string{"dog"}},
		"English that says so":            {[]store.Caption{{Text: "Un chien", Lang: "fr"}, {Text: "A dog", Lang: "en"}}, []string{"dog"}},
		"nothing in English":              {[]store.Caption{{Text: "Ein Hund", Lang: "de"}}, []string{"ein", "hund"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := slices.Sorted(maps.Keys(words(store.Record{Captions: test.captions})))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("words (-want +got):\n%s", diff)
			}
		})
	}
}
