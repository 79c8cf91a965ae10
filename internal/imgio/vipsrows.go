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
