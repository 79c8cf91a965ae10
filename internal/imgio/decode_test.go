package imgio

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// files returns the test picture in every format that this build decodes, and how far colours may be off.
func files(t testing.TB) map[string]struct {
	data  []byte
	alpha bool // the yellow quarter is transparent
	far   int  // levels a channel
} {
	flat, clear := quarters(48, 32, false), quarters(48, 32, true)
	type file = struct {
		data  []byte
		alpha bool
		far   int
	}
	return map[string]file{
		"quarters.jpg":          {asJPEG(t, flat), false, 4},
		"cmyk.jpg":              {testdata(t, "cmyk.jpg"), false, 4},
		"quarters.png":          {asPNG(t, flat), false, 0},
		"alpha.png":             {asPNG(t, clear), true, 0},
		"quarters.gif":          {asGIF(t, flat), false, 40},
		"film.gif":              {asFilm(t, clear), true, 40},
		"quarters.bmp":          {asBMP(t, flat), false, 0},
		"quarters.tif":          {asTIFF(t, flat), false, 0},
		"alpha.tif":             {asTIFF(t, clear), true, 0},
		"plain.tif":             {plainTIFF(flat, 1), false, 0},
		"lossy.webp":            {testdata(t, "lossy.webp"), false, 6},
		"lossy-alpha.webp":      {testdata(t, "lossy-alpha.webp"), true, 6},
		"lossless-alpha.webp":   {testdata(t, "lossless-alpha.webp"), true, 0},
		"animated.webp":         {testdata(t, "animated.webp"), true, 6},
		"animated-lossless.web": {testdata(t, "animated-lossless.webp"), true, 0},
	}
}

// checkQuarters compares the middles of img's quarters with the test picture's.
func checkQuarters(t *testing.T, img *image.RGBA, far int, alpha bool) {
	t.Helper()
	size := img.Rect.Size()
	for q, want := range quarterColours {
		if alpha && q == 3 {
			want = color.NRGBA{255, 255, 255, 255}
		}
		got := img.RGBAAt(size.X/4+q%2*size.X/2, size.Y/4+q/2*size.Y/2)
		for _, d := range []int{int(got.R) - int(want.R), int(got.G) - int(want.G), int(got.B) - int(want.B), int(got.A) - 255} {
			if d > far || d < -far {
				t.Errorf("quarter %d is %v, want %v", q, got, want)
				break
			}
		}
	}
}

