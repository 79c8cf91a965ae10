//go:build !native

package encode

import (
	"errors"
	"testing"
)

func TestOpenWithoutBackend(t *testing.T) {
	for _, dir := range []string{t.TempDir(), "no/such/folder"} {
		if _, err := Open(dir, Options{}); !errors.Is(err, ErrNoBackend) {
			t.Errorf("%s: %v", dir, err)
		}
	}
}
