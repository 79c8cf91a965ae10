package imgio

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// The formats of Header.Format.
const (
	formatJPEG = "jpeg"
	formatPNG  = "png"
	formatGIF  = "gif"
	formatWebP = "webp"
	formatBMP  = "bmp"
	formatTIFF = "tiff"
	formatHEIC = "heic"
	formatAVIF = "avif"
)

// sniff returns the picture format that the first bytes of data show, whatever the file is called; ErrEmpty, or
// ErrUnsupported that says what the file is instead.
func sniff(data []byte) (string, error) {
	if len(data) == 0 {
		return "", &fault{ErrEmpty, "empty file (0 bytes)"}
	}
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xd8")):
		return formatJPEG, nil
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		return formatPNG, nil
	case bytes.HasPrefix(data, []byte("GIF87a")), bytes.HasPrefix(data, []byte("GIF89a")):
		return formatGIF, nil
	case bytes.HasPrefix(data, []byte("RIFF")) && len(data) >= 12 && string(data[8:12]) == "WEBP":
		return formatWebP, nil
	case bytes.HasPrefix(data, []byte("BM")) && isBMP(data):
		return formatBMP, nil
	case bytes.HasPrefix(data, []byte("II*\x00")), bytes.HasPrefix(data, []byte("MM\x00*")),
		bytes.HasPrefix(data, []byte("II+\x00")), bytes.HasPrefix(data, []byte("MM\x00+")):
		return formatTIFF, nil
	}
	if len(data) >= 12 && string(data[4:8]) == "ftyp" {
		if format := brandFormat(data); format != "" {
			return format, nil
		}
	}
	return "", &fault{ErrUnsupported, fmt.Sprintf("not a picture (%s)", describe(data))}
}

// isBMP tells a bitmap from text that starts with BM by the size of its second header.
func isBMP(data []byte) bool {
	if len(data) < 18 {
		return false
	}
	switch le32(data[14:]) {
	case 12, 16, 40, 52, 56, 64, 108, 124: // every size in use from OS/2 1.x to Windows' BITMAPV5HEADER
		return true
	}
	return false
}

// brandFormat returns the format of an ISO base media file (ISO/IEC 14496-12, 4.3): its brands tell pictures from
// films, and AV1 from HEVC coding. "" if it holds no picture.
func brandFormat(data []byte) string {
	end := min(int(min(be32(data), 1<<10)), len(data))
	format := ""
	for i := 8; i+4 <= end; i += 4 {
		if i == 12 {
			continue // minor version
		}
		switch string(data[i : i+4]) {
		case "avif", "avis":
			return formatAVIF
		case "heic", "heix", "heim", "heis", "hevc", "hevx", "mif1", "msf1":
			format = formatHEIC
		}
	}
	return format
}

// describe names what a file that is no picture seems to be.
func describe(data []byte) string {
	head := data[:min(len(data), 1024)]
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\ufeff")), " \t\r\n")
	lower := bytes.ToLower(text)
	switch {
	case bytes.HasPrefix(head, []byte("%PDF")):
		return "PDF"
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return "ZIP archive"
	case bytes.HasPrefix(head, []byte("\xff\x0a")), bytes.HasPrefix(head, []byte("\x00\x00\x00\x0cJXL ")):
		return "JPEG XL, which is not supported"
	case bytes.HasPrefix(head, []byte("\x00\x00\x00\x0cjP  ")):
		return "JPEG 2000, which is not supported"
	case bytes.HasPrefix(head, []byte("8BPS")):
		return "Photoshop document"
	case bytes.HasPrefix(head, []byte("\x00\x00\x01\x00")):
		return "icon"
	case len(head) >= 12 && string(head[4:8]) == "ftyp":
		return "film"
	case bytes.HasPrefix(lower, []byte("<!doctype html")), bytes.HasPrefix(lower, []byte("<html")):
		return "web page"
	case bytes.HasPrefix(lower, []byte("<svg")), bytes.HasPrefix(lower, []byte("<?xml")) && bytes.Contains(lower, []byte("<svg")):
		return "SVG drawing, which is not supported"
	case len(bytes.Trim(head, "\x00")) == 0:
		return "only zero bytes"
	case isText(head):
		return "text"
	}
	return "unknown data"
}

// isText reports whether head, the start of a file, is UTF-8 without control characters.
func isText(head []byte) bool {
	for len(head) > 0 {
		r, n := utf8.DecodeRune(head)
		if r == utf8.RuneError && n <= 1 {
			return len(head) < utf8.UTFMax && !utf8.FullRune(head) // cut in the middle of a character
		}
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' && r != '\f' {
			return false
		}
		head = head[n:]
	}
	return true
}

func le16(b []byte) uint16 { return uint16(b[0]) | uint16(b[1])<<8 }
func le32(b []byte) uint32 { return uint32(le16(b)) | uint32(le16(b[2:]))<<16 }
func be16(b []byte) uint16 { return uint16(b[1]) | uint16(b[0])<<8 }
func be32(b []byte) uint32 { return uint32(be16(b[2:])) | uint32(be16(b))<<16 }
