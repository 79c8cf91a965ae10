package ui

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"clipsearch/index/store"
	"clipsearch/search"
)

func TestResultsSayWhatMatched(t *testing.T) {
	g := newGallery(t)
	g.wants("/?q=deep+snow+dogs", 200,
		"<title>deep snow dogs – clipsearch</title>", `value="deep snow dogs"`, `role="status" aria-live="polite"`,
		`<mark>dogs</mark> run through <mark>deep</mark> white <mark>snow</mark>`, // the caption with more matched words is shown
		`alt="dogs run through deep white snow"`, `src="/thumb/6?v=`, `href="/picture/6?q=deep+snow+dogs"`, `width="640" height="480"`,
		"captions #1", "look #", "similarity 0.", `href="/?like=6"`, "snow.jpg", "!/tmp/", "!hidden red")
	g.wants("/?q=snow&mode=text", 200, `value="text" data-silent="hybrid" checked`, "!similarity", "2 pictures")
	g.wants("/?q=red&like=1", 200, "Like sunset.jpg", `name="like" value="1"`, `href="/?q=red"`, `!src="/thumb/1"`)
	g.wants("/?like=1", 200, "<title>Like sunset.jpg – clipsearch</title>", "12 pictures", `!data-id="1"`)
	g.wants("/?q=snow&mode=text&type=jpeg&has_caption=1&dedupe=1&sort=name", 200, "Filters (3)", `value="jpeg" selected`, `value="name" selected`)
}

func TestPages(t *testing.T) {
	g := newGallery(t)
	g.wants("/?q=red&k=5", 200, "13 pictures", `href="/?k=5&amp;p=2&amp;q=red"`, "Page 1: pictures 1 to 5", `data-pages="3"`, "!Previous")
	g.wants("/?q=red&k=5&p=2", 200, "Page 2: pictures 6 to 10", `id="r6"`, `data-page="2" start="6"`, `href="/?k=5&amp;q=red"`, `href="/?k=5&amp;p=3&amp;q=red"`)
	g.wants("/?q=red&k=5&p=3", 200, "Page 3: pictures 11 to 13", `!rel="next"`)
	g.wants("/?q=red&k=5&p=9", 200, pastTheEnd)
	g.wants("/?q=red&sort=random&k=5", 200, "&amp;seed=")
}

