package imgio

// The functions of this file turn a row of stored samples into a row of opaque RGBA. The row's width is that of
// dst; src may be longer.

func white(dst []byte) {
	for i := range dst {
		dst[i] = 255
	}
}

func fromGrey(dst, src []byte) {
	for x := 0; x+4 <= len(dst); x += 4 {
		v := src[x/4]
		dst[x], dst[x+1], dst[x+2], dst[x+3] = v, v, v, 255
	}
}

// fromGrey16 reads 16-bit big-endian samples.
func fromGrey16(dst, src []byte) {
	for x := 0; x+4 <= len(dst); x += 4 {
		v := src[x/2]
		dst[x], dst[x+1], dst[x+2], dst[x+3] = v, v, v, 255
	}
}

// fromRGBA lays colours that are not premultiplied over white.
func fromRGBA(dst, src []byte) {
	for x := 0; x+4 <= len(dst); x += 4 {
		s, d := src[x:x+4:x+4], dst[x:x+4:x+4]
		if s[3] == 255 {
			copy(d, s)
			continue
		}
		d[0], d[1], d[2], d[3] = over(s[0], s[3]), over(s[1], s[3]), over(s[2], s[3]), 255
	}
}

// fromPremultiplied lays premultiplied colours over white.
func fromPremultiplied(dst, src []byte) {
	for x := 0; x+4 <= len(dst); x += 4 {
		s, d := src[x:x+4:x+4], dst[x:x+4:x+4]
		rest := 255 - s[3]
		d[0], d[1], d[2], d[3] = s[0]+rest, s[1]+rest, s[2]+rest, 255
	}
}

// fromPremultiplied64 reads 16-bit big-endian samples that are premultiplied.
func fromPremultiplied64(dst, src []byte) {
	for x := 0; x+4 <= len(dst); x += 4 {
		s, d := src[2*x:2*x+8:2*x+8], dst[x:x+4:x+4]
		rest := 255 - s[6]
		d[0], d[1], d[2], d[3] = s[0]+rest, s[2]+rest, s[4]+rest, 255
	}
}

// fromRGBA64 reads 16-bit big-endian samples that are not premultiplied.
func fromRGBA64(dst, src []byte) {
	for x := 0; x+4 <= len(dst); x += 4 {
		s, d := src[2*x:2*x+8:2*x+8], dst[x:x+4:x+4]
		d[0], d[1], d[2], d[3] = over(s[0], s[6]), over(s[2], s[6]), over(s[4], s[6]), 255
	}
}

// over lays v with opacity a over white.
func over(v, a byte) byte {
	return byte((uint(v)*uint(a) + 255*(255-uint(a)) + 127) / 255)
}

// fromCMYK converts inks (255 is full) naively, rounding as Pillow 9.4 does.
func fromCMYK(dst, src []byte) {
	for x := 0; x+4 <= len(dst); x += 4 {
		s, d := src[x:x+4:x+4], dst[x:x+4:x+4]
		light := 255 - s[3]
		d[0], d[1], d[2], d[3] = light-mul255(s[0], light), light-mul255(s[1], light), light-mul255(s[2], light), 255
	}
}

// mul255 returns a·b/255, rounded.
func mul255(a, b byte) byte {
	t := uint(a)*uint(b) + 128
	return byte((t>>8 + t) >> 8)
}
