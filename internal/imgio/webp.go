package imgio

// readWebP reads the size of a WebP (RFC 9649) from its canvas or its first picture chunk.
func readWebP(data []byte, h *Header) error {
	// The package webp takes a stream cut short for one that goes on with zeros.
	if size := int64(le32(data[4:])); size+8 > int64(len(data))+1 { // some leave out the last byte, a filler
		return endsEarly(formatWebP)
	}
	canvas := false
	var fail error
	eachRIFF(data[12:], func(kind, body []byte) bool {
		switch string(kind) {
		case "VP8X":
			if len(body) < 10 {
				fail = endsEarly(formatWebP)
				return false
			}
			h.Width, h.Height = int(le24(body[4:]))+1, int(le24(body[7:]))+1
			canvas = true
		case "VP8 ", "VP8L":
			width, height := bitstreamSize(string(kind), body)
			if canvas && (width != h.Width || height != h.Height) {
				// Decoders trust one or the other; a size limit must hold for both.
				fail = corrupt(formatWebP, "its parts give different sizes")
				return false
			}
			h.Width, h.Height = width, height
		}
		return true
	})
	if fail == nil && h.Width == 0 {
		fail = endsEarly(formatWebP)
	}
	return fail
}

// bitstreamSize returns the size that a lossy (VP8, RFC 6386, 9.1) or lossless (VP8L) stream gives; 0, 0 if it gives none.
func bitstreamSize(kind string, body []byte) (width, height int) {
	switch {
	case kind == "VP8 " && len(body) >= 10 && string(body[3:6]) == "\x9d\x01\x2a":
		return int(le16(body[6:]) & 0x3fff), int(le16(body[8:]) & 0x3fff)
	case kind == "VP8L" && len(body) >= 5 && body[0] == 0x2f:
		bits := le32(body[1:])
		return int(bits&0x3fff) + 1, int(bits>>14&0x3fff) + 1
	}
	return 0, 0
}

// eachRIFF calls fn with every chunk of a RIFF body until fn returns false. The last one may be cut short.
func eachRIFF(body []byte, fn func(kind, body []byte) bool) {
	for len(body) >= 8 {
		length := int64(le32(body[4:]))
		end := min(8+length, int64(len(body)))
		if !fn(body[:4], body[8:end]) {
			return
		}
		body = body[min(8+length+length&1, int64(len(body))):]
	}
}

func le24(b []byte) uint32 { return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 }
