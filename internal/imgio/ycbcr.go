package imgio

import (
	"image"
	"image/draw"
)

// fillJPEG writes row y of a JPEG's full-range Y'CbCr. Each chroma sample serves its whole block: libjpeg smooths
// them, which makes single values differ by a few levels and vanishes when the picture is reduced.
func fillJPEG(line []byte, m *image.YCbCr, y int) {
	row := image.RGBA{Pix: line, Stride: len(line), Rect: image.Rect(m.Rect.Min.X, y, m.Rect.Max.X, y+1)}
	draw.Draw(&row, row.Rect, m, row.Rect.Min, draw.Src)
}

// fillWebP writes row y of WebP's Y'CbCr, whose luma spans 16–235 and chroma 16–240 (RFC 9649, 2.5: ITU-R BT.601),
// unlike JPEG's, in libwebp's fixed point. alpha may be nil.
func fillWebP(line []byte, m *image.YCbCr, alpha []byte, y int) {
	b := m.Bounds()
	row := m.Y[m.YOffset(b.Min.X, y):]
	for x := range b.Dx() {
		c := m.COffset(b.Min.X+x, y)
		luma := int(row[x]) * 19077 >> 8 // 255/219 · 2¹⁴
		u, v := int(m.Cb[c]), int(m.Cr[c])
		p := line[4*x : 4*x+4 : 4*x+4]
		p[0] = clip14(luma + v*26149>>8 - 14234)
		p[1] = clip14(luma - u*6419>>8 - v*13320>>8 + 8708)
		p[2] = clip14(luma + u*33050>>8 - 17685)
		p[3] = 255
		if alpha != nil && alpha[x] != 255 {
			a := alpha[x]
			p[0], p[1], p[2] = over(p[0], a), over(p[1], a), over(p[2], a)
		}
	}
}

// clip14 drops the 6 fraction bits that are left of 14 and clamps.
func clip14(v int) byte {
	return byte(min(max(v>>6, 0), 255))
}
