//go:build native

package torch

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestCores(t *testing.T) {
	for _, test := range []struct {
		name     string
		siblings []string // of each CPU
		want     int
	}{
		{"one thread a core", []string{"0", "1"}, 2},
		{"two threads a core", []string{"0,2", "1,3", "0,2", "1,3"}, 2},
		{"neighbours share a core", []string{"0-1", "0-1", "2-3", "2-3"}, 2},
		{"performance and efficiency cores", []string{"0-1", "0-1", "2", "3"}, 3},
		{"no list", nil, runtime.NumCPU()},
	} {
		dir := t.TempDir()
		for i, siblings := range test.siblings {
			topology := filepath.Join(dir, fmt.Sprintf("cpu%d", i), "topology")
			if err := os.MkdirAll(topology, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(topology, "thread_siblings_list"), []byte(siblings+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got := cores(dir); got != test.want {
			t.Errorf("%s: %d cores, want %d", test.name, got, test.want)
		}
	}
	if got := defaultThreads(); got < 1 || got > runtime.NumCPU() {
		t.Errorf("%d threads by default on %d CPUs", got, runtime.NumCPU())
	}
}
