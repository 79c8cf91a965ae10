package ui

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"clipsearch/internal/jobs"
)

// clerk is a Worker that does as it is told: a task whose first folder is /slow lasts until it is stopped, /bad is refused,
// /broken fails.
type clerk struct{}

func (clerk) Check(task jobs.Task) error {
	if task.Kind != jobs.Index || len(task.Folders) > 0 && task.Folders[0] == "/bad" {
		return fmt.Errorf("%w: there is no folder", jobs.ErrBadTask)
	}
	return nil
}

func (clerk) Work(ctx context.Context, task jobs.Task, report *jobs.Report) (any, error) {
	meter := report.Meter()
	meter.Phase("indexing")
	meter.Start(4)
	meter.Done(1)
	report.Skip(jobs.Skip{Path: "/slow/a.jpg", Reason: "damaged", Detail: "it ends too soon"})
	switch {
	case len(task.Folders) > 0 && task.Folders[0] == "/slow":
		<-ctx.Done()
		return map[string]int{"added": 1}, ctx.Err()
	case len(task.Folders) > 0 && task.Folders[0] == "/broken":
		return nil, fmt.Errorf("the disk is full")
	}
	return map[string]int{"added": 4}, nil
}

// employ lets a clerk do the gallery's jobs until the test ends.
func (g *gallery) employ() {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		g.jobs.Run(ctx, clerk{})
	}()
	g.t.Cleanup(func() {
		cancel()
		<-ended
	})
}

