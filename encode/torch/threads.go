//go:build native

package torch

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// defaultThreads returns how many threads libtorch shall use: one for each physical core that the process may use. libtorch's
// own guess is not taken, because on some virtual machines it is one thread however many cores there are (its library cpuinfo
// reads the topology from CPUID there; seen with libtorch 1.13.1 under Firecracker).
func defaultThreads() int {
	return max(1, min(cores("/sys/devices/system/cpu"), runtime.GOMAXPROCS(0)))
}

// cores returns the number of physical cores that Linux lists in its folder of CPUs: those that share a core name the same
// siblings (Linux, Documentation/admin-guide/cputopology.rst). Where there is no such folder it is the number of CPUs.
func cores(dir string) int {
	files, _ := filepath.Glob(filepath.Join(dir, "cpu[0-9]*", "topology", "thread_siblings_list"))
	seen := map[string]bool{}
	for _, file := range files {
		siblings, err := os.ReadFile(file)
		if err != nil {
			return runtime.NumCPU()
		}
		seen[strings.TrimSpace(string(siblings))] = true
	}
	if len(seen) == 0 {
		return runtime.NumCPU()
	}
	return len(seen)
}
