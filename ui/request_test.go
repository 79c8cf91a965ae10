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
	values, _ := url.ParseQuery("q=dogs&mode=text&like=3&like=.5:4&not=snow&not=2:10:30&type=jpg,png&type=gif&tag=a&since=2019&until=2019-05&" +
		"lang=de&has_caption=1&sort=date&seed=7&dedupe=1&all=1&prefix=1&k=10&p=3&fusion=linear&text_weight=.5&explain=1&folder=2019&" +
		"min_size=640&max_size=1920x1080&orientation=square&view=details")
	got, err := parseRequest(values, 24, 200)
	if err != nil {
		t.Fatal(err)
	}
	since, _ := search.ParseSince("2019")
	until, _ := search.ParseUntil("2019-05")
	want := request{since: "2019", until: "2019-05", page: 3, blend: unset, sizes: [2]string{"640", "1920x1080"}, details: true, query: search.Query{
		Text: "dogs", Mode: "text", K: 10, Offset: 20, Sort: "date", Seed: 7, Dedupe: true, All: true, Prefix: true, Explain: true,
		Fusion: "linear", TextWeight: .5, VectorWeight: 1,
		Terms: []search.Term{{Kind: "like", ID: 3, Weight: 1}, {Kind: "like", ID: 4, Weight: .5}, {Kind: "text", Text: "snow", Weight: -1}, {Kind: "text", Text: "2:10:30", Weight: -1}},
		Filter: search.Filter{Folder: "2019", Types: []string{"jpg", "png", "gif"}, Tags: []string{"a"}, Lang: "de", HasCaption: true,
			Since: since, Until: until, MinSize: search.Size{Long: 640, Short: 640}, MaxSize: search.Size{Long: 1920, Short: 1080}, Orientation: "square"},
	}}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(request{})); diff != "" {
		t.Errorf("request (-want +got):\n%s", diff)
	}
	if got := got.address("/"); got != "/?all=1&dedupe=1&folder=2019&has_caption=1&k=10&lang=de&like=3&like=0.5%3A4&max_size=1920x1080&min_size=640&mode=text&not=snow&not=2%3A10%3A30&"+
		"orientation=square&p=3&prefix=1&q=dogs&seed=7&since=2019&sort=date&tag=a&type=jpg&type=png&type=gif&until=2019-05&view=details" {
		t.Errorf("its address is %s", got)
	}
}

func TestBlend(t *testing.T) {
	for blend, want := range map[string][2]float64{"": {0, 0}, "0": {1, 0}, "25": {.75, .25}, "100": {0, 1}} {
		r, err := parseRequest(url.Values{"q": {"a"}, "blend": {blend}}, pageSize, maxPageSize)
		if got := [2]float64{r.query.TextWeight, r.query.VectorWeight}; err != nil || got != want {
			t.Errorf("blend %q: weights %v, %v, want %v", blend, got, err, want)
		}
	}
	for _, blend := range []string{"-1", "101", "x"} {
		if _, err := parseRequest(url.Values{"q": {"a"}, "blend": {blend}}, pageSize, maxPageSize); err == nil {
			t.Errorf("blend %q is taken", blend)
		}
	}
}

func FuzzParseRequest(f *testing.F) {
	for _, seed := range []string{
		"q=dogs+in+the+snow", "q=a&like=3&like=x&not=b", "like=2:7&like=-1:8&not=.5:b&not=1:1:a", "k=-1&p=99999999999999999999", "since=2019-13&type=,,png", "text_weight=1e999&seed=-1", "%zz=;&q=%ff",
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
