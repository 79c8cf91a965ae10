//go:build !linux

package pages

// mapArea returns nil: huge pages are Linux's.
func mapArea(int) *Area { return nil }

func advise([]byte) {}
