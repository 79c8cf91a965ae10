package hub

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const weights = "model.safetensors"

func TestPull(t *testing.T) {
	h := newFakeHub(t)
	c, _ := h.client()
	cache := filepath.Join(t.TempDir(), "hub")
	r := request(cache)
	got, err := c.Pull(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	h.checkWhole(t, cache, got)
	if s := r.Meter.Snapshot(); !s.Bytes || s.Done != s.Total || s.Done != int64(len(h.files[weights])+len("a card")+len(h.files["config.json"])) {
		t.Errorf("counted %d of %d bytes", s.Done, s.Total)
	}
	if dir, err := Find(cache, r.Repository); err != nil || dir != got.Dir {
		t.Errorf("found in %s, %v", dir, err)
	}
	// A second time nothing but the listing is asked for.
	before := len(h.requests)
	if again, err := c.Pull(t.Context(), request(cache)); err != nil || again.Downloaded != 0 || again.Dir != got.Dir {
		t.Errorf("again: %+v, %v", again, err)
	}
	if n := len(h.requests) - before; n != 1 {
		t.Errorf("%d requests the second time", n)
	}
}

func TestPullOfACommit(t *testing.T) {
	h := newFakeHub(t)
	c, _ := h.client()
	cache := t.TempDir()
	r := request(cache)
	r.Revision = fakeCommit
	got, err := c.Pull(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if refs, _ := os.ReadDir(filepath.Join(cache, "models--acme--clip", "refs")); len(refs) > 0 {
		t.Errorf("a commit has the references %v", refs)
	}
	if dir, err := Find(cache, r.Repository); err != nil || dir != got.Dir {
		t.Errorf("found in %s, %v", dir, err)
	}
	checkAbsent(t, cache) // as main
	r.Revision = "dev"
	var fault *Error
	if _, err := c.Pull(t.Context(), r); !errors.Is(err, ErrNotFound) || !errors.As(err, &fault) || !strings.Contains(err.Error(), `"dev"`) || fault.Hint() == "" {
		t.Errorf("a branch that is not there: %v", err)
	}
}

// piece writes the part of a file that a request asks for, at most n bytes of it, and breaks the connection off.
func piece(w http.ResponseWriter, r *http.Request, content []byte, n int) {
	var from int
	status := http.StatusOK
	if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from); err == nil {
		status = http.StatusPartialContent
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(content)-1, len(content)))
	}
	w.Header().Set("Content-Length", fmt.Sprint(len(content)-from))
	w.WriteHeader(status)
	w.Write(content[from:min(from+n, len(content))])
}

