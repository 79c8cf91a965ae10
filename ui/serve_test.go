package ui

import (
	"context"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

func TestServeLetsAnswersFinish(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	begun := make(chan struct{})
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(begun)
		time.Sleep(100 * time.Millisecond)
		io.WriteString(w, "finished")
	})
	served := make(chan error, 1)
	go func() { served <- Serve(ctx, listener, handler) }()
	answered := make(chan string, 1)
	go func() {
		response, err := http.Get("http://" + listener.Addr().String())
		if err != nil {
			answered <- err.Error()
			return
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body)
		answered <- string(body)
	}()
	<-begun
	stop()
	if got := <-answered; got != "finished" {
		t.Errorf("the answer in progress is %q", got)
	}
	if err := <-served; err != nil {
		t.Errorf("Serve returns %v", err)
	}
	if _, err := http.Get("http://" + listener.Addr().String()); err == nil {
		t.Error("it still answers")
	}
}

// TestAnsweringWaits holds that a server is not over while a handler runs, and that none begins afterwards.
func TestAnsweringWaits(t *testing.T) {
	begun, end := make(chan struct{}, 2), make(chan struct{})
	a := &answering{next: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		begun <- struct{}{}
		<-end
	})}
	go a.ServeHTTP(nil, nil)
	<-begun
	over := make(chan struct{})
	go func() {
		defer close(over)
		a.wait()
	}()
	select {
	case <-over:
		t.Error("it is over while a request is being answered")
	case <-time.After(50 * time.Millisecond):
	}
	close(end)
	<-over
	a.ServeHTTP(nil, nil)
	if len(begun) > 0 {
		t.Error("a request is answered after the end")
	}
}

func TestServeReturnsTheListenersError(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	if err := Serve(t.Context(), listener, http.NotFoundHandler()); err == nil {
		t.Error("a closed listener is served")
	}
}
