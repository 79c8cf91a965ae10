package search

import (
	"errors"
	"testing"

	"clipsearch/index/store"
)

func TestParseSize(t *testing.T) {
	for _, test := range []struct {
		text string
		want Size
		bad  bool
	}{
		{"", Size{}, false}, {"1080", Size{1080, 1080}, false}, {"1080x1920", Size{1920, 1080}, false}, {"1920X1080", Size{1920, 1080}, false},
		{"0", Size{}, true}, {"x", Size{}, true}, {"-5", Size{}, true}, {"99999999999", Size{}, true}, {"1x2x3", Size{}, true}, {"big", Size{}, true},
	} {
		got, err := ParseSize(test.text)
		if got != test.want || errors.Is(err, ErrBadQuery) != test.bad {
			t.Errorf("ParseSize(%q) = %v, %v", test.text, got, err)
		}
	}
}

func TestFilterFits(t *testing.T) {
	d := store.Document{Width: 1080, Height: 1920}
	for _, test := range []struct {
		filter Filter
		want   bool
	}{
		{Filter{}, true},
		{Filter{MinSize: Size{1920, 1080}}, true},
		{Filter{MinSize: Size{1920, 1081}}, false},
		{Filter{MaxSize: Size{1920, 1080}}, true},
		{Filter{MaxSize: Size{1919, 1919}}, false},
		{Filter{Orientation: Portrait}, true},
		{Filter{Orientation: Landscape}, false},
		{Filter{Orientation: Square}, false},
	} {
		if got := test.filter.passes(store.Record{Document: d}); got != test.want {
			t.Errorf("%+v lets 1080×1920 pass: %v", test.filter, got)
		}
	}
	if orientationOf(store.Document{Width: 1000, Height: 1049}) != Square || orientationOf(store.Document{}) != "" || orientationOf(store.Document{Width: 3, Height: 2}) != Landscape {
		t.Error("orientations are wrong")
	}
	for _, bad := range []Filter{{MinSize: Size{100, 100}, MaxSize: Size{99, 99}}, {Orientation: "round"}} {
		if _, err := bad.checked(); !errors.Is(err, ErrBadQuery) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}
