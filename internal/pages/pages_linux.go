package pages

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// mapArea returns an area of pages of its own; nil if the system refuses.
func mapArea(n int) *Area {
	b, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return nil
	}
	advise(b)
	a := &Area{Bytes: b}
	runtime.AddCleanup(a, func(b []byte) { _ = unix.Munmap(b) }, b) // which fails for what is no mapping only
	return a
}

// advise asks for huge pages for b, which begins at a page. It is a wish: systems without them answer with an error.
func advise(b []byte) { _ = unix.Madvise(b, unix.MADV_HUGEPAGE) }
