//go:build native

package imgio

// #include "vips.h"
import "C"

import (
	"bytes"
	"fmt"
	"runtime"
	"unsafe"
)

// vipsSource is a file opened by libvips. It binds its goroutine to a thread until close.
type vipsSource struct {
	c      C.imgio_source
	pin    runtime.Pinner
	format string
}

func openVips(data []byte, format string, shrink int) (*vipsSource, error) {
	if err := startVips(); err != nil {
		return nil, err
	}
	loader := C.int(C.IMGIO_HEIF)
	switch format {
	case formatJPEG:
		loader = C.IMGIO_JPEG
	case formatPNG:
		loader = C.IMGIO_PNG
	case formatWebP:
		loader = C.IMGIO_WEBP
	case formatTIFF:
		loader = C.IMGIO_TIFF
	}
	strict := 0
	if format == formatJPEG && !endMarked(data) {
		// libjpeg wants the end marker that some files lack and no picture needs. With it, a picture that really
		// ends early is no more than an irregularity to libjpeg.
		data = append(data[:len(data):len(data)], 0xff, 0xd9)
		strict = 1
	}
	s := &vipsSource{format: format}
	s.pin.Pin(&data[0])    // libvips reads on from it after imgio_open returns
	runtime.LockOSThread() // its regions belong to a thread, its error messages nearly do
	if C.imgio_open(&s.c, loader, unsafe.Pointer(&data[0]), C.size_t(len(data)), C.int(shrink), C.int(strict)) != 0 {
		err := vipsError(format)
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *vipsSource) close() {
	C.imgio_close(&s.c)
	s.pin.Unpin()
	runtime.UnlockOSThread()
}

// rows reads n rows from top into strip.
func (s *vipsSource) rows(top, n int, strip []byte) error {
	if C.imgio_rows(&s.c, C.int(top), C.int(n), unsafe.Pointer(&strip[0])) != 0 {
		return vipsError(s.format)
	}
	return nil
}

// profile returns a copy of the embedded ICC profile; nil if there is none or it is sRGB.
func (s *vipsSource) profile() []byte {
	if s.c.profile == nil {
		return nil
	}
	profile := C.GoBytes(s.c.profile, C.int(s.c.profile_size))
	if isSRGB(profile) {
		return nil
	}
	return profile
}

// converter returns the function that turns a row of the file's own samples into opaque RGBA.
func (s *vipsSource) converter() (func(dst, src []byte), error) {
	bands := int(s.c.bands)
	if s.c.bytes == 2 {
		convert, err := s.converter8()
		if err != nil {
			return nil, err
		}
		upper := make([]byte, int(s.c.width)*bands)
		return func(dst, src []byte) {
			upperBytes(upper, src)
			convert(dst, upper)
		}, nil
	}
	return s.converter8()
}

func (s *vipsSource) converter8() (func(dst, src []byte), error) {
	switch bands := int(s.c.bands); {
	case s.c.cmyk != 0 && bands == 4:
		return fromCMYK, nil
	case s.c.cmyk != 0:
		return func(dst, src []byte) { inks(dst, src, bands, 1); fromCMYK(dst, dst) }, nil
	case bands == 1:
		return fromGrey, nil
	case bands == 2:
		return fromGreyAlpha, nil
	case bands == 3:
		return fromRGB, nil
	case bands == 4:
		return fromRGBA, nil
	}
	return nil, &fault{ErrUnsupported, fmt.Sprintf("a kind of %s that is not supported: %d channels", s.format, s.c.bands)}
}

// endMarked reports whether a JPEG has an end marker behind the start of its first scan; that of a thumbnail in its
// metadata does not count.
func endMarked(data []byte) bool {
	scan, err := eachSegment(data, func(byte, []byte) bool { return true })
	return err == nil && bytes.LastIndex(data, []byte{0xff, 0xd9}) >= scan
}
