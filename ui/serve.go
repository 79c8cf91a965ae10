package ui

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"
)

const (
	headerTimeout = 10 * time.Second // a person's browser sends it at once
	readTimeout   = 2 * time.Minute  // 64 MB from another machine of the house
	writeTimeout  = 2 * time.Minute  // the same the other way
	idleTimeout   = 2 * time.Minute
	graceTimeout  = 5 * time.Second // for answers in progress when the program is told to stop
)

// endingKey is under what a request's context has the channel that is closed when the server is told to stop.
type endingKey struct{}

// ending returns the channel that is closed when the server is told to stop: answers without end must end then.
func ending(r *http.Request) <-chan struct{} {
	stop, _ := r.Context().Value(endingKey{}).(<-chan struct{}) // nil, which is never closed, under another server
	return stop
}

// Serve answers requests on listener until ctx ends, then lets answers in progress finish for five seconds before their contexts
// end. It closes the listener, returns when the handler has returned from all requests, and returns nil after such an end.
func Serve(ctx context.Context, listener net.Listener, handler http.Handler) error {
	answers := &answering{next: handler}
	defer answers.wait() // also for those whose connections were closed in the end
	server := &http.Server{
		BaseContext: func(net.Listener) context.Context {
			return context.WithValue(context.Background(), endingKey{}, ctx.Done())
		},
		Handler: answers, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() { stopped <- shutdown(server) })
	err := server.Serve(listener)
	if stop() || !errors.Is(err, http.ErrServerClosed) {
		return err // nobody asked it to stop
	}
	return <-stopped
}

// shutdown stops a server, in the end also its answers in progress.
func shutdown(server *http.Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), graceTimeout)
	defer cancel()
	err := server.Shutdown(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return server.Close()
	}
	return err
}