func TestDecode(t *testing.T) {
	for name, f := range files(t) {
		t.Run(name, func(t *testing.T) {
			p, err := Decode(f.data, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if p.Width != 48 || p.Height != 32 || p.Image.Rect != image.Rect(0, 0, 48, 32) || p.Orientation != 1 || p.Thumb != nil {
				t.Errorf("got %+v, picture %v, thumbnail of %d bytes", p.Header, p.Image.Rect, len(p.Thumb))
			}
			checkQuarters(t, p.Image, f.far, f.alpha)

			h, err := ReadHeader(f.data)
			if err != nil || h != p.Header {
				t.Errorf("ReadHeader gave %+v, %v; want %+v", h, err, p.Header)
			}
		})
	}
}

// TestDepths decodes samples of other kinds than 8-bit RGB, to the last bit alike in both builds.
func TestDepths(t *testing.T) {
	one := func(c color.Color, set interface {
		image.Image
		Set(x, y int, c color.Color)
	}) image.Image {
		for i := range 4 {
			set.Set(i%2, i/2, c)
		}
		return set
	}
	box := image.Rect(0, 0, 2, 2)
	half := color.NRGBA64{0x80ff, 0x4001, 0xffff, 0x80ff}
	tests := []struct {
		name string
		img  image.Image
		want color.RGBA
	}{
		{"grey", one(color.Gray{77}, image.NewGray(box)), color.RGBA{77, 77, 77, 255}},
		{"grey, 16 bits", one(color.Gray16{0x80ff}, image.NewGray16(box)), color.RGBA{0x80, 0x80, 0x80, 255}},
		{"black and white", one(color.White, image.NewPaletted(box, color.Palette{color.Black, color.White})), color.RGBA{255, 255, 255, 255}},
		{"colour, 16 bits", one(color.NRGBA64{0x80ff, 0x4001, 0xffff, 0xffff}, image.NewNRGBA64(box)), color.RGBA{0x80, 0x40, 0xff, 255}},
		// 0x80/255 of the colour over white: 255 − (255−c)·128/255
		{"half transparent", one(color.NRGBA{0x80, 0x40, 0xff, 0x80}, image.NewNRGBA(box)), color.RGBA{191, 159, 255, 255}},
		{"half transparent, 16 bits", one(half, image.NewNRGBA64(box)), color.RGBA{191, 159, 255, 255}},
		{"half transparent palette", one(half, image.NewPaletted(box, color.Palette{color.NRGBA{0x80, 0x40, 0xff, 0x80}})), color.RGBA{191, 159, 255, 255}},
	}
	for _, tt := range tests {
		for format, data := range map[string][]byte{"png": asPNG(t, tt.img), "tiff": asTIFF(t, tt.img)} {
			if _, paletted := tt.img.(*image.Paletted); paletted && format == "tiff" {
				continue // its palettes have no alpha
			}
			p, err := Decode(data, Options{})
			if err != nil {
				t.Errorf("%s, %s: %v", tt.name, format, err)
			} else if got := p.Image.RGBAAt(1, 1); got != tt.want {
				t.Errorf("%s, %s: %v, want %v", tt.name, format, got, tt.want)
			}
		}
	}
}

// TestFrameOffset lays a frame that is smaller than the picture where it belongs, on white.
func TestFrameOffset(t *testing.T) {
	frame := image.NewPaletted(image.Rect(2, 1, 4, 3), color.Palette{color.Black})
	data := encodeWith(t, func(b *bytes.Buffer) error {
		return gif.EncodeAll(b, &gif.GIF{Image: []*image.Paletted{frame}, Delay: []int{0}, Config: image.Config{Width: 5, Height: 4}})
	})
	p, err := Decode(data, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for y := range 4 {
		for x := range 5 {
			want := color.RGBA{255, 255, 255, 255}
			if image.Pt(x, y).In(frame.Rect) {
				want = color.RGBA{0, 0, 0, 255}
			}
			if got := p.Image.RGBAAt(x, y); got != want {
				t.Errorf("pixel %d, %d is %v, want %v", x, y, got, want)
			}
		}
	}
}

// TestOrientation stores the test picture turned in each of the eight ways and expects it upright.
func TestOrientation(t *testing.T) {
	upright := quarters(48, 32, false)
	lossy := testdata(t, "lossy.webp")
	for orientation := 1; orientation <= 8; orientation++ {
		stored := turned(upright, orientation)
		w, h := stored.Rect.Dx(), stored.Rect.Dy()
		cases := map[string][]byte{
			"jpeg": jpegWithEXIF(asJPEG(t, stored), oriented(orientation)),
			"png":  withChunk(asPNG(t, stored), "eXIf", oriented(orientation)),
			"tiff": plainTIFF(stored, orientation),
		}
		for format, data := range cases {
			t.Run(fmt.Sprint(format, orientation), func(t *testing.T) {
				p, err := Decode(data, Options{})
				if err != nil {
					t.Fatal(err)
				}
				want := Header{Format: format, Width: 48, Height: 32, Orientation: orientation}
				if p.Header != want || p.Image.Rect.Size() != image.Pt(48, 32) {
					t.Fatalf("got %+v, picture %v (stored as %d×%d)", p.Header, p.Image.Rect, w, h)
				}
				checkQuarters(t, p.Image, 4, false)
			})
		}
	}
	t.Run("webp", func(t *testing.T) {
		data := webpWith(lossy, 48, 32, 1<<3, chunk("EXIF", oriented(6)))
		p, err := Decode(data, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if p.Width != 32 || p.Height != 48 || p.Image.Rect.Size() != image.Pt(32, 48) {
			t.Errorf("got %+v, picture %v", p.Header, p.Image.Rect)
		}
		// The stored left column is the upright top row.
		if c := p.Image.RGBAAt(8, 12); c.B < 150 {
			t.Errorf("the upper left quarter is %v, want the blue one", c)
		}
	})
	t.Run("nonsense", func(t *testing.T) {
		p, err := Decode(jpegWithEXIF(asJPEG(t, upright), oriented(9)), Options{})
		if err != nil || p.Orientation != 1 {
			t.Errorf("orientation 9 gave %+v, %v", p, err)
		}
	})
}

// turned returns the pixels as a file of the given orientation stores an upright picture (EXIF 2.32, 4.6.4.A:
// where the 0th row and column of the file lie on the upright picture).
func turned(img *image.NRGBA, orientation int) *image.NRGBA {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	sw, sh := w, h
	if orientation > 4 {
		sw, sh = h, w
	}
	out := image.NewNRGBA(image.Rect(0, 0, sw, sh))
	for y := range sh {
		for x := range sw {
			at := [9]image.Point{
				1: {x, y}, 2: {w - 1 - x, y}, 3: {w - 1 - x, h - 1 - y}, 4: {x, h - 1 - y},
				5: {y, x}, 6: {w - 1 - y, x}, 7: {w - 1 - y, h - 1 - x}, 8: {y, h - 1 - x},
			}[orientation]
			out.SetNRGBA(x, y, img.NRGBAAt(at.X, at.Y))
		}
	}
	return out
}

func TestBadInput(t *testing.T) {
	jpg, gray := asJPEG(t, quarters(48, 32, false)), asPNG(t, image.NewGray(image.Rect(0, 0, 4, 4)))
	tests := []struct {
		name string
		data []byte
		want error
		says string
	}{
		{"nil", nil, ErrEmpty, "empty file (0 bytes)"},
		{"text", []byte("this is not a picture\n"), ErrUnsupported, "not a picture (text)"},
		{"text that starts like a bitmap", []byte("BMW, Audi and others: a list of cars"), ErrUnsupported, "not a picture (text)"},
		{"accents", []byte("déjà vu"), ErrUnsupported, "not a picture (text)"},
		{"page", []byte("\n<!DOCTYPE html><html>"), ErrUnsupported, "not a picture (web page)"},
		{"svg", []byte(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>`), ErrUnsupported, "not a picture (SVG drawing, which is not supported)"},
		{"pdf", []byte("%PDF-1.7 ..."), ErrUnsupported, "not a picture (PDF)"},
		{"zip", []byte("PK\x03\x04xxxxxxxxxxx"), ErrUnsupported, "not a picture (ZIP archive)"},
		{"film", []byte("\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom"), ErrUnsupported, "not a picture (film)"},
		{"zeros", make([]byte, 5000), ErrUnsupported, "not a picture (only zero bytes)"},
		{"noise", []byte("\x93\x12\xff\x00\x17\x88"), ErrUnsupported, "not a picture (unknown data)"},
		{"two bytes of a jpeg", []byte("\xff\xd8"), ErrCorrupt, "damaged jpeg: the file ends early"},
		{"no frame", []byte("\xff\xd8\xff\xd9"), ErrCorrupt, "damaged jpeg: it holds no picture"},
		{"half a jpeg", jpg[:len(jpg)/2], ErrCorrupt, "damaged jpeg: the file ends early"},
		{"8 bytes of a png", gray[:8], ErrCorrupt, "damaged png: the file ends early"},
		{"png of size 0", resized(gray, 0, 4), ErrCorrupt, "damaged png: a size of 0×4 pixels"},
		{"gif header", []byte("GIF89a\x01"), ErrCorrupt, "damaged gif: the file ends early"},
		{"bmp header", []byte("BM............\x28\x00\x00\x00"), ErrCorrupt, "damaged bmp: the file ends early"},
		{"tiff header", []byte("II*\x00\x08\x00\x00\x00"), ErrCorrupt, "damaged tiff: the file ends early"},
		{"tiff without size", []byte("II*\x00\x08\x00\x00\x00\x00\x00"), ErrCorrupt, "damaged tiff: a size of 0×0 pixels"},
		{"webp header", []byte("RIFF\x04\x00\x00\x00WEBP"), ErrCorrupt, "damaged webp: the file ends early"},
		{"webp of two sizes", webpWith(testdata(t, "lossy.webp"), 1, 1, 0), ErrCorrupt, "damaged webp: its parts give different sizes"},
		{"tiff of two sizes", manyHeights(t), ErrTooLarge, "48×16908288 pixels are more than the limit of 1000000 pixels"},
		{"more pixels than bytes can hold", resized(gray, 900, 900), ErrCorrupt, "damaged png: the file ends early"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p, err := Decode(tt.data, Options{MaxPixels: 1e6})
			if !errors.Is(err, tt.want) || err.Error() != tt.says || p != nil {
				t.Errorf("got %q (%+v), want %q", err, p, tt.says)
			}
		})
	}
}

// manyHeights returns a TIFF that gives 18 heights, which lie where its directory has other numbers; the entry itself
// reads like a height of 32.
func manyHeights(t *testing.T) []byte {
	data := plainTIFF(quarters(48, 32, false), 1)
	binary.LittleEndian.PutUint32(data[26:], 18)
	if _, height, _ := (directory{block: data, order: binary.LittleEndian, entries: data[10:130], size: 12}).find(tagHeight); len(height) != 72 {
		t.Fatalf("its heights take %d bytes", len(height))
	}
	return data
}

// resized returns a PNG whose header claims another size.
func resized(png []byte, w, h uint32) []byte {
	out := bytes.Clone(png)
	binary.BigEndian.PutUint32(out[16:], w)
	binary.BigEndian.PutUint32(out[20:], h)
	return out
}

// TestTruncated cuts every kind of file at many places: it must be refused, or be whole where only the end of the
// file's own book-keeping is missing.
func TestTruncated(t *testing.T) {
	for name, f := range files(t) {
		t.Run(name, func(t *testing.T) {
			for cut := 0; cut < len(f.data)*9/10; cut += 1 + len(f.data)/60 {
				_, err := Decode(f.data[:cut], Options{})
				if !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrEmpty) && !errors.Is(err, ErrUnsupported) {
					t.Errorf("the first %d of %d bytes gave %v", cut, len(f.data), err)
				}
				if err != nil && strings.Contains(err.Error(), "\n") {
					t.Errorf("an error of several lines: %v", err)
				}
			}
		})
	}
}

// TestNoEndMarker accepts what is whole but for JPEG's end marker, and bytes behind the end.
func TestNoEndMarker(t *testing.T) {
	jpg := asJPEG(t, quarters(48, 32, false))
	for name, data := range map[string][]byte{
		"no end marker": jpg[:len(jpg)-2],
		"bytes behind":  append(bytes.Clone(jpg), "trailing bytes"...),
		"png":           append(asPNG(t, quarters(48, 32, false)), "trailing bytes"...),
	} {
		p, err := Decode(data, Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		checkQuarters(t, p.Image, 4, false)
	}
}

// TestTooLarge refuses bombs of 900 megapixels by their headers, without memory for them.
func TestTooLarge(t *testing.T) {
	frame := []byte("\xff\xd8\xff\xc0\x00\x11\x08\x75\x30\x75\x30\x03\x01\x11\x00\x02\x11\x00\x03\x11\x00\xff\xda")
	huge := resized(asPNG(t, image.NewGray(image.Rect(0, 0, 1, 1))), 30000, 30000)
	// Enough bytes that a bomb could hide there.
	huge = append(huge, make([]byte, 2<<20)...)
	for name, data := range map[string][]byte{"png": huge, "jpeg": frame} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := Decode(data, Options{MinShort: 336, ThumbLong: 384})
			runtime.ReadMemStats(&after)
			if !errors.Is(err, ErrTooLarge) || !strings.HasPrefix(err.Error(), "30000×30000 pixels are more than the limit of ") {
				t.Errorf("got %v", err)
			}
			if grown := after.TotalAlloc - before.TotalAlloc; grown > 1<<20 {
				t.Errorf("refusing it allocated %d bytes", grown)
			}
			h, err := ReadHeader(data)
			if err != nil || h.Width != 30000 || h.Height != 30000 {
				t.Errorf("ReadHeader gave %+v, %v", h, err)
			}
		})
	}
	small := asPNG(t, quarters(48, 32, false))
	if _, err := Decode(small, Options{MaxPixels: 48 * 32}); err != nil {
		t.Errorf("at the limit: %v", err)
	}
	_, err := Decode(small, Options{MaxPixels: 48*32 - 1})
	if want := "48×32 pixels are more than the limit of 1535 pixels"; !errors.Is(err, ErrTooLarge) || err.Error() != want {
		t.Errorf("above the limit: %v, want %q", err, want)
	}
}

func TestDefaultMaxPixels(t *testing.T) {
	if got := DefaultMaxPixels(); got < 100e6 || got > 500e6 {
		t.Errorf("the default limit is %d pixels", got)
	}
}

func TestOnePixel(t *testing.T) {
	dot := image.NewNRGBA(image.Rect(0, 0, 1, 1))
	dot.SetNRGBA(0, 0, color.NRGBA{200, 100, 50, 255})
	for name, data := range map[string][]byte{"png": asPNG(t, dot), "jpeg": asJPEG(t, dot), "bmp": asBMP(t, dot), "tiff": asTIFF(t, dot)} {
		p, err := Decode(data, Options{MinShort: 336, ThumbLong: 384})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c := p.Image.RGBAAt(0, 0); p.Width != 1 || p.ThumbWidth != 1 || p.ThumbHeight != 1 || c.R < 190 || c.R > 210 {
			t.Errorf("%s: got %+v, colour %v, thumbnail %d×%d", name, p.Header, c, p.ThumbWidth, p.ThumbHeight)
		}
	}
}

// TestShrink decodes to no less than what was asked for and to nearly the same picture.
func TestShrink(t *testing.T) {
	img := scene(480, 320)
	for format, data := range map[string][]byte{"jpeg": asJPEG(t, img), "png": asPNG(t, img), "tiff": asTIFF(t, img)} {
		full, err := Decode(data, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, opts := range []Options{
			{MinShort: 320}, {MinShort: 161}, {MinShort: 160}, {MinShort: 100}, {MinShort: 100, MinLong: 240}, {MinShort: 40},
			{MinShort: 30, ThumbLong: 120},
		} {
			p, err := Decode(data, opts)
			if err != nil {
				t.Fatal(err)
			}
			size := p.Image.Rect.Size()
			if size.Y < opts.MinShort || size.X < max(opts.MinLong, opts.ThumbLong) || p.Width != 480 || p.Height != 320 {
				t.Errorf("%s, %+v: got %v", format, opts, size)
			}
			if size.Y >= 2*opts.MinShort && size.X >= 2*max(opts.MinLong, opts.ThumbLong) {
				t.Errorf("%s, %+v: %v could be half as large", format, opts, size)
			}
			// Blocks at the edges may be smaller than the others and weigh as much.
			if d := meanDistance(full.Image, p.Image); d > 1+30/float64(size.Y) {
				t.Errorf("%s, %+v: channel means differ by %.2f levels", format, opts, d)
			}
		}
	}
	// Lossy WebP too, in both builds.
	p, err := Decode(testdata(t, "lossy.webp"), Options{MinShort: 15})
	if err != nil || p.Image.Rect.Size() != image.Pt(24, 16) || p.Width != 48 {
		t.Fatalf("webp: %+v, %v", p, err)
	}
	checkQuarters(t, p.Image, 6, false)
}

// meanDistance returns by how much the mean of some channel differs.
func meanDistance(a, b *image.RGBA) float64 {
	mean := func(img *image.RGBA) (m [3]float64) {
		for i, v := range img.Pix {
			if i%4 < 3 {
				m[i%4] += float64(v)
			}
		}
		for c := range m {
			m[c] /= float64(len(img.Pix) / 4)
		}
		return m
	}
	ma, mb := mean(a), mean(b)
	worst := 0.0
	for c := range ma {
		worst = max(worst, ma[c]-mb[c], mb[c]-ma[c])
	}
	return worst
}

func TestThumb(t *testing.T) {
	tests := []struct {
		w, h, long int
		want       image.Point
	}{
		{600, 400, 384, image.Pt(384, 256)},
		{400, 600, 384, image.Pt(256, 384)},
		{300, 200, 384, image.Pt(300, 200)},
		{384, 384, 384, image.Pt(384, 384)},
		{1200, 1, 384, image.Pt(384, 1)},
		{1, 1200, 100, image.Pt(1, 100)},
	}
	for _, tt := range tests {
		img := scene(tt.w, tt.h)
		jpg := jpegWithEXIF(asJPEG(t, img), exif([]entry{{tagDescription, "secret place"}}, nil, []entry{{1, "N"}}))
		for _, opts := range []Options{{ThumbLong: tt.long}, {ThumbLong: tt.long, MinShort: 100}} {
			p, err := Decode(jpg, opts)
			if err != nil {
				t.Fatal(err)
			}
			thumb, err := jpeg.Decode(bytes.NewReader(p.Thumb))
			if err != nil {
				t.Fatal(err)
			}
			if got := image.Pt(p.ThumbWidth, p.ThumbHeight); got != tt.want || thumb.Bounds().Size() != tt.want {
				t.Errorf("%d×%d: thumbnail %v, really %v, want %v", tt.w, tt.h, got, thumb.Bounds(), tt.want)
			}
			for _, mark := range []string{"Exif", "secret", "ICC_PROFILE", "http:"} {
				if bytes.Contains(p.Thumb, []byte(mark)) {
					t.Errorf("the thumbnail holds %q", mark)
				}
			}
		}
	}
	low, err := Decode(asPNG(t, scene(400, 400)), Options{ThumbLong: 384, ThumbQuality: 20})
	if err != nil {
		t.Fatal(err)
	}
	high, err := Decode(asPNG(t, scene(400, 400)), Options{ThumbLong: 384, ThumbQuality: 95})
	if err != nil {
		t.Fatal(err)
	}
	if len(low.Thumb) >= len(high.Thumb) {
		t.Errorf("quality 20 takes %d bytes, 95 takes %d", len(low.Thumb), len(high.Thumb))
	}
}

// TestConcurrent decodes side by side, good and bad files, and expects what one after the other gives.
func TestConcurrent(t *testing.T) {
	good := files(t)
	want := map[string]*Picture{}
	for name, f := range good {
		p, err := Decode(f.data, Options{ThumbLong: 24})
		if err != nil {
			t.Fatal(err)
		}
		want[name] = p
	}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for name, f := range good {
				p, err := Decode(f.data, Options{ThumbLong: 24})
				if err != nil || p.Header != want[name].Header || !bytes.Equal(p.Image.Pix, want[name].Image.Pix) || !bytes.Equal(p.Thumb, want[name].Thumb) {
					t.Errorf("%s: not the same when decoded beside others: %v", name, err)
				}
				if _, err := Decode(f.data[:len(f.data)/2], Options{}); err == nil {
					t.Errorf("%s: half of it was accepted", name)
				}
			}
		})
	}
	group.Wait()
}

func TestPictureExtension(t *testing.T) {
	for path, want := range map[string]bool{
		"a.jpg": true, "/x/B.JPEG": true, "c.jpe": true, "d.jfif": true, "e.PnG": true, "f.gif": true, "g.webp": true, "h.bmp": true,
		"i.tif": true, "j.tiff": true, "k.HEIC": true, "l.heif": true, "m.avif": true,
		"jpg": false, "a.jpg.txt": false, "a.svg": false, "a.": false, "": false, "a.mp4": false,
	} {
		if got := PictureExtension(path); got != want {
			t.Errorf("PictureExtension(%q) = %v", path, got)
		}
	}
}
