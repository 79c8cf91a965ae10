package ui

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"clipsearch/search"
)

// slow is a searcher whose searches last until they are let go.
type slow struct {
	many
	begun chan struct{}
	end   chan struct{}
}

func (s slow) Search(ctx context.Context, q search.Query) (*search.Result, error) {
	s.begun <- struct{}{}
	<-s.end
	return s.many.Search(ctx, q)
}

func TestCrowd(t *testing.T) {
	s := slow{many: 1, begun: make(chan struct{}), end: make(chan struct{})}
	c := newCrowd(s)
	var running sync.WaitGroup
	for range maxSearches {
		running.Go(func() {
			if _, err := c.Search(t.Context(), search.Query{}); err != nil {
				t.Error(err)
			}
		})
		<-s.begun
	}
	if _, err := c.Search(t.Context(), search.Query{}); !errors.Is(err, errBusy) || statusOf(err) != http.StatusServiceUnavailable {
		t.Errorf("one too many: %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Label(gone, 1, nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("labels for somebody who has gone: %v", err)
	}
	close(s.end)
	running.Wait()
	if _, err := c.Label(t.Context(), 1, nil, nil); err != nil {
		t.Errorf("after all: %v", err)
	}
}

// TestUploadsAtOnce sends more pictures at once than are taken, none of which ever ends.
func TestUploadsAtOnce(t *testing.T) {
	g := newGallery(t)
	var sent []*io.PipeWriter
	for range maxUploading {
		body, write := io.Pipe()
		go func() {
			response, err := http.Post(g.server.URL+"/api/v1/uploads", "image/png", body)
			if err == nil {
				response.Body.Close()
			}
		}()
		if _, err := write.Write(make([]byte, 1<<20)); err != nil { // more than fits on the way: it is being read
			t.Fatal(err)
		}
		sent = append(sent, write)
	}
	began := time.Now()
	response, err := http.Post(g.server.URL+"/api/v1/uploads", "image/png", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusServiceUnavailable || time.Since(began) < crowdPatience-time.Second {
		t.Errorf("one too many: %s after %v", response.Status, time.Since(began))
	}
	if response, _ := g.get("/?q=red"); response.StatusCode != http.StatusOK {
		t.Errorf("a search beside them: %s", response.Status)
	}
	for _, write := range sent {
		write.CloseWithError(errors.New("no more"))
	}
}
