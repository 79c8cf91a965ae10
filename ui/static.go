package ui

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"time"
)

// The cache rules of answers.
const (
	cacheForever = "private, max-age=31536000, immutable" // the address changes with the content
	cacheAsk     = "private, no-cache"                    // the browser asks whether its copy is current
	cacheNever   = "no-store"
)

// staticFiles are the embedded files by name.
type staticFiles struct {
	files map[string]staticFile
}

type staticFile struct {
	contentType string
	data        []byte
	version     string // of the content
}

// newStaticFiles reads the files that the pages name.
func newStaticFiles(files fs.FS) (*staticFiles, error) {
	s := &staticFiles{files: map[string]staticFile{}}
	for name, contentType := range map[string]string{
		"app.css": "text/css; charset=utf-8", "app.js": "text/javascript; charset=utf-8",
		"icon.svg": "image/svg+xml", "icons.svg": "image/svg+xml", "nothing.svg": "image/svg+xml",
	} {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("static file: %w", err)
		}
		s.files[name] = staticFile{contentType, data, versionOf(data)}
	}
	return s, nil
}

// versionOf names a content: 12 hex digits, enough for a handful of files and for one document's thumbnails over time.
func versionOf(data []byte) string {
	hash := sha256.Sum256(data)
	return hex.EncodeToString(hash[:6])
}

// url returns the address of a static file, which is another one when its content is.
func (s *staticFiles) url(name string) string {
	return "/static/" + name + "?v=" + s.files[name].version
}

// staticFile answers GET /static/{file}.
func (s *site) staticFile(w http.ResponseWriter, r *http.Request) {
	file, ok := s.static.files[r.PathValue("file")]
	if !ok {
		s.notFound(w, r)
		return
	}
	w.Header().Set("Content-Type", file.contentType)
	serveVersioned(w, r, file.data, file.version, file.version)
}

// serveVersioned writes bytes with a tag of their content, for ever cacheable if the address holds the current version.
func serveVersioned(w http.ResponseWriter, r *http.Request, data []byte, tag, version string) {
	header := w.Header()
	header.Set("ETag", `"`+tag+`"`)
	header.Set("Cache-Control", cacheAsk)
	if version != "" && r.URL.Query().Get("v") == version {
		header.Set("Cache-Control", cacheForever)
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}
