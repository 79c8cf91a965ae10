package search

import (
	"errors"
	"testing"
	"time"

	"clipsearch/index/store"
)

func TestFilterPasses(t *testing.T) {
	at := func(s string) time.Time {
		moment, err := ParseSince(s)
		if err != nil {
			t.Fatal(err)
		}
		return moment
	}
	record := store.Record{
		Document: store.Document{
			ID: 7, Path: "/p/2019/italy/Rome.JPG", Root: "/p", Format: "jpeg", Taken: at("2019-05-01T10:00:00Z"),
			ModTime: at("2024"), Tags: []string{"Holiday", "city"},
		},
		Captions: []store.Caption{{Text: "the forum"}, {Text: "das Forum", Lang: "de"}},
	}
	bare := store.Record{Document: store.Document{ID: 8, Path: "/p/2019/italy/x.png", Format: "png", ModTime: at("2024-03-01")}}
	hidden := record
	hidden.Document.Hidden = true
	tests := []struct {
		name   string
		filter Filter
		record store.Record
		want   bool
	}{
		{"all", Filter{}, record, true},
		{"hidden", Filter{}, hidden, false},
		{"folder", Filter{Folder: "/p/2019"}, record, true},
		{"its folder with a slash", Filter{Folder: "/p/2019/italy/"}, record, true},
		{"root folder", Filter{Folder: "/"}, record, true},
		{"part of a component", Filter{Folder: "/p/2019/ita"}, record, false},
		{"other folder", Filter{Folder: "/p/2018"}, record, false},
		{"relative folder", Filter{Folder: "2019/italy"}, record, true},
		{"relative part", Filter{Folder: "italy"}, record, false},
		{"relative without a root", Filter{Folder: "2019"}, bare, false},
		{"type", Filter{Types: []string{"png", ".JPG"}}, record, true},
		{"other type", Filter{Types: []string{"png"}}, record, false},
		{"since", Filter{Since: at("2019-05-01")}, record, true},
		{"too early", Filter{Since: at("2019-05-02")}, record, false},
		{"until", Filter{Until: at("2019-05-02")}, record, true},
		{"too late", Filter{Until: at("2019-05-01T10:00:00Z")}, record, false},
		{"file's date", Filter{Since: at("2024"), Until: at("2025")}, bare, true},
		{"tag", Filter{Tags: []string{"sea", "holiday"}}, record, true},
		{"other tag", Filter{Tags: []string{"holi"}}, record, false},
		{"language", Filter{Lang: "DE"}, record, true},
		{"unknown language is English", Filter{Lang: "en"}, record, true},
		{"other language", Filter{Lang: "fr"}, record, false},
		{"caption", Filter{HasCaption: true}, record, true},
		{"no caption", Filter{HasCaption: true}, bare, false},
		{"one of two fails", Filter{Lang: "de", Tags: []string{"sea"}}, record, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			filter, err := test.filter.checked()
			if err != nil {
				t.Fatal(err)
			}
			if got := filter.passes(test.record); got != test.want {
				t.Errorf("passes is %v, want %v", got, test.want)
			}
		})
	}
}

func TestFilterRefusesNonsense(t *testing.T) {
	for _, filter := range []Filter{
		{Types: []string{"docx"}},
		{Since: time.Unix(200, 0), Until: time.Unix(100, 0)},
		{Since: time.Unix(200, 0), Until: time.Unix(200, 0)},
	} {
		if _, err := filter.checked(); !errors.Is(err, ErrBadQuery) {
			t.Errorf("%+v gives %v, want ErrBadQuery", filter, err)
		}
	}
}
