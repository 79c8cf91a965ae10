package imgio

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"strings"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// decodeGo decodes with Go's codecs, at full size; the canvas shrinks.
func (j job) decodeGo() (decoded, error) {
	img, at, err := j.image()
	if err != nil {
		return decoded{}, goError(j.header.Format, err)
	}
	width, height := j.header.stored()
	frame := img.Bounds().Add(at)
	if !frame.In(image.Rect(0, 0, width, height)) {
		return decoded{}, corrupt(j.header.Format, "a frame %v in a picture of %d×%d pixels", frame, width, height)
	}
	c := newCanvas(width, height, j.shrink, j.header.Orientation)
	line := make([]byte, 4*width)
	fill := rowFiller(j.header.Format, img)
	for y := range height {
		if y < frame.Min.Y || y >= frame.Max.Y || frame.Dx() < width {
			white(line)
		}
		if y >= frame.Min.Y && y < frame.Max.Y {
			fill(line[4*frame.Min.X:4*frame.Max.X], y-at.Y)
		}
		c.add(line)
	}
	return decoded{img: c.img}, nil
}

// codec is one of Go's.
type codec struct {
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error) // the first frame
}

// goCodec returns the codec of a format; WebP has its own way.
func goCodec(format string) codec {
	switch format {
	case formatJPEG:
		return codec{jpeg.DecodeConfig, func(r io.Reader) (image.Image, error) {
			// Go's decoder wants the end marker that some files lack and no picture needs. A picture that really
			// ends early still fails: its entropy-coded data meet a marker.
			return jpeg.Decode(io.MultiReader(r, bytes.NewReader([]byte{0xff, 0xd9})))
		}}
	case formatPNG:
		return codec{png.DecodeConfig, png.Decode}
	case formatGIF:
		return codec{gif.DecodeConfig, gif.Decode}
	case formatBMP:
		return codec{bmp.DecodeConfig, bmp.Decode}
	default:
		return codec{tiff.DecodeConfig, tiff.Decode}
	}
}

// image returns the first frame, and where on the picture its own origin lies.
func (j job) image() (img image.Image, at image.Point, err error) {
	if j.header.Format == formatWebP {
		return decodeWebP(j.data, j.header)
	}
	if err := j.complete(); err != nil {
		return nil, at, err
	}
	c := goCodec(j.header.Format)
	config, err := c.config(bytes.NewReader(j.data))
	if err != nil {
		return nil, at, err
	}
	// The limit was held against our own reading of the size; the codec allocates by its own.
	if width, height := j.header.stored(); config.Width != width || config.Height != height {
		return nil, at, corrupt(j.header.Format, "its parts give different sizes")
	}
	img, err = c.decode(bytes.NewReader(j.data))
	return img, at, err
}

// complete returns an ErrCorrupt if the file is known to be too short for its picture.
func (j job) complete() error {
	if j.header.Format == formatPNG && !pngFits(j.data, j.header) || j.header.Format == formatBMP && !bmpFits(j.data, j.header) {
		return endsEarly(j.header.Format)
	}
	return nil
}

// goError makes the errors of Go's codecs ours.
func goError(format string, err error) error {
	var (
		jpegKind jpeg.UnsupportedError
		pngKind  png.UnsupportedError
		tiffKind tiff.UnsupportedError
		known    *fault
	)
	switch {
	case errors.As(err, &known):
		return err
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return endsEarly(format)
	case errors.As(err, &jpegKind), errors.As(err, &pngKind), errors.As(err, &tiffKind), errors.Is(err, bmp.ErrUnsupported):
		return &fault{ErrUnsupported, "a kind of " + format + " that is not supported: " + reason(format, err)}
	}
	return corrupt(format, "%s", reason(format, err))
}

// reason returns the message of a codec's error without the prefixes that name the codec again.
func reason(format string, err error) string {
	s := err.Error()
	for _, prefix := range []string{"invalid format: ", "unsupported feature: "} {
		s = strings.TrimPrefix(strings.TrimPrefix(s, format+": "), prefix)
	}
	return s
}

// rowFiller returns a function that writes one row of img, opaque RGBA over white, into line.
func rowFiller(format string, img image.Image) func(line []byte, y int) {
	switch m := img.(type) {
	case *image.YCbCr:
		if format == formatWebP {
			return func(line []byte, y int) { fillWebP(line, m, nil, y) }
		}
		return func(line []byte, y int) { fillJPEG(line, m, y) }
	case *image.NYCbCrA: // of WebP alone
		return func(line []byte, y int) { fillWebP(line, &m.YCbCr, m.A[m.AOffset(m.Rect.Min.X, y):], y) }
	case *image.Gray:
		return func(line []byte, y int) { fromGrey(line, m.Pix[m.PixOffset(m.Rect.Min.X, y):]) }
	case *image.Gray16:
		return func(line []byte, y int) { fromGrey16(line, m.Pix[m.PixOffset(m.Rect.Min.X, y):]) }
	case *image.RGBA:
		return func(line []byte, y int) { fromPremultiplied(line, m.Pix[m.PixOffset(m.Rect.Min.X, y):]) }
	case *image.RGBA64:
		return func(line []byte, y int) { fromPremultiplied64(line, m.Pix[m.PixOffset(m.Rect.Min.X, y):]) }
	case *image.NRGBA:
		return func(line []byte, y int) { fromRGBA(line, m.Pix[m.PixOffset(m.Rect.Min.X, y):]) }
	case *image.NRGBA64:
		return func(line []byte, y int) { fromRGBA64(line, m.Pix[m.PixOffset(m.Rect.Min.X, y):]) }
	case *image.CMYK:
		return func(line []byte, y int) { fromCMYK(line, m.Pix[m.PixOffset(m.Rect.Min.X, y):]) }
	case *image.Paletted:
		var table [256][4]byte
		for i := range table {
			c := color.NRGBA{R: 0, G: 0, B: 0, A: 255} // an index beyond the palette: black, as libpng has it
			if i < len(m.Palette) {
				c = color.NRGBAModel.Convert(m.Palette[i]).(color.NRGBA)
			}
			fromRGBA(table[i][:], []byte{c.R, c.G, c.B, c.A})
		}
		return func(line []byte, y int) {
			for x, i := range m.Pix[m.PixOffset(m.Rect.Min.X, y):][:m.Rect.Dx()] {
				copy(line[4*x:], table[i][:])
			}
		}
	}
	// No codec makes other kinds today.
	return func(line []byte, y int) {
		b := img.Bounds()
		for x := range b.Dx() {
			c := color.NRGBA64Model.Convert(img.At(b.Min.X+x, y)).(color.NRGBA64)
			fromRGBA(line[4*x:4*x+4], []byte{byte(c.R >> 8), byte(c.G >> 8), byte(c.B >> 8), byte(c.A >> 8)})
		}
	}
}
