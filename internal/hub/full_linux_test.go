package hub

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestFullDisk downloads to a disk of 256 KB, and to one that fills up on the way.
func TestFullDisk(t *testing.T) {
	disk := func(t *testing.T, size string) string {
		dir := t.TempDir()
		if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
			t.Skipf("cannot make a small disk: %v; as root: go test -run FullDisk ./internal/hub", err)
		}
		t.Cleanup(func() {
			if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
				t.Error(err)
			}
		})
		return dir
	}
	check := func(t *testing.T, cache string, err error) {
		t.Helper()
		var fault *Error
		if !errors.Is(err, ErrNoSpace) || !errors.As(err, &fault) || !strings.Contains(fault.Hint(), "free some space") {
			t.Errorf("error %v", err)
		}
		checkAbsent(t, cache)
	}
	t.Run("too small", func(t *testing.T) {
		h := newFakeHub(t)
		c, _ := h.client()
		cache := disk(t, "256k")
		_, err := c.Pull(t.Context(), request(cache))
		check(t, cache, err)
		if n := len(h.asked(weights)); n > 0 {
			t.Errorf("the weights were asked for %d times", n)
		}
	})
	t.Run("fills up", func(t *testing.T) {
		h := newFakeHub(t)
		cache := disk(t, "512k")
		other := filepath.Join(cache, "other")
		h.serve = func(w http.ResponseWriter, r *http.Request, file string) bool {
			if file == weights {
				os.WriteFile(other, make([]byte, 300<<10), 0o644)
			}
			return false
		}
		c, waits := h.client()
		_, err := c.Pull(t.Context(), request(cache))
		check(t, cache, err)
		if len(*waits) > 0 {
			t.Errorf("waited %v", *waits)
		}
		// With room again it goes on.
		if err := os.Remove(other); err != nil {
			t.Fatal(err)
		}
		h.serve = nil
		got, err := c.Pull(t.Context(), request(cache))
		if err != nil {
			t.Fatal(err)
		}
		h.checkWhole(t, cache, got)
		asked := h.asked(weights)
		if last := asked[len(asked)-1].Header.Get("Range"); last == "" {
			t.Error("it began anew")
		}
	})
}
