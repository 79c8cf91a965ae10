package imgio

import (
	"bytes"
	"encoding/binary"
	"image"

	"golang.org/x/image/webp"
)

// decodeWebP decodes a still picture, or the first frame of an animation and where on the picture it lies: the
// package webp knows no animations, so that the frame is given to it as a file of its own.
func decodeWebP(data []byte, h Header) (image.Image, image.Point, error) {
	var at image.Point
	err := error(nil)
	eachRIFF(data[12:], func(kind, body []byte) bool {
		if string(kind) != "ANMF" {
			return true
		}
		data, at, err = frameFile(body, h)
		return false
	})
	if err != nil {
		return nil, at, err
	}
	img, err := webp.Decode(bytes.NewReader(data))
	return img, at, err
}

// frameFile returns the WebP file that holds just the frame of an ANMF chunk (RFC 9649, 2.7.1.1), and its place.
func frameFile(body []byte, h Header) ([]byte, image.Point, error) {
	if len(body) < 16 {
		return nil, image.Point{}, endsEarly(formatWebP)
	}
	at := image.Pt(2*int(le24(body)), 2*int(le24(body[3:])))
	width, height := int(le24(body[6:]))+1, int(le24(body[9:]))+1
	var alpha, stream []byte
	canvasWidth, canvasHeight := h.stored()
	fits := at.X+width <= canvasWidth && at.Y+height <= canvasHeight
	eachRIFF(body[16:], func(kind, body []byte) bool {
		switch string(kind) {
		case "ALPH":
			alpha = chunk(string(kind), body)
		case "VP8 ", "VP8L":
			w, h := bitstreamSize(string(kind), body)
			fits = fits && w == width && h == height
			stream = chunk(string(kind), body)
		}
		return stream == nil
	})
	if !fits {
		return nil, at, corrupt(formatWebP, "its parts give different sizes")
	}
	var file []byte
	if alpha != nil {
		extended := make([]byte, 10)
		extended[0] = 1 << 4 // alpha
		copy(extended[4:], body[6:12])
		file = append(chunk("VP8X", extended), alpha...)
	}
	file = append(file, stream...)
	return chunk("RIFF", append([]byte("WEBP"), file...)), at, nil
}

// chunk returns a RIFF chunk.
func chunk(kind string, body []byte) []byte {
	out := binary.LittleEndian.AppendUint32([]byte(kind), uint32(len(body)))
	out = append(out, body...)
	if len(body)%2 == 1 {
		out = append(out, 0)
	}
	return out
}
