//go:build unix

package cli

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
)

// TestServeWatch shows a picture that comes while the page is served to a search that is handed over to it.
func TestServeWatch(t *testing.T) {
	h := newHousehold(t)
	var messages log
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan int, 1)
	getenv := func(name string) string {
		for _, variable := range h.env {
			if value, ok := strings.CutPrefix(variable, name+"="); ok {
				return value
			}
		}
		return ""
	}
	p := Process{
		Args: []string{"serve", "--watch", "--listen", "127.0.0.1:0"}, Stdin: strings.NewReader(""), Stdout: &log{}, Stderr: &messages, Getenv: getenv,
	}
	go func() { ended <- Run(ctx, p) }()
	messages.await(t, "watching (stop with Ctrl-C)\n")
	h.pictures("red/more", 1)
	messages.await(t, "clipsearch: changes: 3 pictures: 1 new")
	var found log
	code := Run(ctx, Process{
		Args: []string{"search", "--mode", "text", "--paths", "more"}, Stdin: strings.NewReader(""), Stdout: &found, Stderr: &messages, Getenv: getenv,
	})
	if code != exitOK {
		t.Errorf("search: exit code %d", code)
	}
	found.await(t, filepath.Join(h.dir, "red", "more", "0.png"))
	cancel()
	if code := <-ended; code != exitOK {
		t.Errorf("exit code %d", code)
	}
}
