package imgio

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/color/palette"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// quarterColours are those of the test picture: red, green / blue, yellow. testdata/make.c draws the same.
var quarterColours = [4]color.NRGBA{{220, 30, 30, 255}, {30, 200, 40, 255}, {30, 40, 210, 255}, {230, 220, 40, 255}}

// quarters returns the test picture, w×h px; the yellow quarter is transparent if alpha.
func quarters(w, h int, alpha bool) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			q := 0
			if x >= w/2 {
				q++
			}
			if y >= h/2 {
				q += 2
			}
			c := quarterColours[q]
			if alpha && q == 3 {
				c.A = 0
			}
			img.SetNRGBA(x, y, c)
		}
	}
	return img
}

// scene returns a picture with smooth shades, edges and a little noise, without alpha.
func scene(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	seed := uint32(1)
	for y := range h {
		for x := range w {
			seed = seed*1664525 + 1013904223
			noise := int(seed >> 28)
			v := [3]int{255 * x / w, 255 * y / h, 128 + (x*x/97+y*y/61)%128}
			if (x/17+y/23)%5 == 0 {
				v[0], v[1] = v[1], v[2]
			}
			img.SetRGBA(x, y, color.RGBA{uint8(min(v[0]+noise, 255)), uint8(min(v[1]+noise, 255)), uint8(min(v[2]+noise, 255)), 255})
		}
	}
	return img
}

