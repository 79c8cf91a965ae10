package imgio

import (
	"bufio"
	"fmt"
	"os"
	"strings"
)

const (
	// leastLimit is the smallest default limit: every camera sold takes smaller pictures in one shot.
	leastLimit = 100_000_000 // px
	// mostLimit is the largest default limit. Larger files are most often made to exhaust memory; who has real
	// ones sets Options.MaxPixels.
	mostLimit = 500_000_000 // px
	// bytesPerPixel is what the most wasteful decode holds at once: 16-bit RGBA beside the finished 8-bit RGBA,
	// and as much again for the decoder's own rows and tables.
	bytesPerPixel = 24
	// memoryShare is the part of the available memory that one picture may take: several are decoded at once.
	memoryShare = 4
)

// decodeBytes is what a decode holds for each pixel of the file's picture, at most, besides what it returns: of a JPEG that
// comes in several scans the coefficients, 16 bits each; of most others all of the picture. JPEG, PNG and TIFF whose rows lie
// in the file in their order need far less with libvips.
var decodeBytes = map[string]int64{
	formatJPEG: 6, formatPNG: 8, formatTIFF: 8, formatWebP: 8, formatHEIC: 8, formatAVIF: 8, formatGIF: 4, formatBMP: 4,
}

// DecodeBytes returns how much memory a decode of the picture may hold at once, at most; an estimate.
func (h Header) DecodeBytes() int64 { return pixels(h) * decodeBytes[h.Format] }

// DefaultMaxPixels returns the limit that stands for Options.MaxPixels 0: what fits in a quarter of the memory
// that is available now, between 100 and 500 megapixels; 100 where the system does not tell.
func DefaultMaxPixels() int64 {
	limit := availableMemory() / memoryShare / bytesPerPixel
	return min(max(limit, leastLimit), mostLimit)
}

// availableMemory returns MemAvailable of /proc/meminfo in bytes, 0 if there is none.
func availableMemory() int64 {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return 0
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), "MemAvailable:"); ok {
			var kB int64
			if _, err := fmt.Sscanf(rest, "%d kB", &kB); err == nil {
				return kB << 10
			}
		}
	}
	return 0
}

// checkSize returns ErrTooLarge if h has more pixels than limit, or than the default where limit is 0.
func checkSize(h Header, limit int64) error {
	if limit <= 0 {
		if pixels(h) <= leastLimit {
			return nil // Spares asking the system for every picture.
		}
		limit = DefaultMaxPixels()
	}
	if pixels(h) > limit {
		return &fault{ErrTooLarge, fmt.Sprintf("%d×%d pixels are more than the limit of %s", h.Width, h.Height, megapixels(limit))}
	}
	return nil
}

// pixels multiplies without overflow: both sides are below 2³¹.
func pixels(h Header) int64 { return int64(h.Width) * int64(h.Height) }

func megapixels(n int64) string {
	if n >= 10_000_000 {
		return fmt.Sprintf("%d megapixels", n/1_000_000)
	}
	return fmt.Sprintf("%d pixels", n)
}
