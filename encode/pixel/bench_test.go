package pixel_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/image/draw"

	"clipsearch/encode/pixel"
	"clipsearch/internal/imgio"
	"clipsearch/internal/resample"
)

// photos returns photographs of ../shared, enlarged to 12 megapixels, as JPEGs.
func photos(b *testing.B) [][]byte {
	b.Helper()
	files, _ := filepath.Glob("../../../shared/data/originals/samples/*.jpg")
	if len(files) == 0 {
		b.Skip("no photographs; put ../shared beside the repository and run: go test -tags native -bench Photo ./encode/pixel")
	}
	var all [][]byte
	for _, file := range files[:min(8, len(files))] {
		data, err := os.ReadFile(file)
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, enlarged(b, data))
	}
	return all
}

// enlarged returns a picture file as a JPEG of 12 megapixels, of quality 90.
func enlarged(t testing.TB, data []byte) []byte {
	t.Helper()
	p, err := imgio.Decode(data, imgio.Options{})
	if err != nil {
		t.Fatal(err)
	}
	size := image.Pt(4000, 3000)
	if p.Height > p.Width {
		size = image.Pt(3000, 4000)
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, resample.Scale(p.Image, size, image.Rectangle{Max: size}, resample.Bicubic), &jpeg.Options{Quality: 90}); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// BenchmarkPhoto turns a JPEG of 12 megapixels into the tower's input and a thumbnail, as index does it, and as it is done with
// Go's decoder and x/image/draw.
func BenchmarkPhoto(b *testing.B) {
	all := photos(b)
	spec := pixel.CLIP(224)
	rate := func(b *testing.B, one func(data []byte)) {
		for i := 0; b.Loop(); i++ {
			one(all[i%len(all)])
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "files/s")
	}
	for _, way := range []struct {
		name  string
		short int // px
	}{{"1.5", 336}, {"2", 448}, {"4", 896}, {"full", 0}} {
		b.Run("ours/"+way.name, func(b *testing.B) {
			opts := imgio.Options{MinShort: way.short, MinLong: min(384, way.short*384), ThumbLong: 384}
			rate(b, func(data []byte) {
				p, err := imgio.Decode(data, opts)
				if err != nil {
					b.Fatal(err)
				}
				spec.Planes(p.Image, make([]uint8, spec.Len()))
			})
		})
	}
	b.Run("go", func(b *testing.B) {
		rate(b, func(data []byte) {
			img, err := jpeg.Decode(bytes.NewReader(data))
			if err != nil {
				b.Fatal(err)
			}
			size := img.Bounds().Size()
			for _, side := range []image.Point{{X: 224 * size.X / min(size.X, size.Y), Y: 224 * size.Y / min(size.X, size.Y)}, {X: 384 * size.X / max(size.X, size.Y), Y: 384 * size.Y / max(size.X, size.Y)}} {
				small := image.NewRGBA(image.Rectangle{Max: side})
				draw.CatmullRom.Scale(small, small.Bounds(), img, img.Bounds(), draw.Src, nil)
				if side.X == 384 || side.Y == 384 {
					if err := jpeg.Encode(new(bytes.Buffer), small, &jpeg.Options{Quality: 75}); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	})
}
