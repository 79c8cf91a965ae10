package imgio

import "time"

// Metadata is what cameras and people wrote into a file about its picture. The zero value says nothing.
type Metadata struct {
	Taken        time.Time // zero: unknown; in the zone the file names, else the camera's local time as UTC
	Camera       string    // make and model
	Latitude     float64   // degrees, north positive; see HasGPS
	Longitude    float64   // degrees, east positive; see HasGPS
	HasGPS       bool
	Descriptions []string // IPTC, XMP, EXIF, in this order, each once
	Keywords     []string // each once
}

// ReadMetadata returns what the file in data says about its picture: whatever could be read where parts are broken.
func ReadMetadata(data []byte) (Metadata, error) {
	return Metadata{}, nil
}