// postJSON sends JSON to a path.
func (g *gallery) postJSON(path, body string, change func(*http.Request)) (*http.Response, string) {
	g.t.Helper()
	request, err := http.NewRequestWithContext(g.t.Context(), http.MethodPost, g.server.URL+path, strings.NewReader(body))
	if err != nil {
		g.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	if change != nil {
		change(request)
	}
	return g.do(request)
}

// start posts a task until it is accepted, which it is once the clerk is at work.
func (g *gallery) start(body string) jobs.Job {
	g.t.Helper()
	var job jobs.Job
	for range 500 {
		response, answer := g.postJSON("/api/v1/jobs", body, nil)
		if response.StatusCode == http.StatusConflict {
			time.Sleep(10 * time.Millisecond)
			continue
		}
		if response.StatusCode != http.StatusCreated {
			g.t.Fatalf("POST %s: %d %s", body, response.StatusCode, answer)
		}
		if err := json.Unmarshal([]byte(answer), &job); err != nil {
			g.t.Fatal(err)
		}
		if want := fmt.Sprintf("/api/v1/jobs/%d", job.ID); response.Header.Get("Location") != want {
			g.t.Errorf("Location %q, want %q", response.Header.Get("Location"), want)
		}
		return job
	}
	g.t.Fatal("nobody is at work")
	return job
}

// awaitState asks for a job until it is in a state.
func (g *gallery) awaitState(id uint64, state jobs.State) jobs.Job {
	g.t.Helper()
	var job jobs.Job
	for range 500 {
		_, body := g.get(fmt.Sprintf("/api/v1/jobs/%d", id))
		if err := json.Unmarshal([]byte(body), &job); err != nil {
			g.t.Fatalf("%v: %s", err, body)
		}
		if job.State == state {
			return job
		}
		time.Sleep(10 * time.Millisecond)
	}
	g.t.Fatalf("job %d is %s, not %s", id, job.State, state)
	return job
}

func TestJobs(t *testing.T) {
	g := newGallery(t)
	g.employ()
	slow, broken, quick := g.start(`{"kind":"index","folders":["/slow"]}`), g.start(`{"kind":"index","folders":["/broken"]}`), g.start(`{"kind":"index"}`)
	running := g.awaitState(slow.ID, jobs.Running)
	for range 100 { // the clerk has been called, and begins
		if running = g.awaitState(slow.ID, jobs.Running); len(running.Skipped) > 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if running.Progress.Phase != "indexing" || running.Progress.Done != 1 || running.Progress.Total != 4 || running.Skipped[0].Reason != "damaged" {
		t.Errorf("the running job: %+v", running)
	}
	g.wants("/api/v1/jobs", 200, `"state":"running"`, `"state":"waiting"`)
	if response, _ := g.postJSON(fmt.Sprintf("/api/v1/jobs/%d/resume", slow.ID), "", nil); response.StatusCode != http.StatusConflict {
		t.Errorf("resuming a running job: %d", response.StatusCode)
	}
	if response, body := g.postJSON(fmt.Sprintf("/api/v1/jobs/%d/pause", slow.ID), "", nil); response.StatusCode != http.StatusOK {
		t.Errorf("pause: %d %s", response.StatusCode, body)
	}
	g.awaitState(slow.ID, jobs.Paused)
	if job := g.awaitState(broken.ID, jobs.Failed); job.Error != "the disk is full" {
		t.Errorf("the broken job: %+v", job)
	}
	g.awaitState(quick.ID, jobs.Done)
	g.wants(fmt.Sprintf("/api/v1/jobs/%d", quick.ID), 200, `"result":{"added":4}`)
	g.postJSON(fmt.Sprintf("/api/v1/jobs/%d/resume", slow.ID), "", nil)
	g.awaitState(slow.ID, jobs.Running)
	g.postJSON(fmt.Sprintf("/api/v1/jobs/%d/cancel", slow.ID), "", nil)
	g.awaitState(slow.ID, jobs.Cancelled)
	g.wants("/api/v1/jobs/99", 404, "no such job")
	g.wants("/api/v1/jobs/x", 404, "no such job")
}

// TestForeignJobs holds that no other site's page can have work done, nor see what there is on the disk.
func TestForeignJobs(t *testing.T) {
	g := newGallery(t)
	g.employ()
	g.start(`{"kind":"index"}`)
	own := func(r *http.Request) {
		r.Header.Set("Origin", "http://"+r.URL.Host)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	cross := func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }
	origin := func(r *http.Request) { r.Header.Set("Origin", "http://evil.example") }
	rebound := func(r *http.Request) { r.Host = "evil.example:" + r.URL.Port() }
	for _, test := range []struct {
		name, method, path, body string
		change                   func(*http.Request)
		status                   int
	}{
		{"own start", "POST", "/api/v1/jobs", `{"kind":"index"}`, own, 201},
		{"a script's start", "POST", "/api/v1/jobs", `{"kind":"index"}`, nil, 201},
		{"cross-site start", "POST", "/api/v1/jobs", `{"kind":"index"}`, cross, 403},
		{"foreign origin's start", "POST", "/api/v1/jobs", `{"kind":"index"}`, origin, 403},
		{"rebound start", "POST", "/api/v1/jobs", `{"kind":"index"}`, rebound, 403},
		{"cross-site cancel", "POST", "/api/v1/jobs/1/cancel", "", cross, 403},
		{"a form", "POST", "/api/v1/jobs", "kind=index", func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }, 415},
		{"plain text", "POST", "/api/v1/jobs", `{"kind":"index"}`, func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, 415},
		{"no JSON", "POST", "/api/v1/jobs", `kind`, nil, 400},
		{"an unknown field", "POST", "/api/v1/jobs", `{"kind":"index","dirs":["/"]}`, nil, 400},
		{"a bad folder", "POST", "/api/v1/jobs", `{"kind":"index","folders":["/bad"]}`, nil, 400},
		{"an unknown kind", "POST", "/api/v1/jobs", `{"kind":"format c:"}`, nil, 400},
		{"too much", "POST", "/api/v1/jobs", `{"kind":"` + strings.Repeat("x", 2<<20), nil, 400},
		{"own completion", "GET", "/api/v1/complete?path=/", "", own, 200},
		{"typed completion", "GET", "/api/v1/complete?path=/", "", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "none") }, 200},
		{"cross-site completion", "GET", "/api/v1/complete?path=/", "", cross, 403},
		{"same-site completion of another port", "GET", "/api/v1/complete?path=/", "", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") }, 403},
		{"foreign origin's completion", "GET", "/api/v1/complete?path=/", "", origin, 403},
		{"rebound completion", "GET", "/api/v1/complete?path=/", "", rebound, 403},
		{"cross-site events", "GET", "/api/v1/jobs/events", "", cross, 403},
		{"cross-site search", "GET", "/api/v1/search?q=red", "", cross, 403},
		{"nothing", "GET", "/api/v1/nothing", "", nil, 404},
		{"another method", "DELETE", "/api/v1/jobs/1", "", nil, 405},
	} {
		t.Run(test.name, func(t *testing.T) {
			request, err := http.NewRequestWithContext(t.Context(), test.method, g.server.URL+test.path, strings.NewReader(test.body))
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Content-Type", "application/json")
			if test.change != nil {
				test.change(request)
			}
			response, body := g.do(request)
			if response.StatusCode != test.status {
				t.Errorf("status %d, want %d: %.200s", response.StatusCode, test.status, body)
			}
			if test.status != 405 && !json.Valid([]byte(body)) {
				t.Errorf("no JSON: %.200s", body)
			}
		})
	}
}

// TestJobEvents reads the stream while a job begins, is paused, and while the library stays as it is.
func TestJobEvents(t *testing.T) {
	g := newGallery(t)
	g.employ()
	done := g.start(`{"kind":"index"}`)
	g.awaitState(done.ID, jobs.Done)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, g.server.URL+"/api/v1/jobs/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if kind := response.Header.Get("Content-Type"); kind != "text/event-stream" {
		t.Errorf("content type %q", kind)
	}
	lines := bufio.NewScanner(response.Body)
	await := func(parts ...string) {
		t.Helper()
		for lines.Scan() {
			all := true
			for _, part := range parts {
				all = all && strings.Contains(lines.Text(), part)
			}
			if all {
				return
			}
		}
		t.Fatalf("the stream ends without %q: %v", parts, lines.Err())
	}
	await(`"id":1`, `"state":"done"`)
	await(`"sequence":`)
	slow := g.start(`{"kind":"index","folders":["/slow"]}`)
	await(fmt.Sprintf(`"id":%d`, slow.ID), `"state":"running"`)
	g.postJSON(fmt.Sprintf("/api/v1/jobs/%d/pause", slow.ID), "", nil)
	await(fmt.Sprintf(`"id":%d`, slow.ID), `"state":"paused"`)
}
