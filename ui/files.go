package ui

import (
	"encoding/hex"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"os"
	"path/filepath"

	"clipsearch/search"
)

// contentTypeOf returns the content type of a format that browsers show, "" for one that they do not: its pictures are
// shown by their thumbnails.
func contentTypeOf(format string) string {
	switch format {
	case "jpeg", "png", "gif", "webp", "bmp", "avif":
		return "image/" + format
	}
	return ""
}

// contentVersion names the content of a document's file; "" if it is not known.
func contentVersion(d search.Document) string {
	if d.Hash == [32]byte{} {
		return ""
	}
	return hex.EncodeToString(d.Hash[:6])
}

// document returns the searchable document that an address names, or search.ErrNoDocument.
func (s *site) document(r *http.Request) (search.Document, error) {
	id, err := pathID(r)
	if err != nil {
		return search.Document{}, search.ErrNoDocument
	}
	d, err := s.library.Document(id)
	if err == nil && d.Hidden {
		return d, fmt.Errorf("picture %d is %w", id, search.ErrGone)
	}
	return d, err
}

// failDocument answers where the document of an address cannot be shown.
func (s *site) failDocument(w http.ResponseWriter, r *http.Request, err error) {
	switch {
	case errors.Is(err, search.ErrGone):
		s.message(w, r, http.StatusNotFound, gonePictureText)
	case errors.Is(err, search.ErrNoDocument):
		s.message(w, r, http.StatusNotFound, fmt.Sprintf(noPictureText, visible(r.PathValue("id"))))
	default:
		s.fail(w, r, err)
	}
}

// thumbnail answers GET /thumb/{id}, with s for a larger one; a picture without one gets a drawing in its place.
func (s *site) thumbnail(w http.ResponseWriter, r *http.Request) {
	d, err := s.document(r)
	if err != nil {
		s.failDocument(w, r, err)
		return
	}
	data, err := s.library.Thumbnail(d.ID)
	if err != nil {
		s.failDocument(w, r, err)
		return
	}
	if long := scaledTo(r); long > 0 || data == nil {
		if larger := s.scaled(r, d, max(long, storedLong)); larger != nil {
			data = larger
		}
	}
	if data == nil {
		nothing := s.static.files["nothing.svg"]
		w.Header().Set("Content-Type", nothing.contentType)
		serveVersioned(w, r, nothing.data, nothing.version, "")
		return
	}
	w.Header().Set("Content-Type", "image/jpeg")
	serveVersioned(w, r, data, versionOf(data), contentVersion(d))
}

// original answers GET /original/{id}. The file is opened below its indexed folder, so neither a path in the library nor a
// link on the disk leads anywhere else.
func (s *site) original(w http.ResponseWriter, r *http.Request) {
	d, err := s.document(r)
	if err != nil {
		s.failDocument(w, r, err)
		return
	}
	contentType := contentTypeOf(d.Format)
	download := r.URL.Query().Get("download") == "1"
	switch {
	case contentType == "" && download:
		contentType = "application/octet-stream"
	case contentType == "":
		s.thumbnail(w, r)
		return
	}
	file, info, err := openOriginal(d)
	if err != nil {
		s.message(w, r, http.StatusNotFound, fmt.Sprintf(originalGoneText, visible(d.Path)))
		return
	}
	defer file.Close()
	header := w.Header()
	header.Set("Content-Type", contentType)
	header.Set("Content-Security-Policy", "sandbox; default-src 'none'")
	disposition := "inline"
	if download {
		disposition = "attachment"
	}
	header.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": visible(filepath.Base(d.Path))}))
	header.Set("Cache-Control", cacheAsk)
	http.ServeContent(w, r, "", info.ModTime(), file)
}

// openOriginal opens a document's file through the folder that it was indexed under.
func openOriginal(d search.Document) (*os.File, os.FileInfo, error) {
	relative, err := filepath.Rel(d.Root, d.Path)
	if err != nil {
		return nil, nil, err
	}
	root, err := os.OpenRoot(d.Root)
	if err != nil {
		return nil, nil, err
	}
	defer root.Close()
	info, err := root.Stat(relative)
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, fmt.Errorf("open %s: not a file", d.Path) // opening a pipe would wait for ever
	}
	file, err := root.Open(relative)
	return file, info, err
}
