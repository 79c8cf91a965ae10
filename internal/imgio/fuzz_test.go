package imgio

import (
	"errors"
	"testing"
	"unicode/utf8"
)

// seed adds whole, cut and annotated files of every format.
func seed(f *testing.F) {
	for _, file := range files(f) {
		f.Add(file.data)
		f.Add(file.data[:len(file.data)*2/3])
	}
	jpg := asJPEG(f, quarters(48, 32, false))
	f.Add(jpegWithEXIF(jpg, holiday()))
	f.Add(withSegment(jpg, 0xed, iptcBlock(true, [2]string{iptcCaption, "caption"}, [2]string{iptcKeyword, "word"})))
	f.Add(withChunk(asPNG(f, quarters(8, 8, true)), "iTXt", []byte("XML:com.adobe.xmp\x00\x00\x00\x00\x00"+packet)))
	f.Add(testdata(f, "quarters.heic"))
	f.Add(testdata(f, "quarters.avif"))
	f.Add([]byte("II+\x00\x08\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte("text"))
}

// checkError fails if err is none of the sentinels or no single readable line.
func checkError(t *testing.T, err error) {
	t.Helper()
	known := false
	for _, kind := range []error{ErrEmpty, ErrUnsupported, ErrTooLarge, ErrCorrupt} {
		known = known || errors.Is(err, kind)
	}
	if !known || !utf8.ValidString(err.Error()) {
		t.Errorf("error %q", err)
	}
}

func FuzzReadHeader(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := ReadHeader(data)
		if err != nil {
			checkError(t, err)
			return
		}
		if h.Format == "" || h.Width < 1 || h.Height < 1 || h.Orientation < 1 || h.Orientation > 8 {
			t.Errorf("got %+v", h)
		}
	})
}

func FuzzDecode(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := Decode(data, Options{MinShort: 16, MaxPixels: 1 << 20, ThumbLong: 16})
		if err != nil {
			checkError(t, err)
			return
		}
		size := p.Image.Rect.Size()
		if size.X < 1 || size.Y < 1 || size.X > p.Width || size.Y > p.Height || p.ThumbWidth > 16 || len(p.Thumb) == 0 {
			t.Errorf("got %+v, picture %v, thumbnail %d×%d", p.Header, size, p.ThumbWidth, p.ThumbHeight)
		}
		for i := 3; i < len(p.Image.Pix); i += 4 {
			if p.Image.Pix[i] != 255 {
				t.Fatalf("pixel %d is not opaque", i/4)
			}
		}
	})
}

func FuzzReadMetadata(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := ReadMetadata(data)
		if err != nil {
			checkError(t, err)
			return
		}
		if m.HasGPS && (m.Latitude < -90 || m.Latitude > 90 || m.Longitude < -180 || m.Longitude > 180) {
			t.Errorf("got %+v", m)
		}
		for _, s := range append(m.Descriptions, m.Keywords...) {
			if s == "" || !utf8.ValidString(s) {
				t.Errorf("text %q", s)
			}
		}
	})
}
