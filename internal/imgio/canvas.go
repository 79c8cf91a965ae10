package imgio

import "image"

// canvas takes the rows of a picture as they come out of a file, top to bottom, and lays them down upright,
// shrunk by a whole factor on the way. So a decoder that yields rows never needs the whole picture in memory.
type canvas struct {
	img           *image.RGBA
	width, height int // px of the rows that come in
	shrink        int // each output pixel is the mean of a shrink×shrink block; ≥ 1
	origin        int // offset of the output pixel of the first row and column …
	stepX, stepY  int // … and from it to the next column and row of the file, in bytes
	sums          []uint32
	row, rows     int // output row in the making, and how many input rows it holds
}

// newCanvas returns a white canvas for width×height px of the given EXIF orientation.
func newCanvas(width, height, shrink, orientation int) *canvas {
	c := &canvas{width: width, height: height, shrink: shrink}
	w, h := ceilDiv(width, shrink), ceilDiv(height, shrink)
	if orientation > 4 {
		c.img = image.NewRGBA(image.Rect(0, 0, h, w))
	} else {
		c.img = image.NewRGBA(image.Rect(0, 0, w, h))
	}
	const x = 4
	y := c.img.Stride
	right, down := (w-1)*x, (h-1)*y
	switch orientation {
	default:
		c.origin, c.stepX, c.stepY = 0, x, y
	case 2:
		c.origin, c.stepX, c.stepY = right, -x, y
	case 3:
		c.origin, c.stepX, c.stepY = right+down, -x, -y
	case 4:
		c.origin, c.stepX, c.stepY = down, x, -y
	case 5: // columns become rows
		c.origin, c.stepX, c.stepY = 0, y, x
	case 6:
		c.origin, c.stepX, c.stepY = (h-1)*x, y, -x
	case 7:
		c.origin, c.stepX, c.stepY = (h-1)*x+(w-1)*y, -y, -x
	case 8:
		c.origin, c.stepX, c.stepY = (w-1)*y, -y, x
	}
	if shrink > 1 {
		c.sums = make([]uint32, 4*w)
	}
	return c
}

// add lays down the next row: width pixels of four channels.
func (c *canvas) add(pixels []byte) {
	if c.shrink == 1 {
		c.put(pixels)
		c.row++
		return
	}
	for x, i := 0, 0; x < len(c.sums); x += 4 {
		end := min(i+4*c.shrink, 4*c.width)
		var s0, s1, s2, s3 uint32
		for ; i < end; i += 4 {
			p := pixels[i : i+4 : i+4]
			s0 += uint32(p[0])
			s1 += uint32(p[1])
			s2 += uint32(p[2])
			s3 += uint32(p[3])
		}
		s := c.sums[x : x+4 : x+4]
		s[0] += s0
		s[1] += s1
		s[2] += s2
		s[3] += s3
	}
	c.rows++
	if c.rows == c.shrink || c.row*c.shrink+c.rows == c.height {
		c.flush()
	}
}

// flush turns the sums of a row of blocks into pixels. Blocks at the right and lower edge may be smaller.
func (c *canvas) flush() {
	line := make([]byte, len(c.sums))
	for i := range c.sums {
		columns := min(c.shrink, c.width-i/4*c.shrink)
		n := uint32(columns * c.rows)
		line[i] = uint8((c.sums[i] + n/2) / n)
		c.sums[i] = 0
	}
	c.put(line)
	c.row++
	c.rows = 0
}

func (c *canvas) put(pixels []byte) {
	at := c.origin + c.row*c.stepY
	if c.stepX == 4 {
		copy(c.img.Pix[at:], pixels)
		return
	}
	for ; len(pixels) >= 4; pixels = pixels[4:] {
		copy(c.img.Pix[at:at+4], pixels)
		at += c.stepX
	}
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }
