package imgio

import (
	"bytes"
	"math"
	"unicode/utf8"

	"github.com/bep/imagemeta"
	"golang.org/x/text/encoding/charmap"
)

// tags are the values found in a file, by source.
type tags struct {
	exif, iptc, xmp values
}

// values are found values by the name that ExifTool gives them.
type values map[string]any

// Namespaces of XMP: of description and subject, of the parts of a place, and of the smallest of these.
const (
	dublinCore = "http://purl.org/dc/elements/1.1/"
	photoshop  = "http://ns.adobe.com/photoshop/1.0/"
	iptcCore   = "http://iptc.org/std/Iptc4xmpCore/1.0/xmlns/"
)

// readTags collects the tags that Metadata is made of.
func readTags(data []byte, format string) tags {
	t := tags{exif: values{}, iptc: values{}, xmp: values{}}
	kind, ok := map[string]imagemeta.ImageFormat{
		formatJPEG: imagemeta.JPEG,
		formatPNG:  imagemeta.PNG,
		formatWebP: imagemeta.WebP,
		formatTIFF: imagemeta.TIFF,
		formatHEIC: imagemeta.HEIF,
		formatAVIF: imagemeta.AVIF,
	}[format]
	if !ok {
		return t
	}
	// One source after the other: what is broken in one does not keep the others from being read.
	t.exif.read(data, kind, imagemeta.EXIF, "Make", "Model", "DateTimeOriginal", "OffsetTimeOriginal", "ImageDescription",
		"GPSLatitude", "GPSLatitudeRef", "GPSLongitude", "GPSLongitudeRef")
	t.iptc.read(data, kind, imagemeta.IPTC, "CodedCharacterSet", "Caption-Abstract", "Keywords",
		"Sub-location", "City", "Province-State", "Country-PrimaryLocationName")
	if format == formatPNG {
		data, kind = wrapXMP(data), imagemeta.WebP
	}
	t.xmp.read(data, kind, imagemeta.XMP, "Description", "Subject", "DateTimeOriginal", "DateCreated", "CreateDate",
		"GPSLatitude", "GPSLongitude", "Location", "City", "State", "Country")
	return t
}

// read collects the named tags of one source; the first value of each counts.
func (v values) read(data []byte, format imagemeta.ImageFormat, source imagemeta.Source, names ...string) {
	wanted := map[string]bool{}
	for _, name := range names {
		wanted[name] = true
	}
	defer func() {
		_ = recover() // What was read before stays.
	}()
	_, _ = imagemeta.Decode(imagemeta.Options{
		R:           bytes.NewReader(data),
		ImageFormat: format,
		Sources:     source,
		ShouldHandleTag: func(tag imagemeta.TagInfo) bool {
			switch {
			case !wanted[tag.Tag]:
				return false
			case source == imagemeta.EXIF:
				return len(tag.Namespace) >= 4 && tag.Namespace[:4] == "IFD0" // IFD1 is about the thumbnail
			case tag.Tag == "Description", tag.Tag == "Subject":
				return tag.Namespace == dublinCore
			case source == imagemeta.XMP && tag.Tag == "Location":
				return tag.Namespace == iptcCore
			case source == imagemeta.XMP && (tag.Tag == "City" || tag.Tag == "State" || tag.Tag == "Country"):
				return tag.Namespace == photoshop
			}
			return true
		},
		HandleTag: func(tag imagemeta.TagInfo) error {
			if _, found := v[tag.Tag]; !found {
				v[tag.Tag] = tag.Value
			}
			return nil
		},
	})
}

// text returns the value or values of a tag that are text.
func (v values) text(name string) []string {
	var out []string
	switch s := v[name].(type) {
	case string:
		out = append(out, repair(s))
	case []string:
		for _, s := range s {
			out = append(out, repair(s))
		}
	}
	return out
}

// first returns the first text of a tag, "" if it has none.
func (v values) first(name string) string {
	if texts := v.text(name); len(texts) > 0 {
		return texts[0]
	}
	return ""
}

// repair undoes the reading of UTF-8 as ISO 8859-1: IPTC without a declared character set is taken for the latter,
// but most programs that leave it out write the former.
func repair(s string) string {
	b, err := charmap.ISO8859_1.NewEncoder().String(s)
	if err != nil || b == s || !utf8.ValidString(b) {
		return s
	}
	return b
}

// exifDescription returns EXIF's ImageDescription, from its own bytes where they are at hand: imagemeta drops line
// ends and what is not UTF-8.
func exifDescription(data []byte, format string, t tags) string {
	d, ok := firstDirectory(exifBlock(data, format))
	if !ok {
		return t.exif.first("ImageDescription")
	}
	raw := d.ascii(tagDescription)
	if utf8.Valid(raw) {
		return string(raw)
	}
	text, err := charmap.Windows1252.NewDecoder().Bytes(raw)
	if err != nil {
		return ""
	}
	return string(text)
}

// place returns the position where the picture was taken. 0, 0 is what devices write that know none.
func (t tags) place() (latitude, longitude float64, ok bool) {
	latitude, okLatitude := t.exif["GPSLatitude"].(float64)
	longitude, okLongitude := t.exif["GPSLongitude"].(float64)
	if okLatitude && okLongitude {
		if ref := t.exif.first("GPSLatitudeRef"); ref == "S" || ref == "s" {
			latitude = -latitude
		}
		if ref := t.exif.first("GPSLongitudeRef"); ref == "W" || ref == "w" {
			longitude = -longitude
		}
	} else {
		latitude, okLatitude = t.xmp["GPSLatitude"].(float64)
		longitude, okLongitude = t.xmp["GPSLongitude"].(float64)
	}
	ok = okLatitude && okLongitude && math.Abs(latitude) <= 90 && math.Abs(longitude) <= 180 && (latitude != 0 || longitude != 0)
	if !ok {
		return 0, 0, false
	}
	return latitude, longitude, true
}
