package imgio

// readBMP reads the file and information headers of a Windows bitmap.
func readBMP(data []byte, h *Header) error {
	if len(data) < 30 {
		return endsEarly(formatBMP)
	}
	if le32(data[14:]) == 12 { // OS/2 1.x: 16-bit sizes
		h.Width, h.Height = int(le16(data[18:])), int(le16(data[20:]))
		return nil
	}
	width, height := int64(int32(le32(data[18:]))), int64(int32(le32(data[22:])))
	if height < 0 {
		height = -height // stored from top to bottom
	}
	h.Width, h.Height = int(width), int(height)
	return nil
}

// bmpFits reports whether data is long enough for its pixels; compressed bitmaps are left to the decoder.
func bmpFits(data []byte, h Header) bool {
	if le32(data[14:]) == 12 || len(data) < 34 {
		return true
	}
	if compression := le32(data[30:]); compression != 0 && compression != 3 {
		return true
	}
	row := (int64(h.Width)*int64(le16(data[28:])) + 31) / 32 * 4
	return int64(le32(data[10:]))+row*int64(h.Height) <= int64(len(data))
}
