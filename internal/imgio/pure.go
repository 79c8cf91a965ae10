//go:build !native

package imgio

import (
	"bytes"
	"image/jpeg"
)

func (j job) decode() (decoded, error) {
	return j.decodeGo()
}

// readHEIF refuses HEIC and AVIF: nobody decodes HEVC and AV1 in Go.
func readHEIF(_ []byte, h *Header) error {
	return unsupportedHere(h.Format)
}

// encodeThumb encodes a thumbnail. Its colours are taken for sRGB: this build knows nothing of profiles.
func encodeThumb(d decoded, quality int) ([]byte, error) {
	var b bytes.Buffer
	err := jpeg.Encode(&b, d.img, &jpeg.Options{Quality: quality})
	return b.Bytes(), err
}

// unsupportedHere is the ErrUnsupported of a format that this build cannot decode.
func unsupportedHere(format string) error {
	name := map[string]string{formatHEIC: "HEIC", formatAVIF: "AVIF"}[format]
	return &fault{ErrUnsupported, name + " pictures are read by the full build alone (make; it links libvips)"}
}
