//go:build !amd64 && !arm64

package kernel

// Available returns the kernels that run on this processor, fastest first.
func Available() []Kernel { return []Kernel{plain()} }
