package imgio

import (
	"bytes"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"

	"clipsearch/internal/resample"
)

// photo returns a 12-megapixel JPEG: a photograph of ../shared enlarged, or a drawn scene where that is absent.
func photo(b *testing.B) []byte {
	b.Helper()
	size := image.Pt(4000, 3000)
	var img image.Image = scene(size.X, size.Y)
	if data, err := os.ReadFile(filepath.Join("../../../shared/golden/images/home-large.jpg")); err == nil {
		p, err := Decode(data, Options{})
		if err != nil {
			b.Fatal(err)
		}
		img = resample.Scale(p.Image, size, image.Rectangle{Max: size}, resample.Bicubic)
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, img, &jpeg.Options{Quality: 90}); err != nil {
		b.Fatal(err)
	}
	return out.Bytes()
}

func BenchmarkDecode(b *testing.B) {
	data := photo(b)
	for _, bench := range []struct {
		name string
		opts Options
	}{
		{"full", Options{}},
		{"model", Options{MinShort: 336}},
		{"model and thumbnail", Options{MinShort: 336, ThumbLong: 384}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Decode(data, bench.opts); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(12*float64(b.N)/b.Elapsed().Seconds(), "MP/s")
		})
	}
}
