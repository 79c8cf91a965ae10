// Package imgio decodes pictures of any supported format, upright and within limits, with a thumbnail and metadata.
//
// [Decode] takes a whole file and gives pixels for the encoder and a JPEG thumbnail from the same decode;
// [ReadHeader] gives format and size without decoding; [ReadMetadata] reads what cameras and people wrote into
// the file. With the build tag native, libvips decodes JPEG, PNG, WebP, TIFF, HEIC and AVIF; without it Go's
// codecs decode all but the last two. GIF and BMP are always read by Go's codecs. The package opens no files,
// writes nothing and applies no colour management but to thumbnails.
//
// # Caveats
//
// A crash inside libvips or the libraries under it ends the process; only Go's decoders can be kept from that. Of
// libvips' loaders just the five that are used are open, and each is called by name for bytes that begin as its
// format does. A JPEG that is damaged in its middle but has an end is shown as libjpeg makes it; Go's decoder refuses
// most of them. Without libvips, JPEG and WebP differ by single levels, since Go's codecs do not smooth chroma.
package imgio

import (
	"image"
	"time"
)

// Options bounds a decode. The zero value decodes at full size without a thumbnail.
type Options struct {
	MinShort     int   // px: the decode may shrink the picture while its shorter side stays ≥ MinShort …
	MinLong      int   // px: … and its longer side ≥ MinLong; both 0: full size
	MaxPixels    int64 // px: larger pictures are refused before decoding; 0: from available memory, at least 100 MP
	ThumbLong    int   // px: longer side of the thumbnail, never upscaled; 0: no thumbnail
	ThumbQuality int   // 1–100: JPEG quality of the thumbnail; 0: 75
	// Deadline, if not zero, is when a decode by libvips may give up with ErrSlow. It looks between strips of rows only.
	Deadline time.Time
}

// Header is what a file says about its picture before any pixel is decoded.
type Header struct {
	Format      string // "jpeg", "png", "gif", "webp", "bmp", "tiff", "heic" or "avif"
	Width       int    // px, of the full picture, upright
	Height      int    // px, of the full picture, upright
	Orientation int    // 1–8 as EXIF defines; 1 where none is given or the decoder applies it itself (HEIC, AVIF)
}

// Picture is a decoded picture.
type Picture struct {
	Header
	Image       *image.RGBA // upright, opaque (transparency over white), 8 bit, no colour management, maybe shrunk
	Thumb       []byte      // JPEG, sRGB, no metadata; nil without Options.ThumbLong
	ThumbWidth  int         // px
	ThumbHeight int         // px
}
