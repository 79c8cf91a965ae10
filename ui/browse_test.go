package ui

import (
	"encoding/json"
	"html"
	"net/url"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// shownIDs returns the pictures of a page's tiles, in their order.
func shownIDs(body string) []string {
	var ids []string
	for _, m := range regexp.MustCompile(`<li class="tile" id="r\d+" data-id="(\d+)"`).FindAllStringSubmatch(body, -1) {
		ids = append(ids, m[1])
	}
	return ids
}

// TestBrowse lists pictures without a question: the gallery's IDs are in the order of their dates.
func TestBrowse(t *testing.T) {
	g := newGallery(t)
	in2019 := filepath.Join(g.folder, "2019")
	for _, test := range []struct {
		path string
		want []string
	}{
		{"/", []string{"14", "13", "12", "10", "9", "8", "7", "6", "5", "4", "3", "2", "1"}},
		{"/?k=4&p=2", []string{"9", "8", "7", "6"}},
		{"/?folder=2019", []string{"6", "5", "4", "3"}},
		{"/?" + url.Values{"folder": {in2019}, "sort": {"name"}}.Encode(), []string{"4", "3", "6", "5"}},
		{"/?tag=EVENING", []string{"1"}},
		{"/?since=2019-05-09&until=2019-05-10&has_caption=1", []string{"10", "9"}},
		{"/?orientation=portrait&sort=relevance", []string{"9", "5"}},
	} {
		if diff := cmp.Diff(test.want, shownIDs(g.wants(test.path, 200, `class="tools browses"`, `!name="mode"`, `!class="score"`))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.path, diff)
		}
	}
	g.wants("/", 200, "<h2>"+homeNewest, homeHeading)
	g.wants("/?sort=date", 200, "<h1><bdi>"+placeAll, "!"+homeLead)
	g.wants("/?k=4", 200, `rel="next" href="/?k=4&amp;p=2"`, `data-pages="4"`)
	g.wants("/?folder=2019&type=gif", 200, noPicturesFor)
	g.wants("/?p=99999", 200, pastTheEnd)
	g.wants("/?sort=size", 400, "no order")
	g.wants("/?q=red", 200, `!class="tools browses"`, `name="mode"`)
}

// TestBrowseFolders goes down and up in the folders.
func TestBrowseFolders(t *testing.T) {
	g := newGallery(t)
	address := func(folder string) string { return html.EscapeString(inFolder(filepath.Join(g.folder, folder))) }
	g.wants("/", 200, `href="`+address("")+`"`)
	g.wants(inFolder(g.folder), 200, `href="`+address("2019")+`" title="4 pictures"><bdi>2019</bdi> <span class="muted">4<`, `<a href="/"><bdi>`+placeAll)
	g.wants(inFolder(filepath.Join(g.folder, "2019")), 200, "<h1><bdi>2019</bdi></h1>", `href="`+address("")+`"`, `!class="below"`)
	g.wants("/library", 200, `href="`+address("2019")+`"`)
	g.wants("/picture/6", 200, `<a href="`+address("2019")+`"><bdi>`)
}

// TestBrowsePictures goes from picture to picture without a question.
func TestBrowsePictures(t *testing.T) {
	g := newGallery(t)
	g.wants("/picture/6", 200, `rel="prev" href="/picture/7"`, `rel="next" href="/picture/5"`, `href="/#r8"`, "8 of 13 pictures", "!"+whyTitle)
	g.wants("/picture/6?folder=2019&sort=name", 200, `rel="prev" href="/picture/3?folder=2019&amp;sort=name"`, `rel="next" href="/picture/5?folder`, "3 of 4 pictures")
	g.wants("/picture/6?k=4", 200, `href="/?k=4&amp;p=2#r8"`)
	g.wants("/picture/14", 200, `!rel="prev"`, `href="/picture/13"`)
	g.wants("/picture/6?folder=2020", 200, `!rel="next"`, `href="/?folder=2020"`)
	g.wants("/picture/6?sort=size", 200, `!rel="next"`)
}

func TestFormCompletes(t *testing.T) {
	g := newGallery(t)
	g.wants("/?q=red", 200, `<datalist id="known-since"><option value="2019">`, `<datalist id="known-tag"><option value="&#34;&gt;&lt;b&gt;">`, `<option value="evening">`)
	var found struct {
		Tags []struct {
			Tag      string
			Pictures int
		}
	}
	if err := json.Unmarshal([]byte(g.wants("/api/v1/tags?begin=EVE", 200)), &found); err != nil || len(found.Tags) != 1 || found.Tags[0].Pictures != 1 {
		t.Errorf("tags %+v, %v", found, err)
	}
	g.wants("/api/v1/tags?k=0", 400, "k: ")
}
