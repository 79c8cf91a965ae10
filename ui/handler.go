package ui

import (
	"context"
	"io/fs"
	"net/http"

	"clipsearch/explore"
	"clipsearch/internal/jobs"
	"clipsearch/search"
)

// Searcher answers queries. *search.Engine is one.
type Searcher interface {
	Search(ctx context.Context, q search.Query) (*search.Result, error)
	List(ctx context.Context, l search.Listing) (*search.Result, error)
	Place(ctx context.Context, l search.Listing, id search.ID) (search.Place, error)
	Facets(ctx context.Context) (search.Facets, error)
	Label(ctx context.Context, id search.ID, labels, prompts []string) ([]search.Label, error)
}

// Library is what the pages show of documents. *store.Store is one. Its methods are called from several goroutines at
// once, and answer search.ErrNoDocument for an ID that does not exist.
type Library interface {
	Document(id search.ID) (search.Document, error)
	Captions(id search.ID) ([]search.Caption, error)
	Thumbnail(id search.ID) ([]byte, error) // JPEG; nil if there is none
	Stats(ctx context.Context) (search.Stats, error)
	Roots() ([]search.Root, error)
	EachFile(ctx context.Context, fn func(search.File) error) error // by path
	EachSkip(ctx context.Context, fn func(search.Skip) error) error // by path
	Sequence() uint64                                               // changes when the library does
	Path() string                                                   // of its file
}

// Deps are what the pages are made of. All are needed but those that say so.
type Deps struct {
	Searcher Searcher
	Library  Library
	Jobs     *jobs.Queue
	Locator  Locator // nil: nothing can be found in pictures
	Static   fs.FS   // app.css, app.js, icon.svg, icons.svg, nothing.svg
	Address  string  // host:port that the server listens on, the port as bound

	Explorer *explore.Explorer // nil: there are no ways in but asking
	Reports  string            // folder of saved reports; "": there are none

	Scaler  Scaler                  // nil: there are no thumbnails but the library's
	Export  Exporter                // nil: the library cannot be downloaded
	Open    func(path string) error // shows a file in the system's viewer; nil: there is none
	Missing func() string           // says what keeps pictures from being searched by what they show, and what mends it; "": nothing; nil: nothing ever
	Token   string                  // that whoever is let in must know; "": all are let in
}

// site holds what all handlers share.
type site struct {
	searcher  Searcher
	library   Library
	static    *staticFiles
	counts    *counts
	folders   *folders
	thumbs    *thumbSizes
	uploads   *uploads
	jobs      *jobs.Queue
	locator   Locator
	uploading chan struct{} // one slot a picture that is being sent
	lookups   chan struct{} // one slot a look at the disk; see complete
	streams   chan struct{} // one slot a stream of events
	export    Exporter
	exports   chan struct{} // one slot
	scaler    Scaler
	open      func(path string) error
	missing   func() string
	explorer  *explore.Explorer
	reports   string
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
	if deps.Missing == nil {
		deps.Missing = func() string { return "" }
	}
	s := &site{
		searcher: newCrowd(deps.Searcher), uploading: make(chan struct{}, maxUploading), library: deps.Library, static: static,
		counts: &counts{library: deps.Library}, folders: &folders{library: deps.Library}, thumbs: &thumbSizes{library: deps.Library}, uploads: newUploads(maxUploads, maxUploadBytes),
		jobs: deps.Jobs, locator: deps.Locator, lookups: make(chan struct{}, maxLookups), streams: make(chan struct{}, maxStreams),
		export: deps.Export, exports: make(chan struct{}, 1), scaler: deps.Scaler, open: deps.Open, missing: deps.Missing,
		explorer: deps.Explorer, reports: deps.Reports,
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.searchPage)
	mux.HandleFunc("GET /picture/{id}", s.picturePage)
	mux.HandleFunc("POST /picture/{id}/open", s.openOutside)
	mux.HandleFunc("GET /original/{id}", s.original)
	mux.HandleFunc("GET /thumb/{id}", s.thumbnail)
	mux.HandleFunc("POST /search-by-picture", s.searchByPicture)
	mux.HandleFunc("GET /upload/{token}", s.uploaded)
	mux.HandleFunc("GET /static/{file}", s.staticFile)
	mux.HandleFunc("GET /folders", s.foldersPage)
	mux.HandleFunc("GET /explore", s.explorePage)
	mux.HandleFunc("GET /evaluate", s.evaluatePage)
	mux.HandleFunc("GET /evaluate/{name}", s.reportPage)
	mux.HandleFunc("GET /library", s.libraryPage)
	mux.HandleFunc("GET /library/jobs", s.jobsPage)
	mux.HandleFunc("POST /library/jobs", s.startJob)
	mux.HandleFunc("POST /library/change", s.changeJob)
	mux.HandleFunc("POST /theme", s.setTheme)
	mux.HandleFunc("GET /help", s.helpPage)
	for _, route := range s.apiRoutes() {
		mux.HandleFunc(route.pattern, route.handler)
	}
	mux.HandleFunc("GET /", s.notFound)
	return s.guard(hosts, gate{deps.Token, "clipsearch-token-" + hosts.port}, mux), nil
}
