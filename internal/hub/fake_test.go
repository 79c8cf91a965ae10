package hub

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"clipsearch/internal/progress"
)

const (
	fakeName   = "acme/clip"
	fakeCommit = "0123456789abcdef0123456789abcdef01234567"
)

// fakeHub is a hub with one repository. Large files are Git LFS's.
type fakeHub struct {
	*httptest.Server
	files map[string][]byte                                              // by name
	serve func(w http.ResponseWriter, r *http.Request, name string) bool // nil, or answers a request for a file itself
	api   func(w http.ResponseWriter, r *http.Request) bool              // the same for the listing

	mu       sync.Mutex
	requests []*http.Request
}

// large is from which size on the fake hub keeps files in LFS.
const large = 1000

func newFakeHub(t *testing.T) *fakeHub {
	t.Helper()
	h := &fakeHub{files: map[string][]byte{
		"config.json":       []byte(`{"model_type": "clip"}`),
		"model.safetensors": []byte(strings.Repeat("weights ", 40<<10)), // 320 KB
		"README.md":         []byte("a card"),
		"tf_model.h5":       []byte("not wanted"),
	}}
	h.Server = httptest.NewServer(h)
	t.Cleanup(h.Close)
	return h
}

func (h *fakeHub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	h.requests = append(h.requests, r.Clone(context.Background()))
	h.mu.Unlock()
	if strings.HasPrefix(r.URL.Path, "/api/") {
		if h.api == nil || !h.api(w, r) {
			h.list(w, r)
		}
		return
	}
	name, ok := strings.CutPrefix(r.URL.Path, "/"+fakeName+"/resolve/"+fakeCommit+"/")
	if !ok || h.files[name] == nil {
		w.Header().Set("X-Error-Code", "EntryNotFound")
		http.Error(w, "no such entry", http.StatusNotFound)
		return
	}
	if h.serve == nil || !h.serve(w, r, name) {
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(string(h.files[name])))
	}
}

func (h *fakeHub) list(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/api/models/"+fakeName+"/revision/main" && r.URL.Path != "/api/models/"+fakeName+"/revision/"+fakeCommit {
		w.Header().Set("X-Error-Code", "RevisionNotFound")
		http.Error(w, "no such revision", http.StatusNotFound)
		return
	}
	var siblings []map[string]any
	for name, content := range h.files {
		s := map[string]any{"rfilename": name, "size": len(content), "blobId": gitHash(content)}
		if len(content) >= large {
			s["lfs"] = map[string]any{"sha256": sha256Of(content), "size": len(content), "pointerSize": 134}
		}
		siblings = append(siblings, s)
	}
	json.NewEncoder(w).Encode(map[string]any{"sha": fakeCommit, "siblings": siblings})
}

// asked returns the requests for a file.
func (h *fakeHub) asked(name string) []*http.Request {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []*http.Request
	for _, r := range h.requests {
		if strings.HasSuffix(r.URL.Path, "/"+name) {
			all = append(all, r)
		}
	}
	return all
}

func sha256Of(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

func gitHash(content []byte) string {
	h := sha1.New()
	fmt.Fprintf(h, "blob %d\x00%s", len(content), content)
	return hex.EncodeToString(h.Sum(nil))
}

// client returns a client of the fake hub that does not really wait; waits has how long it would have.
func (h *fakeHub) client() (c *Client, waits *[]time.Duration) {
	waits = new([]time.Duration)
	return &Client{Endpoint: h.URL, Stall: 200 * time.Millisecond, sleep: func(ctx context.Context, d time.Duration) error {
		*waits = append(*waits, d)
		return ctx.Err()
	}}, waits
}

// request asks for everything but tf_model.h5.
func request(cache string) Request {
	return Request{
		Repository: Repository{Name: fakeName, Revision: mainRevision}, Cache: cache, Meter: new(progress.Meter),
		Choose: func(names []string, read func(string) ([]byte, error)) ([]string, error) {
			if data, err := read("config.json"); err != nil || !strings.Contains(string(data), "clip") {
				return nil, fmt.Errorf("config.json: %q, %v", data, err)
			}
			names = slices.DeleteFunc(slices.Clone(names), func(n string) bool { return strings.HasSuffix(n, ".h5") })
			slices.Sort(names)
			return names, nil
		},
	}
}

// checkWhole fails the test unless the wanted files are in the cache as Hugging Face's tools lay them out.
func (h *fakeHub) checkWhole(t *testing.T, cache string, got Pulled) {
	t.Helper()
	repo := filepath.Join(cache, "models--acme--clip")
	if want := filepath.Join(repo, "snapshots", fakeCommit); got.Dir != want || got.Commit != fakeCommit {
		t.Errorf("pulled %+v, want %s", got, want)
	}
	if ref, err := os.ReadFile(filepath.Join(repo, "refs", "main")); err != nil || string(ref) != fakeCommit {
		t.Errorf("refs/main: %q, %v", ref, err)
	}
	for _, name := range []string{"config.json", "model.safetensors", "README.md"} {
		data, err := os.ReadFile(filepath.Join(got.Dir, name))
		if err != nil || string(data) != string(h.files[name]) {
			t.Errorf("%s: %d bytes, %v", name, len(data), err)
		}
		hash := gitHash(h.files[name])
		if len(h.files[name]) >= large {
			hash = sha256Of(h.files[name])
		}
		if to, err := os.Readlink(filepath.Join(got.Dir, name)); err != nil || to != filepath.Join("..", "..", "blobs", hash) {
			t.Errorf("%s is a link to %q, %v", name, to, err)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(repo, "blobs", "*"+incomplete)); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if _, err := os.Lstat(filepath.Join(got.Dir, "tf_model.h5")); err == nil {
		t.Error("a file that was not wanted is there")
	}
}

// checkAbsent fails the test if a name leads to a model.
func checkAbsent(t *testing.T, cache string) {
	t.Helper()
	if dir, err := Find(cache, Repository{Name: fakeName, Revision: mainRevision}); err == nil {
		t.Errorf("there is a model in %s", dir)
	}
}
