package imgio

// readPNG walks the chunks of a PNG (W3C PNG, third edition, 5.3). eXIf may stand behind the picture.
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
	eachChunk(data, func(kind string, body []byte) bool {
		if kind == "eXIf" {
			h.Orientation = exifOrientation(body)
		}
		return kind != "eXIf"
	})
	return nil
}

// eachChunk calls fn with every whole chunk of a PNG until fn returns false. Checksums are not verified.
func eachChunk(data []byte, fn func(kind string, body []byte) bool) {
	for rest := data[8:]; len(rest) >= 12; {
		length := int64(be32(rest))
		if length > int64(len(rest)-12) || !fn(string(rest[4:8]), rest[8:8+length]) {
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
