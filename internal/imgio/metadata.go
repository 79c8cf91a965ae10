package imgio

import (
	"slices"
	"strings"
	"time"
	"unicode"
)

// Metadata is what cameras and people wrote into a file about its picture. The zero value says nothing.
type Metadata struct {
	Taken        time.Time // zero: unknown; in the zone that the file names, else the camera's local time as UTC
	Camera       string    // make and model, such as "Canon EOS 5D"; "" unknown
	Latitude     float64   // degrees, north positive; see HasGPS
	Longitude    float64   // degrees, east positive; see HasGPS
	HasGPS       bool
	Place        string   // where, in words, from the nearest to the widest: "Hyde Park, Sydney, Australia"; "" unknown. IPTC, else XMP
	Descriptions []string // IPTC, XMP, EXIF, in this order, each once, without what cameras write by themselves
	Keywords     []string // IPTC, XMP, each once
}

// ReadMetadata returns what the picture in data says about itself in EXIF, IPTC and XMP (JPEG, TIFF, PNG), EXIF and
// XMP (WebP, HEIC, AVIF); GIF and BMP say nothing. Broken metadata are no error: it returns what can be read. The
// errors are ErrEmpty and ErrUnsupported where data is no picture. Safe for concurrent use.
func ReadMetadata(data []byte) (Metadata, error) {
	format, err := sniff(data)
	if err != nil {
		return Metadata{}, err
	}
	t := readTags(data, format)
	var m Metadata
	m.Taken = taken(t)
	m.Camera = camera(tidy(t.exif.first("Make")), tidy(t.exif.first("Model")))
	m.Latitude, m.Longitude, m.HasGPS = t.place()

	m.Place = placeName(t)

	lines := slices.Concat(t.iptc.text("Caption-Abstract"), t.xmp.text("Description"), []string{exifDescription(data, format, t)})
	m.Descriptions = distinct(lines, func(s string) bool { return !isJunk(s, m.Camera) })
	words := slices.Concat(t.iptc.text("Keywords"), t.xmp.text("Subject"))
	m.Keywords = distinct(words, func(string) bool { return true })
	return m, nil
}

// placeName joins the parts of a place.
func placeName(t tags) string {
	for _, parts := range [][]string{
		{t.iptc.first("Sub-location"), t.iptc.first("City"), t.iptc.first("Province-State"), t.iptc.first("Country-PrimaryLocationName")},
		{t.xmp.first("Location"), t.xmp.first("City"), t.xmp.first("State"), t.xmp.first("Country")},
	} {
		if name := strings.Join(distinct(parts, func(string) bool { return true }), ", "); name != "" {
			return name
		}
	}
	return ""
}

// distinct returns the texts tidied, without blank and repeated ones (in any case) and those that keep refuses.
func distinct(texts []string, keep func(string) bool) []string {
	var out []string
	seen := map[string]bool{}
	for _, s := range texts {
		s = tidy(s)
		if key := strings.ToLower(s); s != "" && !seen[key] && keep(s) {
			seen[key] = true
			out = append(out, s)
		}
	}
	return out
}

// tidy drops control characters and makes every run of white space one blank.
func tidy(s string) string {
	clean := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
	return strings.Join(strings.Fields(clean), " ")
}

// isJunk reports whether a description is one that cameras and programs write into every picture.
func isJunk(s, camera string) bool {
	switch s := strings.ToLower(s); s {
	case "olympus digital camera", "sony dsc", "digital camera", "minolta digital camera", "konica minolta digital camera",
		"kodak digital still camera", "samsung digital camera", "samsung camera pictures", "exif_jpeg_picture",
		"exif jpeg", "jpeg", "dcim", "default", "image", "picture", "photo", "untitled", "none", "null", "no description",
		"image description", "description", "ascii", "created with gimp", "cof", "rhdr", "hdrpl", "sdr", "oznor":
		return true
	default:
		// "<Samsung S860 / Kenox S860>" and the like, or just the camera's name.
		return strings.HasPrefix(s, "<") && strings.HasSuffix(s, ">") || s == strings.ToLower(camera) ||
			!strings.ContainsFunc(s, unicode.IsLetter)
	}
}

// camera joins make and model and leaves out the make where the model repeats it.
func camera(brand, model string) string {
	first, _, _ := strings.Cut(brand, " ")
	if brand == "" || len(model) >= len(first) && strings.EqualFold(model[:len(first)], first) {
		return model
	}
	return strings.TrimSpace(brand + " " + model)
}