func encodeWith(t testing.TB, encode func(*bytes.Buffer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := encode(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asJPEG(t testing.TB, img image.Image) []byte {
	return encodeWith(t, func(b *bytes.Buffer) error { return jpeg.Encode(b, img, &jpeg.Options{Quality: 95}) })
}

func asPNG(t testing.TB, img image.Image) []byte {
	return encodeWith(t, func(b *bytes.Buffer) error { return png.Encode(b, img) })
}

func asGIF(t testing.TB, img image.Image) []byte {
	return encodeWith(t, func(b *bytes.Buffer) error { return gif.Encode(b, img, nil) })
}

// asFilm returns a GIF of two frames: the given one and a black one.
func asFilm(t testing.TB, img image.Image) []byte {
	first := image.NewPaletted(img.Bounds(), append(slices.Clone(palette.WebSafe), color.Transparent))
	for y := range first.Rect.Dy() {
		for x := range first.Rect.Dx() {
			first.Set(x, y, img.At(x, y))
		}
	}
	second := image.NewPaletted(img.Bounds(), color.Palette{color.Black})
	return encodeWith(t, func(b *bytes.Buffer) error {
		return gif.EncodeAll(b, &gif.GIF{Image: []*image.Paletted{first, second}, Delay: []int{10, 10}})
	})
}

func asBMP(t testing.TB, img image.Image) []byte {
	return encodeWith(t, func(b *bytes.Buffer) error { return bmp.Encode(b, img) })
}

func asTIFF(t testing.TB, img image.Image) []byte {
	return encodeWith(t, func(b *bytes.Buffer) error { return tiff.Encode(b, img, &tiff.Options{Compression: tiff.Deflate}) })
}

// testdata returns a picture that testdata/make.c wrote.
func testdata(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// entry is one tag of an EXIF block; Value is a string, uint16, uint32 or []uint32 of numerators and denominators.
type entry struct {
	Tag   uint16
	Value any
}

// exif builds an EXIF block with the given tags in the first, the Exif and the GPS directory.
func exif(first, sub, gps []entry) []byte {
	order := binary.BigEndian
	out := []byte("MM\x00*\x00\x00\x00\x08")
	size := func(n int) int { return 2 + 12*n + 4 }
	n := len(first)
	for _, more := range [][]entry{sub, gps} {
		if more != nil {
			n++
		}
	}
	at := 8 + size(n)
	if sub != nil {
		first = append(first, entry{0x8769, uint32(at)})
		at += size(len(sub))
	}
	if gps != nil {
		first = append(first, entry{0x8825, uint32(at)})
		at += size(len(gps))
	}
	var extra []byte
	for _, list := range [][]entry{first, sub, gps} {
		if list == nil {
			continue
		}
		out = order.AppendUint16(out, uint16(len(list)))
		for _, e := range list {
			var kind uint16
			var count int
			var value []byte
			switch v := e.Value.(type) {
			case string:
				kind, count, value = 2, len(v)+1, append([]byte(v), 0)
			case uint16:
				kind, count, value = 3, 1, order.AppendUint16(nil, v)
			case uint32:
				kind, count, value = 4, 1, order.AppendUint32(nil, v)
			case []uint32:
				kind, count = 5, len(v)/2
				for _, u := range v {
					value = order.AppendUint32(value, u)
				}
			}
			out = order.AppendUint16(out, e.Tag)
			out = order.AppendUint16(out, kind)
			out = order.AppendUint32(out, uint32(count))
			if len(value) > 4 {
				out = order.AppendUint32(out, uint32(at+len(extra)))
				extra = append(extra, value...)
			} else {
				out = append(out, append(value, 0, 0, 0, 0)[:4]...)
			}
		}
		out = order.AppendUint32(out, 0)
	}
	return append(out, extra...)
}

// oriented is the EXIF block that gives nothing but an orientation.
func oriented(orientation int) []byte {
	return exif([]entry{{tagOrientation, uint16(orientation)}}, nil, nil)
}

// withSegment inserts an application segment behind the start of a JPEG.
func withSegment(jpg []byte, marker byte, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	segment := append([]byte{0xff, marker, byte((len(body) + 2) >> 8), byte(len(body) + 2)}, body...)
	return append(append(bytes.Clone(jpg[:2]), segment...), jpg[2:]...)
}

func jpegWithEXIF(jpg, block []byte) []byte {
	return withSegment(jpg, 0xe1, []byte("Exif\x00\x00"), block)
}

// withChunk inserts a chunk before the end of a PNG.
func withChunk(png []byte, kind string, body []byte) []byte {
	c := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	c = append(append(c, kind...), body...)
	c = binary.BigEndian.AppendUint32(c, crc32.ChecksumIEEE(c[4:]))
	return append(append(bytes.Clone(png[:len(png)-12]), c...), png[len(png)-12:]...)
}

// webpWith returns the picture of a still lossy WebP on a canvas of w×h px, with more chunks.
func webpWith(webp []byte, w, h int, flags byte, chunks ...[]byte) []byte {
	body := []byte("WEBP")
	body = append(body, chunk("VP8X", []byte{flags, 0, 0, 0, byte(w - 1), byte((w - 1) >> 8), 0, byte(h - 1), byte((h - 1) >> 8), 0})...)
	eachRIFF(webp[12:], func(kind, stream []byte) bool {
		if string(kind) == "VP8 " {
			body = append(body, chunk(string(kind), stream)...)
		}
		return true
	})
	return chunk("RIFF", append(body, bytes.Join(chunks, nil)...))
}

// plainTIFF returns an uncompressed RGB TIFF with more tags, which must be sorted and come after 0x111.
func plainTIFF(img *image.NRGBA, orientation int) []byte {
	le := binary.LittleEndian
	w, h := img.Rect.Dx(), img.Rect.Dy()
	const count = 10
	pixels := 8 + 2 + 12*count + 4 + 6
	out := []byte("II*\x00\x08\x00\x00\x00")
	out = le.AppendUint16(out, count)
	for _, e := range [count][4]int{
		{0x100, 4, 1, w}, {0x101, 4, 1, h}, {0x102, 3, 3, pixels - 6}, {0x103, 3, 1, 1}, {0x106, 3, 1, 2},
		{0x111, 4, 1, pixels}, {0x112, 3, 1, orientation}, {0x115, 3, 1, 3}, {0x116, 4, 1, h}, {0x117, 4, 1, 3 * w * h},
	} {
		out = le.AppendUint16(out, uint16(e[0]))
		out = le.AppendUint16(out, uint16(e[1]))
		out = le.AppendUint32(out, uint32(e[2]))
		out = le.AppendUint32(out, uint32(e[3]))
	}
	out = append(out, 0, 0, 0, 0, 8, 0, 8, 0, 8, 0)
	for y := range h {
		for x := range w {
			c := img.NRGBAAt(x, y)
			out = append(out, c.R, c.G, c.B)
		}
	}
	return out
}
