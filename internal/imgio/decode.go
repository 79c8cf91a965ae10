package imgio

import (
	"fmt"
	"image"
	"time"
)

// maxShrink bounds the factor of a shrinking decode, so that sums of a block stay far below 2³².
const maxShrink = 1024

// Decode decodes the picture in data, a whole file: its first frame or page, upright, opaque, 8 bits a channel.
//
// The errors are ErrEmpty, ErrUnsupported, ErrTooLarge (found before anything is allocated) and ErrCorrupt. A file
// that ends early is ErrCorrupt even where some of its picture could be had: half a grey picture is worse than
// none. A decoder's panic is an ErrCorrupt too. Safe for concurrent use.
//
// Colours are as the published models want them: numbers as stored, no colour management; grey becomes RGB, CMYK
// is converted naively, 16 bits keep their upper 8, transparency is laid over white.
func Decode(data []byte, opts Options) (p *Picture, err error) {
	h, err := ReadHeader(data)
	if err != nil {
		return nil, err
	}
	if err := checkSize(h, opts.MaxPixels); err != nil {
		return nil, err
	}
	defer func() {
		if r := recover(); r != nil {
			p, err = nil, corrupt(h.Format, "its decoder stopped: %v", r)
		}
	}()
	job := job{data: data, header: h, shrink: shrinkFor(h, opts), profile: opts.ThumbLong > 0, deadline: opts.Deadline}
	result, err := job.decode()
	if err != nil {
		return nil, err
	}
	p = &Picture{Header: h, Image: result.img}
	if opts.ThumbLong > 0 {
		if err := p.addThumb(result, opts); err != nil {
			return nil, fmt.Errorf("thumbnail: %w", err)
		}
	}
	return p, nil
}

// job is one decode, checked and planned.
type job struct {
	data    []byte
	header  Header
	shrink  int  // decode to the mean of shrink×shrink px, in whatever way is fastest
	profile bool // keep what the thumbnail's colours need

	deadline time.Time // see Options.Deadline
}

// decoded is what a decoder makes of a file.
type decoded struct {
	img     *image.RGBA // as Picture.Image
	profile []byte      // embedded ICC profile; nil: none, sRGB, or this build has no use for it
	grey    bool        // profile is about grey, and all channels of img are equal
	ink     *image.RGBA // C, M, Y, K of a picture in CMYK that has a profile; nil for all others
}

// shrinkFor returns the largest factor by which the decode may shrink the picture.
func shrinkFor(h Header, opts Options) int {
	if opts.MinShort <= 0 && opts.MinLong <= 0 {
		return 1
	}
	short, long := min(h.Width, h.Height), max(h.Width, h.Height)
	k := min(short/max(opts.MinShort, 1), long/max(opts.MinLong, opts.ThumbLong, 1), maxShrink)
	return max(k, 1)
}
