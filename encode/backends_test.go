package encode

import (
	"testing"

	"clipsearch/encode/checkpoint"
)

// testBackend is a backend that the tests of a Model run with.
type testBackend struct {
	name string
	half bool // weights rounded to bf16 or f16
	slow bool
	open func(t *testing.T, c *checkpoint.Checkpoint) *Model // closed at the end of the test
}

// testBackends are the oracle and, in native builds, libtorch.
var testBackends = append([]testBackend{{name: "reference-cpu-f64", slow: true, open: openReference}}, nativeBackends...)

func openReference(t *testing.T, c *checkpoint.Checkpoint) *Model {
	t.Helper()
	r, err := newReference(c)
	if err != nil {
		t.Fatal(err)
	}
	return newModel(c, r, Options{})
}
