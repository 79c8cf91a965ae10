package handover

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

const (
	// AnswerWait is how long a host may take to answer a command's request.
	AnswerWait = 2 * time.Second
	// silenceWait is how long a host that has accepted may be silent: many times lifeSign, as machines may be busy.
	silenceWait = 15 * time.Second
	// cancelWait is how long a cancelled command may take to end: a person who has pressed Ctrl-C waits for no more.
	cancelWait = 1500 * time.Millisecond
)

// Call has the library's host run a command, copies what it prints, and returns its exit code. Errors: ErrNoHost,
// ErrHandedBack, ErrCutShort, *SilentError, *RefusedError, ctx's when the command did not end soon after it, and those of
// writing to stdout and stderr.
func (d Desk) Call(ctx context.Context, r Request, stdout, stderr io.Writer) (int, error) {
	payload, err := r.encode()
	if err != nil {
		return 0, err
	}
	conn, err := d.dial(ctx)
	if err != nil {
		return 0, err
	}
	defer conn.Close()
	c := &call{desk: d, conn: conn, from: bufio.NewReader(conn), stdout: stdout, stderr: stderr, wait: AnswerWait}
	return c.run(ctx, payload)
}

// dial connects to the host.
func (d Desk) dial(ctx context.Context) (*net.UnixConn, error) {
	dialer := net.Dialer{Timeout: AnswerWait}
	for _, dir := range d.existing() {
		conn, err := dialer.DialContext(ctx, "unix", filepath.Join(dir, socketName))
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.Is(err, syscall.ENOENT), errors.Is(err, syscall.ECONNREFUSED):
			continue // nothing listens there
		case err != nil: // more are waiting than the system allows, say
			return nil, d.silent()
		}
		if err := checkPeer(conn.(*net.UnixConn)); err != nil {
			conn.Close()
			continue
		}
		return conn.(*net.UnixConn), nil
	}
	return nil, ErrNoHost
}

// silent names the host that does not answer.
func (d Desk) silent() error {
	if holders := d.Holders(); len(holders) > 0 {
		return &SilentError{holders[0]}
	}
	return ErrNoHost // it has just gone
}

// call is one command that a host runs for us.
type call struct {
	desk           Desk
	conn           *net.UnixConn
	from           *bufio.Reader
	stdout, stderr io.Writer
	wait           time.Duration // for the next frame
	printed        bool          // on stdout
}

// run sends the request and follows the command to its end.
func (c *call) run(ctx context.Context, payload []byte) (int, error) {
	c.conn.SetWriteDeadline(time.Now().Add(AnswerWait))
	if err := writeFrame(c.conn, frameRequest, payload); err != nil {
		return 0, c.broken(ctx, err)
	}
	cancelled := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(cancelled)
		c.conn.SetWriteDeadline(time.Now().Add(cancelWait))
		writeFrame(c.conn, frameCancel, nil) // else it notices that we are gone
		c.conn.SetReadDeadline(time.Now().Add(cancelWait))
	})
	defer func() {
		if !stop() {
			<-cancelled
		}
	}()
	for {
		code, ended, err := c.next(ctx)
		if ended || err != nil {
			return code, err
		}
	}
}

// next reads a frame and does what it says; ended after the last one.
func (c *call) next(ctx context.Context) (code int, ended bool, err error) {
	c.expect(ctx)
	kind, payload, err := readFrame(c.from)
	if err != nil {
		return 0, false, c.broken(ctx, err)
	}
	c.wait = silenceWait
	switch kind {
	case frameAccepted:
		return 0, false, nil
	case frameStdout:
		c.printed = true
		_, err = c.stdout.Write(payload)
	case frameStderr:
		_, err = c.stderr.Write(payload)
	case frameRefused:
		return 0, true, c.refused(string(payload))
	case frameBack:
		return 0, true, ErrHandedBack
	case frameExit:
		var e exit
		err = json.Unmarshal(payload, &e)
		return e.Code, true, err
	}
	return 0, false, err
}

// expect sets the time by which the next frame must have come, unless ctx has ended: then run has set the last one.
func (c *call) expect(ctx context.Context) {
	if ctx.Err() != nil {
		return
	}
	c.conn.SetReadDeadline(time.Now().Add(c.wait))
	if ctx.Err() != nil { // and run may have set the deadline just before
		c.conn.SetReadDeadline(time.Now().Add(cancelWait))
	}
}

// refused names the host that will not.
func (c *call) refused(reason string) error {
	e := &RefusedError{Reason: reason}
	if holders := c.desk.Holders(); len(holders) > 0 {
		e.Holder = holders[0]
	}
	return e
}

// broken turns a failure of the connection into what it means.
func (c *call) broken(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return c.desk.silent()
	case errors.Is(err, errFrame):
		return fmt.Errorf("answer of the process that holds the library: %w", err)
	}
	if c.printed { // doing it again would print a part of the result twice
		return ErrCutShort
	}
	return ErrHandedBack
}
