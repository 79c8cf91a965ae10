package imgio

import "bytes"

// exifBlock returns the EXIF block of a file, a small TIFF file; nil if there is none or the format hides it deeper.
func exifBlock(data []byte, format string) (block []byte) {
	switch format {
	case formatTIFF:
		block = data
	case formatJPEG:
		_, _ = eachSegment(data, func(marker byte, body []byte) bool {
			if marker == 0xe1 && bytes.HasPrefix(body, []byte("Exif\x00")) {
				block = body[min(6, len(body)):]
			}
			return block == nil
		})
	case formatPNG:
		eachChunk(data, func(kind, body []byte) bool {
			if string(kind) == "eXIf" {
				block = body
			}
			return block == nil
		})
	case formatWebP:
		eachRIFF(data[12:], func(kind, body []byte) bool {
			if string(kind) == "EXIF" {
				block = bytes.TrimPrefix(body, []byte("Exif\x00\x00"))
			}
			return block == nil
		})
	}
	return block
}
