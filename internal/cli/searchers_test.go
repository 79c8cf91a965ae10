//go:build unix && !native

// Nothing here depends on the native build, whose processes spend half a second each on loading libtorch: this runs without.

package cli

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestSearchersBesideIndexing measures eight processes that search at once, with no index run and beside one after the
// other, each of which gives every picture another caption; so they also meet hosts that come and go. No search may fail.
// Times on shared machines say little more than whether searches wait for runs, so only such a factor fails the test.
func TestSearchersBesideIndexing(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes a while; run without -short")
	}
	h := newHousehold(t)
	const pictures = 1500
	h.pictures("many", pictures)
	alone := h.searchers()
	stop, runs := make(chan struct{}), make(chan int)
	go func() {
		defer close(runs)
		for n := 0; ; n++ {
			select {
			case <-stop:
				runs <- n
				return
			default:
			}
			for i := range pictures {
				os.WriteFile(filepath.Join(h.dir, "many", fmt.Sprint(i, ".txt")), fmt.Append(nil, "all many, round ", n), 0o644)
			}
			run := h.start("index", "many")
			if <-run.ended; !run.ProcessState.Success() {
				t.Errorf("index: %v\n%s", run.ProcessState, run.stderr.String())
			}
		}
	}()
	beside := h.searchers()
	close(stop)
	t.Logf("8 searchers: p50 %v, p95 %v; beside %d index runs: p50 %v, p95 %v",
		alone[len(alone)/2], alone[len(alone)*95/100], <-runs, beside[len(beside)/2], beside[len(beside)*95/100])
	if a, b := alone[len(alone)*95/100], beside[len(beside)*95/100]; b > 10*a {
		t.Errorf("beside index runs p95 is %v, without them %v", b, a)
	}
	h.finds("many", pictures)
}

// searchers runs eight processes at a time, ten times each, and returns how long they took, sorted.
func (h *household) searchers() []time.Duration {
	var mu sync.Mutex
	var times []time.Duration
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 10 {
				begun := time.Now()
				cmd := exec.Command("clipsearch", "search", "--mode", "text", "--paths", "red")
				cmd.Dir, cmd.Env = h.dir, h.env
				out, err := cmd.CombinedOutput()
				took := time.Since(begun)
				if err != nil || strings.Count(string(out), "\n") != 2 {
					h.t.Errorf("a search: %v\n%s", err, out)
				}
				mu.Lock()
				times = append(times, took)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	slices.Sort(times)
	return times
}
