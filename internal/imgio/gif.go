package imgio

// readGIF reads the logical screen descriptor of a GIF (GIF89a, 18), on which the first frame is laid.
func readGIF(data []byte, h *Header) error {
	if len(data) < 13 {
		return endsEarly(formatGIF)
	}
	h.Width, h.Height = int(le16(data[6:])), int(le16(data[8:]))
	return nil
}
