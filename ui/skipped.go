package ui

import (
	"context"
	"net/http"
	"time"

	"clipsearch/search"
)

// skippedFile is a file that could not be read. Its JSON is part of the API.
type skippedFile struct {
	Path      string    `json:"path"`
	PathBytes []byte    `json:"path_bytes,omitempty"` // see search.PathBytes
	Reason    string    `json:"reason"`               // its class
	Detail    string    `json:"detail"`
	Size      int64     `json:"size"`              // bytes
	Modified  time.Time `json:"modified,omitzero"` // the file
	When      time.Time `json:"when,omitzero"`     // it was tried
}

// apiSkipped answers GET /api/v1/skipped, by path:
//
//	k, offset     files, and files left out before them
//	reason        only those
func (s *site) apiSkipped(w http.ResponseWriter, r *http.Request) {
	p := params{values: r.URL.Query()}
	k, offset := p.number("k", 100, 1, search.MaxResults), p.number("offset", 0, 0, 1<<30)
	if p.err != nil {
		apiError(w, r, p.err)
		return
	}
	files, total, err := s.skipped(r.Context(), r.URL.Query().Get("reason"), k, offset)
	if err != nil {
		apiError(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"skipped": files, "total": total})
}

// skipped returns files that could not be read, k from offset on, and how many there are.
func (s *site) skipped(ctx context.Context, reason string, k, offset int) (files []skippedFile, total int, err error) {
	files = []skippedFile{}
	err = s.library.EachSkip(ctx, func(skip search.Skip) error {
		if reason != "" && skip.Reason != reason {
			return nil
		}
		if total >= offset && len(files) < k {
			files = append(files, skippedFile{skip.Path, search.PathBytes(skip.Path), skip.Reason, skip.Detail, skip.Size, skip.ModTime, skip.When})
		}
		total++
		return nil
	})
	return files, total, err
}
