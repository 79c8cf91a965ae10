//go:build native

package imgio

import "encoding/binary"

// upperBytes keeps the upper 8 bits of 16-bit samples in the machine's byte order.
func upperBytes(dst, src []byte) {
	for i := range dst {
		dst[i] = byte(binary.NativeEndian.Uint16(src[2*i:]) >> 8)
	}
}

// inks copies C, M, Y and K, 8 bits each, out of bands samples of size bytes a pixel. dst and src may be the same
// where size is 1.
func inks(dst, src []byte, bands, size int) {
	for x := 0; x+4 <= len(dst); x += 4 {
		for i := range 4 {
			at := (x/4*bands + i) * size
			if size == 2 {
				dst[x+i] = byte(binary.NativeEndian.Uint16(src[at:]) >> 8)
			} else {
				dst[x+i] = src[at]
			}
		}
	}
}

func fromGreyAlpha(dst, src []byte) {
	for x := 0; x+4 <= len(dst); x += 4 {
		v := over(src[x/2], src[x/2+1])
		dst[x], dst[x+1], dst[x+2], dst[x+3] = v, v, v, 255
	}
}

func fromRGB(dst, src []byte) {
	for x, i := 0, 0; x+4 <= len(dst); x, i = x+4, i+3 {
		s, d := src[i:i+3:i+3], dst[x:x+4:x+4]
		d[0], d[1], d[2], d[3] = s[0], s[1], s[2], 255
	}
}
