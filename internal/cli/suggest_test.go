package cli

import "testing"

func TestSuggest(t *testing.T) {
	known := []string{"search", "serve", "stats", "k", "vector-weight"}
	for typed, want := range map[string]string{
		"serch":        "search",
		"sreve":        "serve",
		"stat":         "stats",
		"vectorweight": "vector-weight",
		"n":            "",
		"kk":           "k",
		"limit":        "",
		"":             "",
	} {
		if got := suggest(typed, known); got != want {
			t.Errorf("%q suggests %q, want %q", typed, got, want)
		}
	}
	if got := suggest("search", nil); got != "" {
		t.Errorf("of nothing %q is suggested", got)
	}
}
