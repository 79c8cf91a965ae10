package cli

import "testing"

func TestCounted(t *testing.T) {
	many := map[string]int{"": 3}
	for i := range 13 {
		many[string(rune('a'+i))] = 100 - i
	}
	thirteen := map[string]int{}
	for i := range 13 {
		thirteen[string(rune('a'+i))] = 1
	}
	for _, test := range []struct {
		name   string
		counts map[string]int
		want   string
	}{
		{"none", nil, ""},
		{"largest first", map[string]int{"de": 2, "en": 9, "": 2, "fr": 1}, "; en 9, none 2, de 2, fr 1"},
		{"the rest summed up", many, "; a 100, b 99, c 98, d 97, e 96, f 95, g 94, h 93, i 92, j 91, k 90, l 89, and 2 more"},
		{"no sum of one", thirteen, "; a 1, b 1, c 1, d 1, e 1, f 1, g 1, h 1, i 1, j 1, k 1, l 1, m 1"},
	} {
		if got := counted("; ", "none", test.counts); got != test.want {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}
