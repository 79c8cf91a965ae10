package imgio

import (
	"image"

	"clipsearch/internal/resample"
)

// thumbQuality is the default JPEG quality of thumbnails.
const thumbQuality = 75

// addThumb makes the thumbnail of p from what was decoded.
func (p *Picture) addThumb(d decoded, opts Options) error {
	size := thumbSize(p.Header, opts.ThumbLong)
	quality := opts.ThumbQuality
	if quality == 0 {
		quality = thumbQuality
	}
	small := decoded{img: scale(d.img, size), profile: d.profile, grey: d.grey}
	if d.ink != nil {
		small.ink = scale(d.ink, size)
	}
	thumb, err := encodeThumb(small, quality)
	if err != nil {
		return err
	}
	p.Thumb, p.ThumbWidth, p.ThumbHeight = thumb, size.X, size.Y
	return nil
}

// thumbSize returns the size of h's picture with its longer side reduced to long px. It never grows.
func thumbSize(h Header, long int) image.Point {
	longer := max(h.Width, h.Height)
	if longer <= long {
		return image.Pt(h.Width, h.Height)
	}
	side := func(v int) int { return max((v*long+longer/2)/longer, 1) }
	return image.Pt(side(h.Width), side(h.Height))
}

func scale(img *image.RGBA, size image.Point) *image.RGBA {
	if img.Rect.Size() == size {
		return img
	}
	return resample.Scale(img, size, image.Rectangle{Max: size}, resample.Bicubic)
}
