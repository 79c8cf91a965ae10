package imgio

import (
	"fmt"
	"image"
	"image/color"
	"testing"
)

// TestCanvas compares with the slow way: the mean of every block, laid down by the table of orientations.
func TestCanvas(t *testing.T) {
	upright := image.NewNRGBA(image.Rect(0, 0, 23, 17))
	for i := range upright.Pix {
		upright.Pix[i] = uint8(i * i)
		if i%4 == 3 {
			upright.Pix[i] = 255
		}
	}
	for orientation := 1; orientation <= 8; orientation++ {
		for _, shrink := range []int{1, 2, 3, 7, 17, 40} {
			t.Run(fmt.Sprint(orientation, shrink), func(t *testing.T) {
				stored := turned(upright, orientation)
				w, h := stored.Rect.Dx(), stored.Rect.Dy()
				c := newCanvas(w, h, shrink, orientation)
				for y := range h {
					c.add(stored.Pix[y*stored.Stride:][:4*w])
				}
				// The block of an upright pixel begins where the stored picture does.
				blocks := blockMeans(stored, shrink)
				for y := range c.img.Rect.Dy() {
					for x := range c.img.Rect.Dx() {
						w, h := c.img.Rect.Dx()-1, c.img.Rect.Dy()-1
						at := [9]image.Point{
							1: {x, y}, 2: {w - x, y}, 3: {w - x, h - y}, 4: {x, h - y},
							5: {y, x}, 6: {y, w - x}, 7: {h - y, w - x}, 8: {h - y, x},
						}[orientation]
						want := color.RGBA(blocks.NRGBAAt(at.X, at.Y))
						if got := c.img.RGBAAt(x, y); got != want {
							t.Fatalf("pixel %d, %d is %v, want %v", x, y, got, want)
						}
					}
				}
			})
		}
	}
}

func blockMeans(img *image.NRGBA, k int) *image.NRGBA {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	out := image.NewNRGBA(image.Rect(0, 0, ceilDiv(w, k), ceilDiv(h, k)))
	for y := range out.Rect.Dy() {
		for x := range out.Rect.Dx() {
			block := image.Rect(x*k, y*k, x*k+k, y*k+k).Intersect(img.Rect)
			for c := range 4 {
				sum := 0.0
				for v := block.Min.Y; v < block.Max.Y; v++ {
					for u := block.Min.X; u < block.Max.X; u++ {
						sum += float64(img.Pix[img.PixOffset(u, v)+c])
					}
				}
				out.Pix[out.PixOffset(x, y)+c] = uint8(sum/float64(block.Dx()*block.Dy()) + 0.5)
			}
		}
	}
	return out
}
