package report

import (
	"bytes"
	"encoding/base64"
	"html/template"
)

// dataURI returns a picture as an address, "" if it is not of a kind that browsers show safely: an SVG could hold
// anything.
func dataURI(data []byte) template.URL {
	kind := ""
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		kind = "jpeg"
	case bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")):
		kind = "png"
	case bytes.HasPrefix(data, []byte("RIFF")) && len(data) > 12 && string(data[8:12]) == "WEBP":
		kind = "webp"
	default:
		return ""
	}
	return template.URL("data:image/" + kind + ";base64," + base64.StdEncoding.EncodeToString(data))
}
