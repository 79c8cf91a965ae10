package exchange

import (
	"encoding/hex"
	"fmt"
	"time"
	"unicode/utf8"

	"clipsearch/index/store"
)

// document is one line of documents.jsonl.
type document struct {
	Path      string    `json:"path,omitempty"`
	PathBytes []byte    `json:"path_bytes,omitempty"` // base64, in place of a path that is not UTF-8
	Root      string    `json:"folder,omitempty"`
	RootBytes []byte    `json:"folder_bytes,omitempty"`
	Size      int64     `json:"size,omitempty"`
	ModTime   time.Time `json:"modified,omitzero"`
	Hash      string    `json:"sha256,omitempty"`
	Format    string    `json:"format,omitempty"`
	Width     int       `json:"width,omitempty"`
	Height    int       `json:"height,omitempty"`
	Taken     time.Time `json:"taken,omitzero"`
	Camera    string    `json:"camera,omitempty"`
	Position  []float64 `json:"position,omitempty"` // latitude, longitude in degrees
	Place     string    `json:"place,omitempty"`
	Tags      []string  `json:"tags,omitempty"`
	Labels    []string  `json:"labels,omitempty"` // those of the tags that label files gave
	Hidden    bool      `json:"hidden,omitempty"`
	Captions  []caption `json:"captions,omitempty"`
	Row       *int      `json:"row,omitempty"`
	Thumbnail []byte    `json:"thumbnail,omitempty"` // JPEG in base64
}

// caption is one caption of a document.
type caption struct {
	Text   string `json:"text"`
	Source string `json:"source,omitempty"`
	Lang   string `json:"lang,omitempty"`
}

// newDocument returns what a line says of a record. row is nil if it has no vector.
func newDocument(record store.Record, row *int, thumbnail []byte) document {
	d := record.Document
	out := document{
		Size: d.Size, ModTime: d.ModTime, Format: d.Format, Width: d.Width, Height: d.Height, Taken: d.Taken, Camera: d.Camera,
		Place: d.Place, Tags: d.Tags, Labels: d.Labels, Hidden: d.Hidden, Row: row, Thumbnail: thumbnail,
	}
	out.Path, out.PathBytes = textOrBytes(d.Path)
	out.Root, out.RootBytes = textOrBytes(d.Root)
	if d.Hash != [32]byte{} {
		out.Hash = hex.EncodeToString(d.Hash[:])
	}
	if d.HasGPS {
		out.Position = []float64{d.Latitude, d.Longitude}
	}
	for _, c := range record.Captions {
		out.Captions = append(out.Captions, caption(c))
	}
	return out
}

// textOrBytes returns a path as text if JSON can hold it, else as bytes.
func textOrBytes(path string) (string, []byte) {
	if utf8.ValidString(path) {
		return path, nil
	}
	return "", []byte(path)
}

// entry returns what the library stores of a line, without the vector.
func (d document) entry() (store.Entry, error) {
	out := store.Document{
		Path: d.Path, Root: d.Root, Size: d.Size, ModTime: d.ModTime, Format: d.Format, Width: d.Width, Height: d.Height,
		Taken: d.Taken, Camera: d.Camera, Place: d.Place, Tags: d.Tags, Labels: d.Labels,
	}
	if d.PathBytes != nil {
		out.Path = string(d.PathBytes)
	}
	if d.RootBytes != nil {
		out.Root = string(d.RootBytes)
	}
	if d.Hash != "" {
		sum, err := hex.DecodeString(d.Hash)
		if err != nil || len(sum) != len(out.Hash) {
			return store.Entry{}, fmt.Errorf("%w: sha256 is %q", ErrFormat, d.Hash)
		}
		copy(out.Hash[:], sum)
	}
	switch len(d.Position) {
	case 0:
	case 2:
		out.Latitude, out.Longitude, out.HasGPS = d.Position[0], d.Position[1], true
	default:
		return store.Entry{}, fmt.Errorf("%w: a position of %d numbers", ErrFormat, len(d.Position))
	}
	e := store.Entry{Document: out, Thumb: d.Thumbnail}
	for _, c := range d.Captions {
		e.Captions = append(e.Captions, store.Caption(c))
	}
	return e, nil
}
