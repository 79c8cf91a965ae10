//go:build native

package imgio

// #include "vips.h"
import "C"

import (
	"bytes"
	"image"
	"runtime"
	"unsafe"
)

// encodeThumb encodes a thumbnail, converted to sRGB if the picture has a profile that says from what.
func encodeThumb(d decoded, quality int) ([]byte, error) {
	if err := startVips(); err != nil {
		return nil, err
	}
	img, bands := d.img, 3
	switch {
	case d.ink != nil:
		img, bands = d.ink, 4
	case d.grey && d.profile != nil:
		bands = 1
	}
	thumb, err := vipsJPEG(img, bands, d.profile, quality)
	if err != nil && d.profile != nil {
		return vipsJPEG(d.img, 3, nil, quality) // a broken profile, or one for other colours
	}
	return thumb, err
}

// vipsJPEG encodes the first bands channels of img as a JPEG without metadata, in sRGB.
func vipsJPEG(img *image.RGBA, bands int, profile []byte, quality int) ([]byte, error) {
	width, height := img.Rect.Dx(), img.Rect.Dy()
	pixels := make([]byte, 0, width*height*bands)
	for i := 0; i+4 <= len(img.Pix); i += 4 {
		pixels = append(pixels, img.Pix[i:i+bands]...)
	}
	gate.enter()
	defer gate.leave()
	var out unsafe.Pointer
	var size C.size_t
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if C.imgio_thumb(unsafe.Pointer(&pixels[0]), C.int(width), C.int(height), C.int(bands),
		unsafe.Pointer(unsafe.SliceData(profile)), C.size_t(len(profile)), C.int(quality), &out, &size) != 0 {
		return nil, vipsError(formatJPEG)
	}
	defer C.imgio_free(out)
	return C.GoBytes(out, C.int(size)), nil
}

// isSRGB reports whether an ICC profile calls itself sRGB, in ASCII (version 2) or UTF-16 (version 4).
func isSRGB(profile []byte) bool {
	return bytes.Contains(profile, []byte("sRGB")) || bytes.Contains(profile, []byte("s\x00R\x00G\x00B"))
}
