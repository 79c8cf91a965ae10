package handover

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net"
	"sync"
	"time"
)

// answer serves one connection.
func (h *Host) answer(conn *net.UnixConn) {
	if checkPeer(conn) != nil {
		return // not worth a word
	}
	line := &line{conn: conn}
	from := bufio.NewReader(conn)
	request, err := h.receive(conn, from)
	if err != nil {
		line.refuse(err)
		return
	}
	if line.send(frameAccepted, nil) != nil {
		return
	}
	ctx, cancel := context.WithCancel(h.ctx)
	defer cancel()
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		defer cancel()
		readFrame(from) // a cancel frame, the end, or nonsense: each ends the command
	}()
	stop := line.keepAlive()
	code, err := h.run(ctx, request, line)
	if errors.Is(err, ErrHandedBack) {
		select {
		case <-h.left:
		case <-gone:
		}
	}
	stop()
	line.end(code, err)
	conn.Close()
	<-gone
}

// receive reads the request and checks it.
func (h *Host) receive(conn *net.UnixConn, from *bufio.Reader) (Request, error) {
	if err := conn.SetReadDeadline(time.Now().Add(requestWait)); err != nil {
		return Request{}, err
	}
	kind, payload, err := readFrame(from)
	if err != nil || kind != frameRequest {
		return Request{}, errors.New("malformed request")
	}
	r, err := decodeRequest(payload)
	if err != nil {
		return Request{}, err
	}
	if r.Version != h.me.Version {
		return Request{}, errors.New("it is clipsearch " + h.me.Version + ", this is " + r.Version)
	}
	return r, conn.SetReadDeadline(time.Time{})
}

// run runs the handler, unless the host is ending.
func (h *Host) run(ctx context.Context, r Request, l *line) (int, error) {
	if !h.enter() {
		return 0, ErrHandedBack
	}
	defer h.commands.Done()
	// A client that has stopped reading must not keep the host from ending.
	defer context.AfterFunc(h.ctx, func() { l.conn.SetWriteDeadline(time.Now()) })()
	return h.handle(ctx, r, output{l, frameStdout}, output{l, frameStderr})
}

// line sends frames to a client. Safe for concurrent use.
type line struct {
	conn *net.UnixConn
	mu   sync.Mutex
}

func (l *line) send(k kind, payload []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return writeFrame(l.conn, k, payload)
}

// keepAlive sends signs of life until stop is called; from then on the client has goodbyeWait to read what is sent.
func (l *line) keepAlive() (stop func()) {
	ended, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(lifeSign)
		defer ticker.Stop()
		for {
			select {
			case <-ended:
				return
			case <-ticker.C:
				l.send(frameAlive, nil) // a client that is gone is noticed by reading
			}
		}
	}()
	return func() {
		close(ended)
		l.conn.SetWriteDeadline(time.Now().Add(goodbyeWait))
		<-done
	}
}

// end sends the last frame. That the client is gone is nobody's error.
func (l *line) end(code int, err error) {
	switch {
	case errors.Is(err, ErrHandedBack):
		l.send(frameBack, nil)
	case err != nil:
		l.refuse(err)
	default:
		payload, _ := json.Marshal(exit{code}) // an int always has one
		l.send(frameExit, payload)
	}
}

// refuse says why the command is not run.
func (l *line) refuse(err error) {
	reason := err.Error()
	l.send(frameRefused, []byte(reason[:min(len(reason), maxOutput)]))
}

// output is a command's stdout or stderr: what is written travels at once.
type output struct {
	line *line
	kind kind
}

func (o output) Write(p []byte) (written int, err error) {
	for len(p) > 0 {
		n := min(len(p), maxOutput)
		if err := o.line.send(o.kind, p[:n]); err != nil {
			return written, err
		}
		p, written = p[n:], written+n
	}
	return written, nil
}
