package imgio

// readJPEG walks the segments of a JPEG (ITU T.81, B.1) up to the first scan.
func readJPEG(data []byte, h *Header) error {
	framed := false
	_, err := eachSegment(data, func(marker byte, body []byte) bool {
		if isFrame(marker) && len(body) >= 6 {
			h.Height, h.Width = int(be16(body[1:])), int(be16(body[3:]))
			framed = true
		}
		return !framed
	})
	if framed {
		return nil // Damage behind the size is for the decoder to find.
	}
	if err != nil {
		return err
	}
	return corrupt(formatJPEG, "it holds no picture")
}

// isFrame reports whether a marker starts a frame: SOF0–SOF15 but for DHT, JPG and DAC, which lie between.
func isFrame(marker byte) bool {
	return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc
}

// eachSegment calls fn with every marker segment of a JPEG up to and with the first start of scan, until fn returns
// false. It returns the offset behind the last one.
func eachSegment(data []byte, fn func(marker byte, body []byte) bool) (int, error) {
	for i := 2; ; {
		// Any number of fill bytes may stand before a marker; stray bytes between segments are passed over as
		// libjpeg does.
		for i < len(data) && data[i] != 0xff {
			i++
		}
		for i < len(data) && data[i] == 0xff {
			i++
		}
		if i >= len(data) {
			return i, endsEarly(formatJPEG)
		}
		marker := data[i]
		i++
		switch {
		case marker == 0xd9: // end of image
			return i, nil
		case marker == 0x00, marker == 0x01, marker >= 0xd0 && marker <= 0xd8: // without a body
			continue
		}
		if i+2 > len(data) {
			return i, endsEarly(formatJPEG)
		}
		length := int(be16(data[i:]))
		if length < 2 {
			return i, corrupt(formatJPEG, "a segment of length %d", length)
		}
		if i+length > len(data) {
			return i, endsEarly(formatJPEG)
		}
		if !fn(marker, data[i+2:i+length]) || marker == 0xda {
			return i + length, nil
		}
		i += length
	}
}