func TestStatesExplainThemselves(t *testing.T) {
	g := newGallery(t)
	g.wants("/", 200, homeHeading, "13 pictures", "2:beach + dog - people", "autofocus", `class="grid"`)
	g.wants("/?q=", 200, homeHeading)
	g.wants("/?q=zebra&mode=text", 200, foundNone, "Nothing matches.")
	g.wants("/?q=snow&mode=text&tag=evening", 200, "Nothing matches with these filters.")
	g.wants("/?q=snow&folder=nowhere", 200, "No picture passes the filters.")

	empty := &gallery{t: t, folder: t.TempDir()}
	var err error
	empty.store, err = store.Open(filepath.Join(t.TempDir(), "empty"), store.Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	defer empty.store.Close()
	empty.serve(nil)
	empty.wants("/", 200, emptyTitle, firstFolderTitle, `action="/library/jobs"`)
	empty.wants("/?q=dog", 200, emptyTitle, "Searched by words alone: there are no vectors: the library was made without a model.")
	if _, err := empty.store.Put(t.Context(), []store.Entry{{Document: store.Document{Path: "/p/a.jpg"}}}); err != nil {
		t.Fatal(err)
	}
	empty.wants("/", 200, "<strong>1 picture</strong>", "made without a model", "!"+emptyTitle)
}

func TestPicturePage(t *testing.T) {
	g := newGallery(t)
	g.wants("/picture/6?q=snow&mode=text", 200, "<title>snow.jpg – clipsearch</title>", `data-original="/original/6"`, "two dogs playing in the ", "<mark>snow</mark>",
		`href="/?mode=text&amp;q=snow"`, "640 × 480 px", "6 May 2019, 10:00", "Generated", filepath.Join(g.folder, "2019"),
		`href="/?like=6"`, similarTitle, `href="/picture/1"`, `!href="/picture/6"`)
	g.wants("/picture/8", 200, noCaptions, "!"+whyTitle)
	g.wants("/picture/1", 200, "evening")
	g.wants("/picture/11", 404, gonePictureText)
	for _, id := range []string{"99", "0", "-1", "x", "1x", "18446744073709551616", "%00", "..%2f1"} {
		g.wants("/picture/"+id, 404, "There is no picture")
	}
}

func TestBadInputIsExplained(t *testing.T) {
	g := newGallery(t)
	long := strings.Repeat("snow+", 2000)
	for _, test := range []struct {
		path   string
		status int
		says   string
	}{
		{"/?q=%3F%21", 400, "Nothing to search for"},
		{"/?q=-people", 400, "only words to leave out"},
		{"/?q=%2B+-", 400, "Nothing to search for"},
		{"/?q=red&k=0", 400, "at least 1"},
		{"/?q=red&k=1000000000", 400, "not a number from 0 to 200"},
		{"/?q=red&p=0", 400, "p: "},
		{"/?q=red&p=9999", 400, "the first 10000 can"},
		{"/?q=red&mode=magic", 400, "no mode"},
		{"/?q=red&sort=size", 400, "no order"},
		{"/?q=red&type=docx", 400, "no file type"},
		{"/?q=red&since=tomorrow", 400, "is no date"},
		{"/?q=red&since=2020&until=2019", 400, "wrong way round"},
		{"/?q=red&dedupe=maybe", 400, "neither 1 nor 0"},
		{"/?q=red&text_weight=x", 400, "not a number"},
		{"/?q=red&text_weight=-1", 400, "weights"},
		{"/?q=red&text_weight=NaN", 400, "weights"},
		{"/?like=x", 400, "not a picture"},
		{"/?like=99", 404, "not in the library any more"},
		{"/?like=11", 404, "not in the library any more"},
		{"/?" + strings.Repeat("like=1&", 17), 400, "too many"},
		{"/?upload=abc", 410, "choose it again"},
		{"/?q=dog+-+dog&mode=vector", 422, "cancel each other out"},
		{"/?q=" + long, 200, "snow.jpg"},
		{"/?q=%00%1b%ff+snow%0a", 200, "snow.jpg"},
		{"/?q=red;drop&%zz=1", 200, ""},
		{"/nothing", 404, notFoundText},
		{"/static/../handler.go", 404, ""},
		{"/static/app.go", 404, notFoundText},
		{"/thumb/99", 404, "no picture"},
		{"/thumb/x", 404, "no picture"},
		{"/original/99", 404, "no picture"},
		{"/original/11", 404, gonePictureText},
		{"/upload/abc", 410, "choose it again"},
	} {
		response, body := g.get(test.path)
		if response.StatusCode == 307 || response.StatusCode == 301 { // the mux cleans paths
			response, body = g.get(response.Header.Get("Location"))
		}
		if response.StatusCode != test.status || !strings.Contains(body, test.says) {
			t.Errorf("GET %.80s: %d, want %d saying %q:\n%s", test.path, response.StatusCode, test.status, test.says, cut(body))
		}
	}
}

func TestNoEncoder(t *testing.T) {
	g := newGallery(t)
	g.serve(nil)
	g.wants("/?q=snow", 200, "Searched by words alone: no model", "snow.jpg")
	g.wants("/?q=snow&mode=vector", 503, "No model to turn the query into a vector.")
	g.wants("/?like=1", 200, "roses.jpg")
}

// inline are the ways to put code or style into a page that the policy forbids.
var inline = regexp.MustCompile(`(?i)<script(?: [^>]*)?>[^<]|<style|\sstyle=|<[^>]*\son[a-z]+=|javascript:|srcdoc|https?://`)

func TestHostileLibraryIsHarmless(t *testing.T) {
	g := newGallery(t)
	evil := `<script>alert(1)</script>"'><img src=x onerror=alert(1)>` + "\u202e"
	for _, path := range []string{
		"/", "/?q=hostile", "/?q=" + escape(evil), "/?q=hostile&folder=" + escape(evil) + "&since=" + escape(evil) + "&lang=" + escape(evil),
		"/?q=hostile&type=" + escape(evil), "/?q=hostile&tag=" + escape(evil), "/?q=hostile&mode=" + escape(evil), "/?upload=" + escape(evil),
		"/?like=" + escape(evil), "/?like=13&q=x", "/picture/13?q=" + escape(evil), "/picture/14", "/picture/" + escape(evil), "/" + escape(evil),
	} {
		_, body := g.get(path)
		if !strings.Contains(body, "<!doctype html>") {
			t.Errorf("GET %s is no page", path)
		}
		if found := inline.FindString(withoutText(body)); found != "" {
			t.Errorf("GET %s holds %q:\n%s", path, found, cut(body))
		}
		for _, raw := range []string{"<script>", "<img src=x", "<b>", "\x00"} {
			if strings.Contains(body, raw) {
				t.Errorf("GET %s holds %q", path, raw)
			}
		}
	}
	g.wants("/?q=hostile&mode=text", 200, "&lt;script&gt;alert(&#34;<mark>hostile</mark>", "!\u202e", "\ufffdgpj.exe\ufffd\ufffd.jpg")
	g.wants("/picture/14", 200, "!\u202e", "<title>\ufffdgpj.exe\ufffd\ufffd.jpg")
}

// withoutText drops what is escaped text, so that only the page's own markup is left; attribute values stay.
func withoutText(body string) string {
	return regexp.MustCompile(`>[^<]*<`).ReplaceAllString(regexp.MustCompile(`"[^"]*&[^"]*"`).ReplaceAllString(body, `""`), "><")
}

func TestMark(t *testing.T) {
	for _, test := range []struct {
		caption, want string
		terms         []string
	}{
		{"Two Dogs, one dog's bone", "Two [Dogs], one [dog]'s bone", []string{"dog", "dogs"}},
		{"Café am Strand", "[Café] am Strand", []string{"cafe"}},
		{"Cafe\u0301 noir", "[Cafe\u0301] noir", []string{"café"}},
		{"hotdogs dog", "hotdogs [dog]", []string{"dog"}},
		{"red red", "[red] [red]", []string{"red"}},
		{"", "", []string{"red"}},
		{"犬 on snow \xff", "[犬] on snow \xff", []string{"犬"}},
		{"no terms", "no terms", nil},
	} {
		got := ""
		for _, p := range mark(test.caption, test.terms) {
			if p.marked {
				got += "[" + p.text + "]"
			} else {
				got += p.text
			}
		}
		if got != test.want {
			t.Errorf("mark %q with %q: %q, want %q", test.caption, test.terms, got, test.want)
		}
	}
}

func FuzzMark(f *testing.F) {
	f.Add("Two Dogs, one dog's bone", "dog")
	f.Add("\xff\u202e<b>é", "e")
	f.Add("", "")
	f.Fuzz(func(t *testing.T, caption, term string) {
		joined := ""
		for _, p := range mark(caption, []string{term}) {
			joined += p.text
		}
		if joined != caption {
			t.Errorf("mark(%q) loses text: %q", caption, joined)
		}
		if s := visible(caption); strings.ContainsAny(s, "\x00\u202e\u2066") {
			t.Errorf("visible(%q) is %q", caption, s)
		}
	})
}

func TestSummary(t *testing.T) {
	hits := make([]search.Hit, 24)
	for _, test := range []struct {
		result search.Result
		want   string
	}{
		{search.Result{Hits: hits, Total: 1234, More: true}, "More than 1,234 pictures"},
		{search.Result{Hits: hits, Total: 1234}, "1,234 pictures"},
		{search.Result{Hits: hits[:1], Total: 1}, "1 picture"},
		{search.Result{}, "No pictures found"},
	} {
		if got := summary(&test.result); got != test.want {
			t.Errorf("summary is %q, want %q", got, test.want)
		}
	}
}

func TestWeakerResultsAreNamed(t *testing.T) {
	for _, test := range []struct {
		all    bool
		result search.Result
		want   weakerView
	}{
		{false, search.Result{}, weakerView{}},
		{false, search.Result{Weaker: 1}, weakerView{"1 weaker result hidden", "show", "/?all=1&q=red"}},
		{false, search.Result{Weaker: 1200}, weakerView{"1,200 weaker results hidden", "show", "/?all=1&q=red"}},
		{false, search.Result{Weaker: 80, WeakerMore: true}, weakerView{"More than 80 weaker results hidden", "show", "/?all=1&q=red"}},
		{true, search.Result{}, weakerView{"Weaker results are shown", "hide", "/?q=red"}},
	} {
		r := asking(search.Query{Text: "red", All: test.all})
		r.page = 3
		if got := weakerOf(r, &test.result); got != test.want {
			t.Errorf("%+v: %+v, want %+v", test.result, got, test.want)
		}
	}
}
