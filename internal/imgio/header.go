package imgio

import "fmt"

// ReadHeader returns the format and size of the picture in data without decoding it. The errors are ErrEmpty,
// ErrUnsupported (also for HEIC and AVIF in a build without libvips) and ErrCorrupt; after the latter two, Format
// is set if it is known. Safe for concurrent use.
func ReadHeader(data []byte) (h Header, err error) {
	h.Format, err = sniff(data)
	if err != nil {
		return h, err
	}
	switch h.Format {
	case formatJPEG:
		err = readJPEG(data, &h)
	case formatPNG:
		err = readPNG(data, &h)
	case formatGIF:
		err = readGIF(data, &h)
	case formatWebP:
		err = readWebP(data, &h)
	case formatBMP:
		err = readBMP(data, &h)
	case formatTIFF:
		err = readTIFF(data, &h)
	default:
		err = readHEIF(data, &h)
	}
	if err != nil {
		return Header{Format: h.Format}, err
	}
	if h.Width < 1 || h.Height < 1 {
		return Header{Format: h.Format}, corrupt(h.Format, "a size of %d×%d pixels", h.Width, h.Height)
	}
	d, _ := firstDirectory(exifBlock(data, h.Format))
	h.Orientation = d.orientation()
	if h.Orientation > 4 {
		h.Width, h.Height = h.Height, h.Width
	}
	return h, nil
}

// stored returns the size of the picture as it lies in the file, before Orientation is applied.
func (h Header) stored() (width, height int) {
	if h.Orientation > 4 {
		return h.Height, h.Width
	}
	return h.Width, h.Height
}

// corrupt returns an ErrCorrupt about a file of the given format.
func corrupt(format, detail string, args ...any) error {
	return &fault{ErrCorrupt, fmt.Sprintf("damaged %s: %s", format, fmt.Sprintf(detail, args...))}
}

// endsEarly is the ErrCorrupt of a file cut short.
func endsEarly(format string) error {
	return corrupt(format, "the file ends early")
}
