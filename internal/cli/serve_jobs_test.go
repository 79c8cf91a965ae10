//go:build unix

package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"clipsearch/internal/jobs"
)

// post starts a job of a served page and returns it, or the answer's error.
func (h *household) post(address, task string) (job jobs.Job, status int, problem string) {
	h.t.Helper()
	answer, err := http.Post(address+"api/v1/jobs", "application/json", strings.NewReader(task))
	if err != nil {
		h.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	var wrong struct{ Error string }
	if err := json.Unmarshal(body, &job); err != nil {
		h.t.Fatalf("%v: %s", err, body)
	}
	if err := json.Unmarshal(body, &wrong); err != nil {
		h.t.Fatal(err)
	}
	return job, answer.StatusCode, wrong.Error
}

// listed returns the jobs of a served page, the newest first.
func (h *household) listed(address string) []jobs.Job {
	h.t.Helper()
	answer, err := http.Get(address + "api/v1/jobs")
	if err != nil {
		h.t.Fatal(err)
	}
	defer answer.Body.Close()
	var list struct{ Jobs []jobs.Job }
	if err := json.NewDecoder(answer.Body).Decode(&list); err != nil {
		h.t.Fatal(err)
	}
	return list.Jobs
}

// becomes waits until a job that is wanted is listed.
func (h *household) becomes(address string, wanted func(jobs.Job) bool) jobs.Job {
	h.t.Helper()
	for begun := time.Now(); time.Since(begun) < tooLong; time.Sleep(10 * time.Millisecond) {
		for _, job := range h.listed(address) {
			if wanted(job) {
				return job
			}
		}
	}
	h.t.Fatalf("no such job among %+v", h.listed(address))
	return jobs.Job{}
}

// does posts a task and waits for its end.
func (h *household) does(address, task string) jobs.Job {
	h.t.Helper()
	started, status, problem := h.post(address, task)
	for begun := time.Now(); status == http.StatusConflict && time.Since(begun) < tooLong; time.Sleep(10 * time.Millisecond) {
		started, status, problem = h.post(address, task) // the server has just begun
	}
	if status != http.StatusCreated {
		h.t.Fatalf("%s: %d %s", task, status, problem)
	}
	return h.becomes(address, func(j jobs.Job) bool { return j.ID == started.ID && j.State.Final() })
}

// TestServeJobs has work done by a page's server while it answers searches.
func TestServeJobs(t *testing.T) {
	t.Parallel()
	h := newHousehold(t)
	h.pictures("green", 3)
	h.pictures("blue", 4)
	if err := os.WriteFile(filepath.Join(h.dir, "green", "broken.png"), []byte("\x89PNG\r\n\x1a\n and then nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	server := h.start("serve", "--listen", "127.0.0.1:0")
	address := h.says(server, addressPattern)

	green := h.does(address, fmt.Sprintf(`{"kind":"index","folders":[%q]}`, filepath.Join(h.dir, "green")))
	if green.State != jobs.Done || green.Progress.Done != 4 || green.Progress.Failed != 1 || len(green.Skipped) != 1 || filepath.Base(green.Skipped[0].Path) != "broken.png" {
		t.Errorf("the job: %+v", green)
	}
	if result, ok := green.Result.(map[string]any); !ok || result["added"] != 3.0 {
		t.Errorf("its result: %v", green.Result)
	}
	if n := h.hits(address, "green"); n != 3 {
		t.Errorf("%d green pictures after the job, want 3", n)
	}

	h.done(h.start("index", "blue", "--exclude", "1.png"), exitOK) // shown as a job, too
	h.becomes(address, func(j jobs.Job) bool { return j.Origin == jobs.Command && j.State == jobs.Done })
	again := h.does(address, fmt.Sprintf(`{"kind":"index","folders":[%q]}`, filepath.Join(h.dir, "blue")))
	if n := h.hits(address, "blue"); again.State != jobs.Done || n != 3 {
		t.Errorf("%s: %d blue pictures, want 3: the folder keeps its patterns", again.State, n)
	}
	all := h.does(address, `{"kind":"index"}`)
	if n := h.hits(address, "all"); all.State != jobs.Done || n != 8 {
		t.Errorf("%s: %d pictures after a run over all folders, want 8", all.State, n)
	}

	for _, task := range []string{`{"kind":"verify"}`, `{"kind":"rebuild"}`, `{"kind":"verify"}`} {
		if job := h.does(address, task); job.State != jobs.Done {
			t.Errorf("%s: %+v", task, job)
		}
	}
	if n := h.hits(address, "all"); n != 8 {
		t.Errorf("%d pictures after rebuilding, want 8", n)
	}
	for task, want := range map[string]string{
		`{"kind":"index","folders":["green"]}`:         "not a whole path",
		`{"kind":"index","folders":["/no/such/dir"]}`:  "there is no folder",
		`{"kind":"index","exclude":["*.tmp"]}`:         "name the folders",
		`{"kind":"verify","folders":["/"]}`:            "takes no folders",
		`{"kind":"polish"}`:                            "it is index, verify, rebuild or compact",
		`{"kind":"index","folders":["/tmp/\u0000no"]}`: "there is no folder",
	} {
		if _, status, problem := h.post(address, task); status != http.StatusBadRequest || !strings.Contains(problem, want) {
			t.Errorf("%s: %d %q, want %q", task, status, problem, want)
		}
	}
	h.stop(server)
	h.finds("all", 8)
}

// TestServeCompacts compacts a library that is served, by two processes, searched and indexed.
func TestServeCompacts(t *testing.T) {
	t.Parallel()
	h := newHousehold(t)
	h.pictures("green", 3)
	h.pictures("blue", 4)
	server := h.start("serve", "--listen", "127.0.0.1:0")
	address := h.says(server, addressPattern)
	second := h.start("serve", "--listen", "127.0.0.1:0") // runs in the first one's process
	h.says(second, addressPattern)
	h.done(h.start("index", "green", "blue"), exitOK)
	files, err := filepath.Glob(filepath.Join(h.dir, "blue", "*.png"))
	if err != nil || len(files) != 4 {
		t.Fatal(files, err)
	}
	for _, file := range files[1:] {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
	h.done(h.start("index", "blue"), exitOK)
	library := filepath.Join(h.dir, ".local/share/clipsearch/library.clipsearch")
	for round, forgotten := range []float64{3, 0} {
		before, err := os.Stat(library)
		if err != nil {
			t.Fatal(err)
		}
		job := h.does(address, `{"kind":"compact"}`)
		result, ok := job.Result.(map[string]any)
		if job.State != jobs.Done || !ok || result["forgotten"] != forgotten {
			t.Fatalf("round %d: %+v", round, job)
		}
		after, err := os.Stat(library)
		if err != nil || os.SameFile(before, after) {
			t.Errorf("round %d: the file is the old one (%v)", round, err)
		}
		h.finds("all", 6) // by the server, which has the new file
		if n := h.hits(address, "all"); n != 6 {
			t.Errorf("round %d: the page finds %d pictures, want 6", round, n)
		}
	}
	h.done(h.start("index", "green"), exitOK)
	if job := h.does(address, `{"kind":"verify"}`); job.State != jobs.Done {
		t.Errorf("verify: %+v", job)
	}
	h.says(second, `(?s)stop with.*stop with`) // it has begun again beside the new file
	h.stop(server)
	h.finds("all", 6)
}

// TestServeShowsRuns serves what another process is indexing: the page shows that run, and that of its own waits for it.
func TestServeShowsRuns(t *testing.T) {
	t.Parallel()
	h := newHousehold(t)
	h.pictures("green", 3)
	run, goOn := h.busy("green")
	server := h.start("serve", "--listen", "127.0.0.1:0")
	address := h.says(server, addressPattern)
	h.becomes(address, func(j jobs.Job) bool { return j.Origin == jobs.Command && j.State == jobs.Running })
	for begun := time.Now(); time.Since(begun) < tooLong; time.Sleep(10 * time.Millisecond) {
		if _, status, _ := h.post(address, `{"kind":"index"}`); status == http.StatusCreated {
			break
		}
	}
	h.becomes(address, func(j jobs.Job) bool { return j.Origin == jobs.Here && strings.HasPrefix(j.Progress.Phase, "waiting") })
	goOn()
	h.done(run, exitOK)
	h.says(server, `(?s)stop with.*stop with`) // it goes on by itself
	h.stop(server)
	h.finds("green", 3)
}

// TestServeFirstRun begins without a library, and fills one from its page.
func TestServeFirstRun(t *testing.T) {
	t.Parallel()
	h := newHousehold(t)
	h.env = append(h.env, "XDG_DATA_HOME="+t.TempDir())
	server := h.start("serve", "--listen", "127.0.0.1:0")
	address := h.says(server, addressPattern)
	if n := h.hits(address, "red"); n != 0 {
		t.Errorf("%d pictures in a new library", n)
	}
	if job := h.does(address, fmt.Sprintf(`{"kind":"index","folders":[%q]}`, filepath.Join(h.dir, "red"))); job.State != jobs.Done {
		t.Errorf("the first run: %+v", job)
	}
	if n := h.hits(address, "red"); n != 2 {
		t.Errorf("%d pictures after the first run, want 2", n)
	}
	h.stop(server)
}
