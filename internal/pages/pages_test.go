package pages

import (
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// mappingsWith returns how many of the process's mappings have a flag.
func mappingsWith(t *testing.T, flag string) int {
	t.Helper()
	data, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Skipf("needs Linux to know how memory is mapped: %v; there: go test ./internal/pages", err)
	}
	n := 0
	for line := range strings.Lines(string(data)) {
		if flags, found := strings.CutPrefix(line, "VmFlags:"); found && strings.Contains(flags, " "+flag) {
			n++
		}
	}
	return n
}

// An area is zero, can be written to its end, has huge pages if the system likes, and goes when nothing refers to it.
func TestArea(t *testing.T) {
	const n = 5<<20 + 123
	a := New(n)
	for i, b := range a.Bytes {
		if b != 0 {
			t.Fatalf("byte %d is %d", i, b)
		}
	}
	a.Bytes[0], a.Bytes[n-1] = 1, 2
	if runtime.GOOS != "linux" {
		t.Skip("other systems have areas in Go's heap; on Linux: go test ./internal/pages")
	}
	if mappingsWith(t, "hg") == 0 {
		t.Error("no mapping is advised to have huge pages")
	}
	runtime.KeepAlive(a)
	for range 100 {
		runtime.GC()
		if mappingsWith(t, "hg") == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond) // cleanups run in a goroutine of their own
	}
	t.Error("the area was not given back")
}

// Whatever its size, a slice stays as it is when it is advised.
func TestAdvise(t *testing.T) {
	for _, n := range []int{0, 1, Huge / 4, Huge / 2, Huge, 5*Huge/4 + 3} {
		s := make([]uint32, n/2, n)
		Advise(s)
		s = s[:n]
		for i := range s {
			s[i] = uint32(i)
		}
		Advise(s)
		for i, x := range s {
			if x != uint32(i) {
				t.Fatalf("of %d numbers, number %d is %d", n, i, x)
			}
		}
	}
}
