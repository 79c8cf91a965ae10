//go:build !native

// Nothing here depends on the native build, whose processes spend half a second each on loading libtorch: this runs without.

package cli

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// TestReadOnlyFile serves, searches and checks a file that nobody may write to; what writes says so, and changes nothing.
func TestReadOnlyFile(t *testing.T) {
	t.Parallel()
	h := newHousehold(t)
	library := filepath.Join(h.dir, ".local/share/clipsearch/library.clipsearch")
	before, err := os.ReadFile(library)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(library, 0o400); err != nil {
		t.Fatal(err)
	}
	server := h.startBound("serve", "--listen", "127.0.0.1:0")
	h.says(server, addressPattern)
	h.finds("red", 2)
	h.stop(server)
	h.done(h.startBound("verify"), exitOK)
	h.pictures("red", 3)
	for _, args := range [][]string{{"index", "red"}, {"index", "--watch"}, {"serve", "--watch"}, {"compact"}} {
		p := h.done(h.startBound(args...), exitFailed)
		h.says(p, "permission denied|cannot be written to")
	}
	after, err := os.ReadFile(library)
	if err != nil || string(after) != string(before) {
		t.Errorf("the file was changed; %v", err)
	}
}

// startBound is start for a process that is bound by the modes of files, which root's are not. A thread that has given that
// up starts it, and ends with its goroutine.
func (h *household) startBound(args ...string) *process {
	h.t.Helper()
	type result struct {
		process *process
		err     error
	}
	started := make(chan result)
	go func() {
		runtime.LockOSThread()
		var r result
		for _, capability := range []uintptr{unix.CAP_DAC_OVERRIDE, unix.CAP_DAC_READ_SEARCH} {
			if r.err == nil && os.Geteuid() == 0 {
				r.err = unix.Prctl(unix.PR_CAPBSET_DROP, capability, 0, 0, 0)
			}
		}
		if r.err == nil {
			r.process = h.start(args...)
		}
		started <- r
	}()
	r := <-started
	if r.err != nil {
		h.t.Skipf("root may write to any file, and cannot give that up here (%v); run the tests as another user", r.err)
	}
	return r.process
}
