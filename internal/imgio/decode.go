package imgio

import (
	"bytes"
	"image"
	"image/draw"
	_ "image/gif"
	_ "image/jpeg"
	_ "image/png"

	_ "golang.org/x/image/bmp"
	_ "golang.org/x/image/tiff"
	_ "golang.org/x/image/webp"
)

// ReadHeader returns the format and size of the picture in data without decoding it. Its errors are ErrEmpty,
// ErrUnsupported and ErrCorrupt. Safe for concurrent use.
func ReadHeader(data []byte) (Header, error) {
	if len(data) == 0 {
		return Header{}, &fault{ErrEmpty, "empty file"}
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return Header{}, &fault{ErrUnsupported, "not a picture"}
	}
	return Header{Format: format, Width: config.Width, Height: config.Height, Orientation: 1}, nil
}

// Decode decodes the picture in data, a whole file.
func Decode(data []byte, opts Options) (*Picture, error) {
	h, err := ReadHeader(data)
	if err != nil {
		return nil, err
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, &fault{ErrCorrupt, err.Error()}
	}
	out := image.NewRGBA(image.Rect(0, 0, h.Width, h.Height))
	draw.Draw(out, out.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(out, out.Rect, img, img.Bounds().Min, draw.Over)
	return &Picture{Header: h, Image: out}, nil
}
