//go:build !native

// Nothing here depends on the native build, whose processes spend half a second each on loading libtorch: this runs without.

package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// TestDiskFull indexes, updates and compacts a library on a disk that is too small, and then on one that is not.
func TestDiskFull(t *testing.T) {
	if testing.Short() {
		t.Skip("indexes some hundred pictures several times; run without -short")
	}
	h := newHousehold(t)
	disk := h.mount(700 << 10)
	library := filepath.Join(disk, "library")
	h.env = append(h.env, "CLIPSEARCH_LIBRARY="+library)
	h.pictures("many", 800)
	for range 2 { // the second goes on where the first had to stop, and must stop there, too
		h.says(h.done(h.start("index", "many"), exitFailed), "no space left on device")
		h.done(h.start("verify"), exitOK)
	}
	some := h.counted()
	if some < 100 || some >= 800 {
		t.Errorf("%d pictures fitted", some)
	}
	h.says(h.done(h.start("compact"), exitFailed), "no space left on device")
	left, err := os.ReadDir(disk)
	if err != nil || len(left) != 1 {
		t.Errorf("compact left %v; %v", left, err)
	}
	h.done(h.start("verify"), exitOK)
	h.finds("many", some)

	h.resize(disk, 64<<20)
	h.done(h.start("index", "many"), exitOK)
	h.done(h.start("verify"), exitOK)
	h.finds("many", 800)
	h.done(h.start("compact"), exitOK)
	h.finds("many", 800)
}

// counted returns how many pictures the library has.
func (h *household) counted() int {
	h.t.Helper()
	var stats struct{ Documents int }
	p := h.done(h.start("stats", "--json"), exitOK)
	if err := json.Unmarshal([]byte(p.stdout.String()), &stats); err != nil {
		h.t.Fatal(err)
	}
	return stats.Documents
}
