//go:build native

package torch

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEndToken(t *testing.T) {
	for _, test := range []struct {
		name string
		ids  []int32
		eos  int32
		want int
	}{
		{"last", []int32{49406, 320, 49407}, 49407, 2},
		{"padded", []int32{49406, 320, 49407, 49407, 49407}, 49407, 2},
		{"padded with 0", []int32{49406, 320, 49407, 0, 0}, 49407, 2},
		{"spelled out", []int32{49406, 49407, 320, 49407}, 49407, 1},
		{"none", []int32{49406, 320}, 49407, -1},
		{"empty", nil, 49407, -1},
		{"legacy", []int32{49406, 320, 49407}, 2, 2},
		{"legacy, padded", []int32{49406, 320, 49407, 49407, 49407}, 2, 2},
		{"legacy, other vocabulary", []int32{98, 2, 99}, 2, 2},
		{"legacy, empty", nil, 2, -1},
	} {
		if got := endToken(test.ids, test.eos); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}

func TestByLength(t *testing.T) {
	texts := [][]int32{{1, 2, 3}, {1}, {4, 5, 6}, {1, 2}, {7, 8, 9}, {3}}
	want := [][]int{{1, 5}, {3}, {0, 2, 4}}
	if diff := cmp.Diff(want, slices.Collect(byLength(texts))); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
	for range byLength(nil) {
		t.Error("a group of nothing")
	}
}

func TestBatchSize(t *testing.T) {
	for _, test := range []struct {
		rows   int64
		tokens int
		want   int
	}{
		{1600, 50, 32},
		{1600, 77, 20},
		{1600, 2000, 1}, // one alone has more
		{0, 50, 1},
	} {
		if got := batchSize(test.rows, test.tokens); got != test.want {
			t.Errorf("%d tokens in batches of %d: %d, want %d", test.tokens, test.rows, got, test.want)
		}
	}
}

func TestTidy(t *testing.T) {
	const message = "mat1 and mat2 shapes cannot be multiplied (1x64 and 10x10)\nException raised from meta at ../aten/x.cpp:71 (most recent call first):\nframe #0: c10::Error"
	if got, want := tidy(message), "mat1 and mat2 shapes cannot be multiplied (1x64 and 10x10)"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
