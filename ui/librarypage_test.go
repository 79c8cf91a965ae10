package ui

import (
	"context"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"clipsearch/internal/jobs"
)

// send posts a form.
func (g *gallery) send(path string, fields url.Values, change func(*http.Request)) (*http.Response, string) {
	g.t.Helper()
	request, err := http.NewRequestWithContext(g.t.Context(), http.MethodPost, g.server.URL+path, strings.NewReader(fields.Encode()))
	if err != nil {
		g.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	change(request)
	return g.do(request)
}

// steady is work that counts to ten and then waits for its end.
type steady struct{ ends chan error }

func (w steady) Check(task jobs.Task) error {
	for _, folder := range task.Folders {
		if strings.Contains(folder, "nowhere") {
			return jobs.ErrBadTask
		}
	}
	return nil
}

func (w steady) Work(ctx context.Context, task jobs.Task, report *jobs.Report) (any, error) {
	meter := report.Meter()
	meter.Start(10)
	meter.Done(4)
	select {
	case err := <-w.ends:
		return nil, err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// working lets the gallery's queue do steady work until the test ends.
func (g *gallery) working() steady {
	w := steady{make(chan error)}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.jobs.Run(ctx, w)
	}()
	g.t.Cleanup(func() {
		cancel()
		<-done
	})
	return w
}

func TestLibraryPage(t *testing.T) {
	g := newGallery(t)
	g.wants("/library", 200, "13", "encodetest-colours-1, ", "12 JPEG, 1 PNG", g.folder, addFolderTitle, `action="/library/jobs"`, "clipsearch compact", "!"+firstFolderTitle)
	response, body := g.send("/library/jobs", url.Values{"kind": {"fly"}}, func(r *http.Request) {})
	if response.StatusCode < 400 || !strings.Contains(body, `role="alert"`) {
		t.Errorf("an unknown kind: %d", response.StatusCode)
	}
}

func TestFoldersToChooseFrom(t *testing.T) {
	g := newGallery(t)
	within := "/?folder=" + url.QueryEscape(filepath.Join(g.folder, "2019")) + "&amp;q=snow"
	g.wants("/?q=snow&p=1", 200, `class="choose" href="/folders?q=snow"`)
	g.wants("/folders?q=snow", 200, `href="`+within+`"`, "4 pictures")
	g.wants("/folders?q=snow&k=x", 400)
	b := newTab(t)
	b.open(g.server.URL + "/?q=snow")
	b.press("f")
	b.click(".choose")
	b.until(`document.querySelectorAll(".choice a").length === 4`)
	b.click(`.choice a[href*="2019"]`)
	b.until(`location.search.includes("folder=") && document.querySelectorAll(".inforce li").length === 1 && ` + tiles + ` === 4`)
}

func TestWorkIsStartedAndChanged(t *testing.T) {
	g := newGallery(t)
	g.working()
	nothing := func(*http.Request) {}
	response, body := g.send("/library/jobs", url.Values{"kind": {"index"}, "folder": {"/nowhere"}}, nothing)
	if response.StatusCode != http.StatusBadRequest || !strings.Contains(body, `value="/nowhere"`) {
		t.Errorf("a folder that is not there: %d\n%s", response.StatusCode, cut(body))
	}
	response, _ = g.send("/library/jobs", url.Values{"kind": {"index"}, "folder": {"/p/holidays"}, "exclude": {"*.gif, private/"}}, nothing)
	if response.StatusCode != http.StatusSeeOther {
		t.Fatalf("status %d", response.StatusCode)
	}
	job := g.jobs.List()[0]
	if len(job.Folders) != 1 || job.Folders[0] != "/p/holidays" || len(job.Exclude) != 2 || job.Exclude[1] != "private/" {
		t.Errorf("the task is %+v", job.Task)
	}
	g.wants("/library", 200, "Indexing holidays", `value="pause"`, `value="cancel"`)
	for _, test := range []struct {
		fields url.Values
		change func(*http.Request)
		status int
	}{
		{url.Values{"job": {"1"}, "do": {"fly"}}, nothing, 400},
		{url.Values{"job": {"x"}, "do": {"pause"}}, nothing, 400},
		{url.Values{"job": {"9"}, "do": {"pause"}}, nothing, 404},
		{url.Values{"job": {"1"}, "do": {"pause"}}, func(r *http.Request) { r.Header.Set("Origin", "http://evil.example") }, 403},
		{url.Values{"job": {"1"}, "do": {"resume"}}, nothing, 303}, // it is not paused: the page shows that
		{url.Values{"job": {"1"}, "do": {"cancel"}}, nothing, 303},
	} {
		if response, _ := g.send("/library/change", test.fields, test.change); response.StatusCode != test.status {
			t.Errorf("%v: status %d, want %d", test.fields, response.StatusCode, test.status)
		}
	}
	if response, _ := g.send("/library/jobs", url.Values{"kind": {"index"}}, func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }); response.StatusCode != 403 {
		t.Errorf("work that another site asks for: %d", response.StatusCode)
	}
}

func TestBrowserFollowsWork(t *testing.T) {
	g := newGallery(t)
	w := g.working()
	b := newTab(t)
	b.open(g.server.URL + "/library")
	b.run(sendKeys(".add [name=folder]", g.folder[:len(g.folder)-1]))
	b.until(`[...document.querySelectorAll("#paths option")].some((o) => o.value === ` + quoted(g.folder) + `)`) // completion
	b.run(sendKeys(".add [name=folder]", g.folder[len(g.folder)-1:]+"\r"))
	b.until(`document.querySelector(".job progress")?.value === 4`)
	b.shoot("library")
	b.click(".job [value=pause]")
	b.until(`document.querySelector(".job .state")?.innerText === "paused"`)
	b.click(".job [value=resume]")
	b.until(`document.querySelector(".job .state")?.innerText === "running"`)
	w.ends <- nil // told of by an event, not by a page
	b.until(`document.querySelector(".job .state")?.innerText === "done"`)
}
