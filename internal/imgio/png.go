package imgio

import (
	"bytes"
	"compress/zlib"
	"io"
)

// readPNG reads the header chunk of a PNG (W3C PNG, third edition, 11.2.1).
func readPNG(data []byte, h *Header) error {
	if len(data) < 8+8+13+4 {
		return endsEarly(formatPNG)
	}
	if string(data[12:16]) != "IHDR" {
		return corrupt(formatPNG, "it does not begin with its header")
	}
	width, height := be32(data[16:]), be32(data[20:])
	if width > 1<<31-1 || height > 1<<31-1 {
		return corrupt(formatPNG, "a size of %d×%d pixels", width, height)
	}
	h.Width, h.Height = int(width), int(height)
	return nil
}

// eachChunk calls fn with every whole chunk of a PNG up to IEND until fn returns false. Checksums are not verified.
func eachChunk(data []byte, fn func(kind, body []byte) bool) {
	for rest := data[8:]; len(rest) >= 12; {
		length := int64(be32(rest))
		if length > int64(len(rest)-12) || string(rest[4:8]) == "IEND" || !fn(rest[4:8], rest[8:8+length]) {
			return
		}
		rest = rest[12+length:]
	}
}

// pngFits reports whether data can hold the pixels that its header promises: deflate packs at most 1032 bytes
// into one (RFC 1951: 258 bytes in 2 bits), so that a short file with a huge size is known to be damaged before
// anything is allocated for it.
func pngFits(data []byte, h Header) bool {
	const ratio = 1032
	bits := map[byte]int64{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[data[25]] * int64(data[24])
	width, height := h.stored()
	row := (int64(width)*bits + 7) / 8
	return (row+1)*int64(height)/ratio <= int64(len(data))
}

// maxXMP bounds an inflated XMP packet.
const maxXMP = 4 << 20 // bytes

// wrapXMP returns a WebP file that holds just the XMP packet of a PNG (iTXt chunk, XMP part 3, 1.1.5), which is
// where imagemeta looks for one; an empty file if there is none.
func wrapXMP(data []byte) []byte {
	var packet []byte
	eachChunk(data, func(kind, body []byte) bool {
		rest, ok := bytes.CutPrefix(body, []byte("XML:com.adobe.xmp\x00"))
		if string(kind) != "iTXt" || !ok || len(rest) < 2 {
			return true
		}
		compressed := rest[0] == 1
		_, rest, _ = bytes.Cut(rest[2:], []byte{0}) // language
		_, rest, _ = bytes.Cut(rest, []byte{0})     // translated keyword
		packet = rest
		if compressed {
			packet = inflate(rest)
		}
		return false
	})
	extended := make([]byte, 10)
	extended[0] = 1 << 2 // XMP
	return chunk("RIFF", append(append([]byte("WEBP"), chunk("VP8X", extended)...), chunk("XMP ", packet)...))
}

// inflate returns as much as can be inflated of data, at most maxXMP bytes.
func inflate(data []byte) []byte {
	z, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil
	}
	out, _ := io.ReadAll(io.LimitReader(z, maxXMP))
	return out
}
