//go:build !native

package imgio

import (
	"errors"
	"testing"
)

func TestNoHEIF(t *testing.T) {
	for name, want := range map[string]string{
		"quarters.heic": "HEIC pictures are read by the full build alone (make; it links libvips)",
		"quarters.avif": "AVIF pictures are read by the full build alone (make; it links libvips)",
	} {
		if _, err := Decode(testdata(t, name), Options{}); !errors.Is(err, ErrUnsupported) || err.Error() != want {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
		if h, err := ReadHeader(testdata(t, name)); !errors.Is(err, ErrUnsupported) || h.Format != name[len(name)-4:] {
			t.Errorf("%s: ReadHeader gave %+v, %v", name, h, err)
		}
	}
}
