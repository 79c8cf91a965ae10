package ui

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/dustin/go-humanize"

	"clipsearch/search"
)

const (
	maxUpload      = 64 << 20  // bytes of one picture: more than a 100 MP JPEG
	maxUploadBytes = 256 << 20 // of all that are held
	maxUploads     = 64        // pictures held
	formOverhead   = 1 << 20   // bytes of the other fields and the form around them
)

// uploads holds the pictures that were searched by last, in memory only, so that their result pages can be reloaded, paged
// through and combined with words. It is safe for concurrent use.
type uploads struct {
	mu       sync.Mutex
	limit    int // pictures
	maxBytes int // of all together
	bytes    int
	held     []upload // the one used last at the end
}

type upload struct {
	token string // SHA-256 of the content in hex
	data  []byte
}

func newUploads(limit, maxBytes int) *uploads { return &uploads{limit: limit, maxBytes: maxBytes} }

// put holds a picture and returns its token; those used longest ago make room.
func (u *uploads) put(data []byte) string {
	hash := sha256.Sum256(data)
	token := hex.EncodeToString(hash[:])
	if u.get(token) != nil {
		return token
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.held = append(u.held, upload{token, data})
	u.bytes += len(data)
	for len(u.held) > u.limit || u.bytes > u.maxBytes && len(u.held) > 1 {
		u.bytes -= len(u.held[0].data)
		u.held = slices.Delete(u.held, 0, 1)
	}
	return token
}

// get returns the picture behind a token, nil if it is not held.
func (u *uploads) get(token string) []byte {
	u.mu.Lock()
	defer u.mu.Unlock()
	i := slices.IndexFunc(u.held, func(up upload) bool { return up.token == token })
	if i < 0 {
		return nil
	}
	found := u.held[i]
	u.held = append(slices.Delete(u.held, i, i+1), found)
	return found.data
}

// queryOf returns a request's query, with the picture that the request names.
func (s *site) queryOf(r request) (search.Query, error) {
	q := r.query
	if r.upload == "" {
		return q, nil
	}
	data := s.uploads.get(r.upload)
	if data == nil {
		return q, errUploadGone
	}
	q.Terms = append(slices.Clone(q.Terms), search.Term{Kind: search.TermImage, Image: data})
	return q, nil
}

// searchByPicture answers POST /search-by-picture: it holds the picture if it can be searched by and sends the browser to
// the search page of it.
func (s *site) searchByPicture(w http.ResponseWriter, r *http.Request) {
	end, err := enter(r.Context(), s.uploading)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	defer end()
	data, request, err := readUpload(w, r)
	var tooBig *http.MaxBytesError
	switch {
	case errors.As(err, &tooBig) || len(data) > maxUpload:
		s.message(w, r, http.StatusRequestEntityTooLarge, fmt.Sprintf(uploadBigText, humanize.IBytes(maxUpload)))
		return
	case err != nil:
		s.message(w, r, http.StatusBadRequest, uploadBrokenText)
		return
	case len(data) == 0:
		s.message(w, r, http.StatusBadRequest, uploadNoneText)
		return
	}
	probe := search.Query{K: 1, Mode: search.ModeVector, Terms: []search.Term{{Kind: search.TermImage, Image: data}}}
	if _, err := s.searcher.Search(r.Context(), probe); err != nil { // its vector is cached for the page that follows
		s.fail(w, r, err)
		return
	}
	request.upload = s.uploads.put(data)
	http.Redirect(w, r, request.at(1).address("/"), http.StatusSeeOther)
}

// readUpload reads a form's picture and the query beside it, in memory.
func readUpload(w http.ResponseWriter, r *http.Request) (data []byte, beside request, err error) {
	r.Body = http.MaxBytesReader(w, r.Body, maxUpload+formOverhead)
	form, err := r.MultipartReader()
	if err != nil {
		return nil, beside, err
	}
	beside = asking(search.Query{})
	for {
		part, err := form.NextPart()
		if err == io.EOF {
			return data, beside, nil
		}
		if err != nil {
			return nil, beside, err
		}
		content, err := io.ReadAll(part) // the body is limited
		if err != nil {
			return nil, beside, err
		}
		switch part.FormName() {
		case "picture":
			data = content
		case "state": // what it says wrong is said by the page that follows
			if values, err := url.ParseQuery(string(content)); err == nil {
				beside, _ = parseRequest(values, pageSize, maxPageSize)
			}
		}
	}
}

// uploaded answers GET /upload/{token} with a picture that is being searched by.
func (s *site) uploaded(w http.ResponseWriter, r *http.Request) {
	token := r.PathValue("token")
	data := s.uploads.get(token)
	if data == nil {
		s.fail(w, r, errUploadGone)
		return
	}
	contentType := http.DetectContentType(data)
	if !strings.HasPrefix(contentType, "image/") {
		contentType = "application/octet-stream" // the browser shows its text instead
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'")
	serveVersioned(w, r, data, token[:12], token[:12])
}
