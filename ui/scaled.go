package ui

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"clipsearch/search"
)

// Scaler makes thumbnails larger than those in the library. Its method is called from several goroutines at once.
type Scaler interface {
	// Scale returns the picture as a JPEG whose longer side has long px, or fewer if the picture has. Key names the content;
	// read returns the whole file, if it is needed. Errors are those of Search that are about pictures.
	Scale(ctx context.Context, key string, long int, read func() ([]byte, error)) ([]byte, error)
}

const (
	storedLong = 384  // px: of the thumbnails in a library, if nothing else was asked for
	tileLong   = 768  // px: for tiles on screens with fine pixels
	stageLong  = 1600 // px: for one picture that fills the window
)

// scaledLongs are the sizes that can be asked for: few, so that nobody can fill the disk with others.
var scaledLongs = []int{storedLong, tileLong, stageLong}

// scaledTo returns the size that a thumbnail is asked for in, 0 for the library's own.
func scaledTo(r *http.Request) int {
	long, err := strconv.Atoi(r.URL.Query().Get("s"))
	if err != nil || !slices.Contains(scaledLongs, long) {
		return 0
	}
	return long
}

// scaled returns a document's picture at a size; nil if it cannot be made.
func (s *site) scaled(r *http.Request, d search.Document, long int) []byte {
	if s.scaler == nil || d.Hash == [32]byte{} {
		return nil
	}
	data, err := s.scaler.Scale(r.Context(), fmt.Sprintf("%x", d.Hash), long, func() ([]byte, error) { return readOriginal(d) })
	if err != nil {
		return nil // the library's thumbnail is shown in its place
	}
	return data
}

// image returns a document's picture in the sizes that a grid may need.
func (s *site) image(d search.Document, alt string) imageView {
	v := imageView{src: thumbAddress(d), alt: alt, width: d.Width, height: d.Height}
	stored := s.thumbs.of(d)
	if s.scaler != nil && stored < tileLong && max(d.Width, d.Height) > stored && contentVersion(d) != "" {
		v.sources = fmt.Sprintf("%s %dw, %s %dw", v.src, widthAt(d, stored), scaledAddress(d, tileLong), widthAt(d, tileLong))
	}
	return v
}

// stageImage returns a document's picture to fill the window with: the file itself if it is small and browsers show it.
func (s *site) stageImage(d search.Document, alt string) imageView {
	v := imageView{src: thumbAddress(d), alt: alt, width: d.Width, height: d.Height, sizes: stageSizes}
	long := max(d.Width, d.Height)
	switch {
	case contentTypeOf(d.Format) != "" && (long <= stageLong || s.scaler == nil):
		v.src = originalAddress(d)
	case s.scaler != nil && contentVersion(d) != "":
		v.src = scaledAddress(d, stageLong)
		v.sources = fmt.Sprintf("%s %dw, %s %dw", scaledAddress(d, tileLong), widthAt(d, tileLong), v.src, widthAt(d, stageLong))
	}
	return v
}

// widthAt returns the width of a picture whose longer side is reduced to long px.
func widthAt(d search.Document, long int) int {
	longer := max(d.Width, d.Height)
	if longer <= long {
		return d.Width
	}
	return max(1, (d.Width*long+longer/2)/longer)
}

func scaledAddress(d search.Document, long int) string {
	return fmt.Sprintf("%s&s=%d", thumbAddress(d), long)
}

// originalAddress returns the address of a document's file; browsers ask again if nothing says what content it has.
func originalAddress(d search.Document) string { return "/original/" + strconv.FormatUint(d.ID, 10) }
