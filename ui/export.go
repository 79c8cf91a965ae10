package ui

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"time"
)

// Exporter writes the library as a ZIP archive of plain files, which clipsearch import reads once it is unpacked.
type Exporter func(ctx context.Context, w io.Writer) error

// exportWait is how long a part of an archive may take to be sent: whoever takes nothing for so long has gone.
const exportWait = time.Minute

// apiExport answers GET /api/v1/export: the library as an archive, which is sent while it is written. There is one at a time.
// What goes wrong in the middle breaks the answer off, so that nobody takes it for whole.
func (s *site) apiExport(w http.ResponseWriter, r *http.Request) {
	if s.export == nil {
		writeJSON(w, http.StatusServiceUnavailable, map[string]string{"error": "this server does not export"})
		return
	}
	select {
	case s.exports <- struct{}{}:
		defer func() { <-s.exports }()
	default:
		writeJSON(w, http.StatusServiceUnavailable, map[string]string{"error": "another export is under way"})
		return
	}
	name := strings.Map(plainName, strings.TrimSuffix(filepath.Base(s.library.Path()), ".clipsearch"))
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s-%s.zip"`, name, time.Now().Format("20060102")))
	w.Header().Set("Cache-Control", cacheNever)
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	stop := ending(r)
	go func() {
		select {
		case <-stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	if err := s.export(ctx, patient{w, http.NewResponseController(w)}); err != nil {
		panic(http.ErrAbortHandler)
	}
}

// plainName keeps what may stand in every file name and header.
func plainName(r rune) rune {
	if r < 0x80 && (r == '-' || r == '_' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z') {
		return r
	}
	return '_'
}

// patient writes an answer that may take longer than others, as long as it goes on.
type patient struct {
	http.ResponseWriter
	control *http.ResponseController
}

func (p patient) Write(data []byte) (int, error) {
	if err := p.control.SetWriteDeadline(time.Now().Add(exportWait)); err != nil {
		return 0, err
	}
	return p.ResponseWriter.Write(data)
}