func TestBrokenConnections(t *testing.T) {
	for name, serve := range map[string]func(w http.ResponseWriter, r *http.Request, content []byte){
		"cut short": func(w http.ResponseWriter, r *http.Request, content []byte) { piece(w, r, content, 100_000) },
		"stalls": func(w http.ResponseWriter, r *http.Request, content []byte) {
			piece(w, r, content, 100_000)
			http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
		"busy half of the time": func() func(http.ResponseWriter, *http.Request, []byte) {
			var asked atomic.Int64
			return func(w http.ResponseWriter, r *http.Request, content []byte) {
				if asked.Add(1)%2 == 1 {
					w.WriteHeader(http.StatusServiceUnavailable)
					return
				}
				piece(w, r, content, 100_000)
			}
		}(),
	} {
		t.Run(name, func(t *testing.T) {
			h := newFakeHub(t)
			h.serve = func(w http.ResponseWriter, r *http.Request, file string) bool {
				if file != weights {
					return false
				}
				serve(w, r, h.files[file])
				return true
			}
			c, waits := h.client()
			cache := t.TempDir()
			r := request(cache)
			got, err := c.Pull(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			h.checkWhole(t, cache, got)
			if got.Downloaded < int64(len(h.files[weights])) || got.Downloaded > int64(len(h.files[weights]))+1000 {
				t.Errorf("%d bytes came: not resumed", got.Downloaded)
			}
			if len(*waits) < 3 {
				t.Errorf("waited %v", *waits)
			}
			if s := r.Meter.Snapshot(); s.Done != s.Total {
				t.Errorf("counted %d of %d bytes", s.Done, s.Total)
			}
		})
	}
}

func TestNothingComes(t *testing.T) {
	h := newFakeHub(t)
	h.serve = func(w http.ResponseWriter, r *http.Request, file string) bool {
		if file == weights {
			<-r.Context().Done()
		}
		return file == weights
	}
	c, waits := h.client()
	c.Stall = 20 * time.Millisecond
	cache := t.TempDir()
	_, err := c.Pull(t.Context(), request(cache))
	var fault *Error
	if !errors.Is(err, ErrBroken) || !errors.As(err, &fault) || fault.Hint() == "" || !strings.Contains(err.Error(), weights) {
		t.Errorf("error %v", err)
	}
	if len(*waits) != maxAttempts-1 || (*waits)[0] < firstPause || (*waits)[4] < 16*firstPause {
		t.Errorf("waited %v", *waits)
	}
	checkAbsent(t, cache)
}

func TestResume(t *testing.T) {
	for name, serve := range map[string]func(h *fakeHub, w http.ResponseWriter, r *http.Request) bool{
		"by range": func(*fakeHub, http.ResponseWriter, *http.Request) bool { return false },
		"a server that knows no ranges": func(h *fakeHub, w http.ResponseWriter, r *http.Request) bool {
			w.Write(h.files[weights])
			return true
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newFakeHub(t)
			cache := t.TempDir()
			blob := filepath.Join(cache, "models--acme--clip", "blobs", sha256Of(h.files[weights])+incomplete)
			write(t, blob, h.files[weights][:200_000])
			h.serve = func(w http.ResponseWriter, r *http.Request, file string) bool {
				return file == weights && serve(h, w, r)
			}
			c, _ := h.client()
			r := request(cache)
			got, err := c.Pull(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			h.checkWhole(t, cache, got)
			asked := h.asked(weights)
			if len(asked) != 1 || asked[0].Header.Get("Range") != "bytes=200000-" {
				t.Errorf("asked %d times, for %q", len(asked), asked[0].Header.Get("Range"))
			}
			if s := r.Meter.Snapshot(); s.Done != s.Total {
				t.Errorf("counted %d of %d bytes", s.Done, s.Total)
			}
		})
	}
}

// TestOddPartials: what lies there from an earlier run is all of the file, more than it, or something else.
func TestOddPartials(t *testing.T) {
	h := newFakeHub(t)
	for name, test := range map[string]struct {
		there []byte
		want  error
	}{
		"whole":          {h.files[weights], nil},
		"too long":       {append([]byte("more"), h.files[weights]...), nil},
		"something else": {[]byte(strings.Repeat("x", 1000)), ErrHash},
		"empty":          {nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			cache := t.TempDir()
			blob := filepath.Join(cache, "models--acme--clip", "blobs", sha256Of(h.files[weights])+incomplete)
			write(t, blob, test.there)
			c, _ := h.client()
			got, err := c.Pull(t.Context(), request(cache))
			if !errors.Is(err, test.want) {
				t.Fatalf("error %v, want %v", err, test.want)
			}
			if err != nil { // thrown away, so that the next run succeeds
				if got, err = c.Pull(t.Context(), request(cache)); err != nil {
					t.Fatal(err)
				}
			}
			h.checkWhole(t, cache, got)
		})
	}
}

func TestLies(t *testing.T) {
	for name, test := range map[string]struct {
		file  string
		serve func(w http.ResponseWriter, r *http.Request, content []byte)
		want  error
	}{
		"other bytes": {weights, func(w http.ResponseWriter, r *http.Request, content []byte) {
			w.Write([]byte(strings.Repeat("x", len(content))))
		}, ErrHash},
		"one bit": {weights, func(w http.ResponseWriter, r *http.Request, content []byte) {
			w.Write(append(content[:len(content)-1:len(content)-1], content[len(content)-1]^1))
		}, ErrHash},
		"a small file": {"README.md", func(w http.ResponseWriter, r *http.Request, content []byte) { w.Write([]byte("a cord")) }, ErrHash},
		"longer":       {weights, func(w http.ResponseWriter, r *http.Request, content []byte) { w.Write(append(content, "more"...)) }, ErrHash},
		"an endless file": {weights, func(w http.ResponseWriter, r *http.Request, content []byte) {
			for r.Context().Err() == nil {
				w.Write(content)
			}
		}, ErrHash},
		"another range": {weights, func(w http.ResponseWriter, r *http.Request, content []byte) {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes 5-%d/%d", len(content)-1, len(content)))
			w.WriteHeader(http.StatusPartialContent)
			w.Write(content[5:])
		}, ErrAnswer},
		"no such range": {weights, func(w http.ResponseWriter, r *http.Request, content []byte) {
			w.WriteHeader(http.StatusRequestedRangeNotSatisfiable)
		}, ErrHash},
	} {
		t.Run(name, func(t *testing.T) {
			h := newFakeHub(t)
			h.serve = func(w http.ResponseWriter, r *http.Request, file string) bool {
				if file == test.file {
					test.serve(w, r, h.files[file])
				}
				return file == test.file
			}
			c, _ := h.client()
			cache := t.TempDir()
			_, err := c.Pull(t.Context(), request(cache))
			var fault *Error
			if !errors.Is(err, test.want) || !errors.As(err, &fault) || !strings.Contains(err.Error(), test.file) {
				t.Errorf("error %v, want %v about %s", err, test.want, test.file)
			}
			checkAbsent(t, cache)
			h.serve = nil
			got, err := c.Pull(t.Context(), request(cache))
			if err != nil {
				t.Fatalf("afterwards: %v", err)
			}
			h.checkWhole(t, cache, got)
		})
	}
}

func TestBusy(t *testing.T) {
	for name, test := range map[string]struct {
		after func() string
		times int64
		waits func([]time.Duration) bool
		want  error
	}{
		"asks for seconds": {func() string { return "7" }, 2, func(w []time.Duration) bool { return len(w) == 2 && w[0] == 7*time.Second && w[1] == 7*time.Second }, nil},
		"asks until a time": {func() string { return time.Now().Add(90 * time.Second).UTC().Format(http.TimeFormat) }, 1,
			func(w []time.Duration) bool { return len(w) == 1 && w[0] > 80*time.Second && w[0] <= 90*time.Second }, nil},
		"does not say":     {func() string { return "" }, 2, func(w []time.Duration) bool { return len(w) == 2 && w[0] >= firstPause && w[1] >= 2*firstPause }, nil},
		"says nonsense":    {func() string { return "-5" }, 1, func(w []time.Duration) bool { return len(w) == 1 && w[0] >= firstPause }, nil},
		"asks for an hour": {func() string { return "3600" }, 1, func(w []time.Duration) bool { return len(w) == 0 }, ErrBusy},
		"for ever":         {func() string { return "1" }, 1000, func(w []time.Duration) bool { return len(w) == maxAttempts-1 }, ErrBusy},
	} {
		t.Run(name, func(t *testing.T) {
			h := newFakeHub(t)
			var asked atomic.Int64
			h.serve = func(w http.ResponseWriter, r *http.Request, file string) bool {
				if file != weights || asked.Add(1) > test.times {
					return false
				}
				w.Header().Set("Retry-After", test.after())
				w.WriteHeader(http.StatusTooManyRequests)
				return true
			}
			c, waits := h.client()
			cache := t.TempDir()
			got, err := c.Pull(t.Context(), request(cache))
			if !errors.Is(err, test.want) {
				t.Fatalf("error %v, want %v", err, test.want)
			}
			if !test.waits(*waits) {
				t.Errorf("waited %v", *waits)
			}
			if err == nil {
				h.checkWhole(t, cache, got)
			} else if !strings.Contains(err.Error(), "429") {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	for name, test := range map[string]struct {
		code  int
		kind  string
		token string
		want  error
		hint  string
	}{
		"missing or private":  {401, "RepoNotFound", "", ErrDenied, "HF_TOKEN"},
		"gated":               {403, "GatedRepo", "", ErrDenied, "accept its terms"},
		"token without right": {403, "GatedRepo", "hf_secret", ErrDenied, "the token in HF_TOKEN"},
		"no such repository":  {404, "RepoNotFound", "hf_secret", ErrNotFound, "check the name"},
		"no such revision":    {404, "RevisionNotFound", "", ErrNotFound, "/commits"},
		"gone":                {410, "", "", nil, ""},
	} {
		for _, where := range []string{"listing", "file"} {
			t.Run(name+" in the "+where, func(t *testing.T) {
				h := newFakeHub(t)
				refuse := func(w http.ResponseWriter) bool {
					w.Header().Set("X-Error-Code", test.kind)
					w.Header().Set("X-Error-Message", "<script>")
					w.WriteHeader(test.code)
					return true
				}
				if where == "listing" {
					h.api = func(w http.ResponseWriter, r *http.Request) bool { return refuse(w) }
				} else {
					h.serve = func(w http.ResponseWriter, r *http.Request, file string) bool { return file == weights && refuse(w) }
				}
				c, waits := h.client()
				c.Token = test.token
				cache := t.TempDir()
				_, err := c.Pull(t.Context(), request(cache))
				var fault *Error
				if err == nil || test.want != nil && !errors.Is(err, test.want) || !errors.As(err, &fault) {
					t.Fatalf("error %v, want %v", err, test.want)
				}
				if !strings.Contains(fault.Hint(), test.hint) || strings.Contains(err.Error()+fault.Hint(), "hf_secret") || strings.Contains(err.Error(), "<") {
					t.Errorf("error %v, hint %q", err, fault.Hint())
				}
				if !strings.Contains(err.Error(), fmt.Sprint(test.code)) || len(*waits) > 0 {
					t.Errorf("error %v after waiting %v", err, *waits)
				}
				checkAbsent(t, cache)
			})
		}
	}
}

func TestInterrupt(t *testing.T) {
	h := newFakeHub(t)
	ctx, cancel := context.WithCancel(t.Context())
	h.serve = func(w http.ResponseWriter, r *http.Request, file string) bool {
		if file != weights {
			return false
		}
		piece(w, r, h.files[file], 50_000)
		http.NewResponseController(w).Flush()
		time.Sleep(50 * time.Millisecond)
		cancel()
		<-r.Context().Done()
		return true
	}
	c, _ := h.client()
	c.Stall = time.Minute
	cache := t.TempDir()
	if _, err := c.Pull(ctx, request(cache)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	checkAbsent(t, cache)
	partial := filepath.Join(cache, "models--acme--clip", "blobs", sha256Of(h.files[weights])+incomplete)
	if info, err := os.Stat(partial); err != nil || info.Size() != 50_000 {
		t.Fatalf("what came is not kept: %v, %v", info, err)
	}
	h.serve = nil
	got, err := c.Pull(t.Context(), request(cache))
	if err != nil {
		t.Fatal(err)
	}
	h.checkWhole(t, cache, got)
	if asked := h.asked(weights); asked[len(asked)-1].Header.Get("Range") != "bytes=50000-" {
		t.Errorf("asked for %q", asked[len(asked)-1].Header.Get("Range"))
	}
}

// TestTwoAtOnce: of two processes one downloads and the other waits for it.
func TestTwoAtOnce(t *testing.T) {
	h := newFakeHub(t)
	h.serve = func(w http.ResponseWriter, r *http.Request, file string) bool {
		time.Sleep(100 * time.Millisecond)
		return false
	}
	cache := t.TempDir()
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() {
			c, _ := h.client()
			got, err := c.Pull(t.Context(), request(cache))
			if err != nil {
				t.Error(err)
				return
			}
			h.checkWhole(t, cache, got)
		})
	}
	both.Wait()
	if n := len(h.asked(weights)); n != 1 {
		t.Errorf("the weights were asked for %d times", n)
	}
}

func TestWrongChoice(t *testing.T) {
	h := newFakeHub(t)
	c, _ := h.client()
	unwanted := errors.New("no model")
	for name, choose := range map[string]func([]string, func(string) ([]byte, error)) ([]string, error){
		"a name that is not there": func([]string, func(string) ([]byte, error)) ([]string, error) { return []string{"nothing"}, nil },
		"none of them":             func([]string, func(string) ([]byte, error)) ([]string, error) { return nil, unwanted },
		"reading what is not there": func(_ []string, read func(string) ([]byte, error)) ([]string, error) {
			_, err := read("nothing")
			return nil, err
		},
	} {
		cache := t.TempDir()
		r := request(cache)
		r.Choose = choose
		if _, err := c.Pull(t.Context(), r); err == nil {
			t.Errorf("%s: no error", name)
		}
		checkAbsent(t, cache)
	}
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}
