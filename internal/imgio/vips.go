//go:build native

package imgio

// #cgo pkg-config: vips
// #include "vips.h"
import "C"

import (
	"fmt"
	"strings"
	"sync"
	"time"
	"unsafe"
)

// startVips starts libvips at its first use. There is no stopping it.
var startVips = sync.OnceValue(func() error {
	if C.imgio_start() != 0 {
		return fmt.Errorf("start libvips: %s", vipsMessage())
	}
	return nil
})

// stripRows is how many rows are fetched at once: a few JPEG blocks, little memory.
const stripRows = 64

// decode decodes with libvips what it reads faster, better or at all, and the rest with Go's codecs: of GIF they
// decode the first frame alone, and bitmaps libvips would give to ImageMagick.
func (j job) decode() (decoded, error) {
	if j.header.Format == formatGIF || j.header.Format == formatBMP {
		return j.decodeGo()
	}
	if err := j.complete(); err != nil {
		return decoded{}, err
	}
	return withOwnError(&gate, j.decodeVips)
}

// readHEIF has libvips read the size of a HEIC or AVIF picture. It turns the picture upright itself: the file's
// own rotation boxes count, and EXIF repeats them.
func readHEIF(data []byte, h *Header) error {
	_, err := withOwnError(&gate, func() (struct{}, error) { return struct{}{}, sizeHEIF(data, h) })
	return err
}

func sizeHEIF(data []byte, h *Header) error {
	s, err := openVips(data, h.Format, 1)
	if err != nil {
		return err
	}
	defer s.close()
	h.Width, h.Height = int(s.c.width), int(s.c.height)
	return nil
}

func (j job) decodeVips() (decoded, error) {
	load := loadShrink(j.header.Format, j.shrink)
	s, err := openVips(j.data, j.header.Format, load)
	if err != nil {
		return decoded{}, err
	}
	defer s.close()

	width, height := int(s.c.width), int(s.c.height)
	wantWidth, wantHeight := j.header.stored()
	if width > ceilDiv(wantWidth, load) || height > ceilDiv(wantHeight, load) {
		return decoded{}, corrupt(j.header.Format, "its parts give different sizes")
	}
	c := newCanvas(width, height, max(j.shrink/load, 1), j.header.Orientation)
	var ink *canvas
	var d decoded
	if j.profile {
		d.profile = s.profile()
		d.grey = s.c.bands <= 2
		if d.profile != nil && s.c.cmyk != 0 {
			ink = newCanvas(width, height, max(j.shrink/load, 1), j.header.Orientation)
		}
	}
	convert, err := s.converter()
	if err != nil {
		return decoded{}, err
	}
	row := width * int(s.c.bands) * int(s.c.bytes)
	strip := make([]byte, min(stripRows, height)*row)
	line := make([]byte, 4*width)
	for top := 0; top < height; top += stripRows {
		if !j.deadline.IsZero() && time.Now().After(j.deadline) {
			return decoded{}, ErrSlow
		}
		n := min(stripRows, height-top)
		if err := s.rows(top, n, strip); err != nil {
			return decoded{}, err
		}
		for y := range n {
			convert(line, strip[y*row:(y+1)*row])
			c.add(line)
			if ink != nil {
				inks(line, strip[y*row:(y+1)*row], int(s.c.bands), int(s.c.bytes))
				ink.add(line)
			}
		}
	}
	d.img = c.img
	if ink != nil {
		d.ink = ink.img
	}
	return d, nil
}

// loadShrink returns the part of a shrink that libvips' loader does: libjpeg reduces by powers of two while
// decoding, libwebp by any factor.
func loadShrink(format string, shrink int) int {
	switch format {
	case formatWebP:
		return shrink
	case formatJPEG:
		for _, k := range []int{8, 4, 2} {
			if shrink >= k {
				return k
			}
		}
	}
	return 1
}

// vipsError makes an error of what libvips says about a file. The message may be another file's where two fail
// at once: see vipsGate.
func vipsError(format string) error {
	message := vipsMessage()
	lower := strings.ToLower(message)
	switch {
	case strings.Contains(lower, "unsupported"), strings.Contains(lower, "not supported"):
		return &fault{ErrUnsupported, "a kind of " + format + " that is not supported: " + message}
	case strings.Contains(lower, "class \"heifload"), strings.Contains(lower, "is blocked"):
		return &fault{ErrUnsupported, "the installed libvips does not read " + format}
	case strings.Contains(lower, "premature end"), strings.Contains(lower, "end of stream"), strings.Contains(lower, "truncated"):
		return endsEarly(format)
	case message == "":
		message = "libvips cannot read it"
	}
	return corrupt(format, "%s", message)
}

// vipsMessage returns the first thing that libvips noted since the last call, without the operation's name.
func vipsMessage() string {
	c := C.imgio_error()
	defer C.imgio_free(unsafe.Pointer(c))
	line, _, _ := strings.Cut(strings.TrimSpace(C.GoString(c)), "\n")
	if _, rest, ok := strings.Cut(line, ": "); ok {
		line = rest
	}
	return line
}
