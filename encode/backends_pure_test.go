//go:build !native

package encode

// nativeBackends is empty: this test program was built without libtorch.
var nativeBackends []testBackend
