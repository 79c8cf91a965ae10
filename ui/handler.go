package ui

import (
	"context"
	"io/fs"
	"net/http"

	"clipsearch/search"
)

// Searcher answers queries. *search.Engine is one.
type Searcher interface {
	Search(ctx context.Context, q search.Query) (*search.Result, error)
}

// Library is what the pages show of documents. *store.Store is one. Its methods are called from several goroutines at
// once, and answer search.ErrNoDocument for an ID that does not exist.
type Library interface {
	Document(id search.ID) (search.Document, error)
	Captions(id search.ID) ([]search.Caption, error)
	Thumbnail(id search.ID) ([]byte, error) // JPEG; nil if there is none
	Stats(ctx context.Context) (search.Stats, error)
	Sequence() uint64 // changes when the library does
}

// Deps are what the pages are made of. All are needed.
type Deps struct {
	Searcher Searcher
	Library  Library
	Static   fs.FS  // app.css, app.js, icon.svg, nothing.svg
	Address  string // host:port that the server listens on, the port as bound
}

// site holds what all handlers share.
type site struct {
	searcher Searcher
	library  Library
	static   *staticFiles
	counts   *counts
	uploads  *uploads
}

// New returns the handler of all pages and of the API. It is safe for concurrent use. An error means that a static file
// is missing or Address is none.
func New(deps Deps) (http.Handler, error) {
	static, err := newStaticFiles(deps.Static)
	if err != nil {
		return nil, err
	}
	hosts, err := newHostCheck(deps.Address)
	if err != nil {
		return nil, err
	}
	s := &site{
		searcher: deps.Searcher, library: deps.Library, static: static,
		counts: &counts{library: deps.Library}, uploads: newUploads(maxUploads, maxUploadBytes),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.searchPage)
	mux.HandleFunc("GET /picture/{id}", s.picturePage)
	mux.HandleFunc("GET /original/{id}", s.original)
	mux.HandleFunc("GET /thumb/{id}", s.thumbnail)
	mux.HandleFunc("POST /search-by-picture", s.searchByPicture)
	mux.HandleFunc("GET /upload/{token}", s.uploaded)
	mux.HandleFunc("GET /static/{file}", s.staticFile)
	mux.HandleFunc("GET /api/v1/search", s.apiSearch)
	mux.HandleFunc("GET /api/v1/stats", s.apiStats)
	mux.HandleFunc("GET /", s.notFound)
	return s.guard(hosts, mux), nil
}
