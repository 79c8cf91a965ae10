package ui

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"clipsearch/search"
)

func escape(s string) string { return url.PathEscape(strings.ReplaceAll(s, "/", "%2f")) }

func TestParseRequest(t *testing.T) {
	values, _ := url.ParseQuery("q=dogs&mode=text&like=3&like=4&not=snow&type=jpg,png&type=gif&tag=a&since=2019&until=2019-05&" +
		"lang=de&has_caption=1&sort=date&seed=7&dedupe=1&all=1&prefix=1&k=10&p=3&fusion=linear&text_weight=.5&explain=1&folder=2019")
	got, err := parseRequest(values, 24, 200)
	if err != nil {
		t.Fatal(err)
	}
	since, _ := search.ParseSince("2019")
	until, _ := search.ParseUntil("2019-05")
	want := request{since: "2019", until: "2019-05", page: 3, query: search.Query{
		Text: "dogs", Mode: "text", K: 10, Offset: 20, Sort: "date", Seed: 7, Dedupe: true, All: true, Prefix: true, Explain: true,
		Fusion: "linear", TextWeight: .5, VectorWeight: 1,
		Terms: []search.Term{{Kind: "like", ID: 3}, {Kind: "like", ID: 4}, {Kind: "text", Text: "snow", Weight: -1}},
		Filter: search.Filter{Folder: "2019", Types: []string{"jpg", "png", "gif"}, Tags: []string{"a"}, Lang: "de", HasCaption: true,
			Since: since, Until: until},
	}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(request{})); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
	if got := got.address("/"); got != "/?all=1&dedupe=1&folder=2019&has_caption=1&k=10&lang=de&like=3&like=4&mode=text&not=snow&p=3&q=dogs&"+
		"seed=7&since=2019&sort=date&tag=a&type=jpg&type=png&type=gif&until=2019-05" {
		t.Errorf("its address is %s", got)
	}
}

func FuzzParseRequest(f *testing.F) {
	for _, seed := range []string{
		"q=dogs+in+the+snow", "q=a&like=3&like=x&not=b", "k=-1&p=99999999999999999999", "since=2019-13&type=,,png", "text_weight=1e999&seed=-1", "%zz=;&q=%ff",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		values, _ := url.ParseQuery(raw)
		r, err := parseRequest(values, pageSize, maxPageSize)
		if err != nil {
			return
		}
		address := r.address("/")
		parsed, err := url.Parse(address)
		if err != nil {
			t.Fatalf("%q has the address %q: %v", raw, address, err)
		}
		again, err := parseRequest(parsed.Query(), pageSize, maxPageSize)
		if err != nil || again.address("/") != address {
			t.Errorf("%q has the address %q, which is read as that of %q, %v", raw, address, again.address("/"), err)
		}
	})
}
