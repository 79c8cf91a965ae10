package imgio

import "bytes"

// isSRGB reports whether an ICC profile calls itself sRGB, in ASCII (version 2) or UTF-16 (version 4).
func isSRGB(profile []byte) bool {
	return bytes.Contains(profile, []byte("sRGB")) || bytes.Contains(profile, []byte("s\x00R\x00G\x00B"))
}
