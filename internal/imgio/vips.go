//go:build native

package imgio

// #cgo pkg-config: vips
// #include "vips.h"
import "C"

import (
	"fmt"
	"image"
	"runtime"
	"strings"
	"sync"
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
	switch j.header.Format {
	case formatGIF, formatBMP:
		return j.decodeGo()
	case formatPNG:
		if !pngFits(j.data, j.header) {
			return decoded{}, endsEarly(formatPNG)
		}
	}
	return j.decodeVips()
}

// readHEIF has libvips read the size of a HEIC or AVIF picture. It turns the picture upright itself: the file's
// own rotation boxes count, and EXIF repeats them.
func readHEIF(data []byte, h *Header) error {
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

// vipsError makes an error of what libvips says about a file. The message may be another file's where two fail
// at once: libvips keeps one log for all.
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
