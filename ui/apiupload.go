package ui

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/dustin/go-humanize"

	"clipsearch/search"
)

// apiUpload answers POST /api/v1/uploads, whose body is a picture to search by: 201 with the token to name it by, as
// upload=TOKEN. It is held in memory until others take its place.
func (s *site) apiUpload(w http.ResponseWriter, r *http.Request) {
	end, err := enter(r.Context(), s.uploading)
	if err != nil {
		apiError(w, r, err)
		return
	}
	defer end()
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxUpload))
	var tooBig *http.MaxBytesError
	if errors.As(err, &tooBig) {
		writeJSON(w, http.StatusRequestEntityTooLarge, map[string]string{"error": fmt.Sprintf(uploadBigText, humanize.IBytes(maxUpload))})
		return
	}
	if err == nil && len(data) == 0 {
		err = fmt.Errorf("%w: %s", search.ErrBadPicture, "it is empty")
	}
	if err == nil { // its vector is cached for the search that follows
		_, err = s.searcher.Search(r.Context(), search.Query{K: 1, Mode: search.ModeVector, Terms: []search.Term{{Kind: search.TermImage, Image: data}}})
	}
	if err != nil {
		apiError(w, r, err)
		return
	}
	writeJSON(w, http.StatusCreated, map[string]string{"token": s.uploads.put(data)})
}
