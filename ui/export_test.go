package ui

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestExport(t *testing.T) {
	g := newGallery(t)
	g.export = func(ctx context.Context, w io.Writer) error {
		_, err := io.WriteString(w, "the archive")
		return err
	}
	g.serve(nil)
	response, body := g.get("/api/v1/export")
	disposition := response.Header.Get("Content-Disposition")
	if response.StatusCode != 200 || body != "the archive" || !strings.HasPrefix(disposition, `attachment; filename="test-2`) || !strings.HasSuffix(disposition, `.zip"`) {
		t.Errorf("%d, %q, %q", response.StatusCode, disposition, body)
	}
	for name, header := range map[string]http.Header{
		"a link on another site": {"Sec-Fetch-Site": {"cross-site"}, "Sec-Fetch-Mode": {"navigate"}},
		"another site's script":  {"Origin": {"http://evil.example"}},
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, g.server.URL+"/api/v1/export", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header = header
		if response, _ := g.do(request); response.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d", name, response.StatusCode)
		}
	}
	g.wants("/library", 200, `href="/api/v1/export"`)
}

// TestExportOneAtATime holds one back, and lets it fail in the middle.
func TestExportOneAtATime(t *testing.T) {
	g := newGallery(t)
	began, fail := make(chan bool), make(chan bool)
	g.export = func(ctx context.Context, w io.Writer) error {
		io.WriteString(w, strings.Repeat("x", 1<<16))
		began <- true
		<-fail
		return errors.New("the disk is full")
	}
	g.serve(nil)
	broken := make(chan error)
	go func() {
		response, err := http.Get(g.server.URL + "/api/v1/export")
		if err == nil {
			_, err = io.Copy(io.Discard, response.Body)
			response.Body.Close()
		}
		broken <- err
	}()
	<-began
	g.wants("/api/v1/export", 503, "another export")
	fail <- true
	if err := <-broken; err == nil {
		t.Error("half an archive looks whole")
	}
}

func TestNoExport(t *testing.T) {
	g := newGallery(t)
	g.wants("/api/v1/export", 503, "does not export")
	g.wants("/library", 200, "!/api/v1/export")
}
