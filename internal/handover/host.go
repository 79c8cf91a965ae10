package handover

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Handler runs a command and returns its exit code, or ErrHandedBack to have the client do it itself; any other error is a
// refusal, whose text the client's user reads. ctx ends when the client cancels or is gone, and, with the cause
// ErrHandedBack, when the host cannot wait any longer. It is called from several goroutines at once.
type Handler func(ctx context.Context, r Request, stdout, stderr io.Writer) (code int, err error)

const (
	requestWait = 10 * time.Second // for a client's request, which it sends at once
	lifeSign    = time.Second      // between signs of life
	drainWait   = time.Second      // for commands in progress when the host ends
	goodbyeWait = time.Second      // for clients that don't read their last frames

	// maxCommands is how many commands a host runs at a time; more wait to be accepted. It bounds the memory that many
	// searchers can take, and is more than a person starts.
	maxCommands = 64
)

// Host runs the commands of other processes. Its methods are called by one goroutine.
type Host struct {
	me       Holder
	handle   Handler
	claim    *Claim
	listener *net.UnixListener

	slots    chan struct{} // one a connection
	draining chan struct{} // closed: commands that come are handed back at the end
	left     chan struct{} // closed: the host has let go of the library

	ctx      context.Context // of all commands
	cancel   context.CancelCauseFunc
	mu       sync.Mutex     // orders the start of a command and Drain
	commands sync.WaitGroup // running handlers
	conns    sync.WaitGroup // connections, and the loop that accepts them
	closing  sync.Once
}

// Host takes the host's place and begins to answer. ErrHosted if a living process has it, ErrNoPlace if there is none, or
// the system's error.
func (d Desk) Host(me Holder, handle Handler) (*Host, error) {
	dir, err := d.open()
	if err != nil {
		return nil, err
	}
	claim, err := takeClaim(filepath.Join(dir, hostName), me)
	if err != nil {
		return nil, err
	}
	listener, err := listen(filepath.Join(dir, socketName))
	if err != nil {
		return nil, errors.Join(err, claim.Close())
	}
	h := &Host{
		me: me, handle: handle, claim: claim, listener: listener,
		slots: make(chan struct{}, maxCommands), draining: make(chan struct{}), left: make(chan struct{}),
	}
	h.ctx, h.cancel = context.WithCancelCause(context.Background())
	h.conns.Go(h.accept)
	return h, nil
}

// listen makes the socket. What lies there is a dead process's: we have the claim.
func listen(path string) (*net.UnixListener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	return listener, nil
}

// accept answers each connection in a goroutine of its own, until the listener is closed.
func (h *Host) accept() {
	for {
		h.slots <- struct{}{}
		conn, err := h.listener.AcceptUnix()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			<-h.slots
			time.Sleep(10 * time.Millisecond) // out of file descriptors, say
			continue
		}
		h.conns.Go(func() {
			defer func() { <-h.slots }()
			defer conn.Close()
			h.answer(conn)
		})
	}
}

// Drain lets the commands in progress end: after a second it cancels them. Those that come later, or could not end, wait
// for Close. A second call does nothing.
func (h *Host) Drain() {
	h.mu.Lock()
	select {
	case <-h.draining:
	default:
		close(h.draining)
	}
	h.mu.Unlock()
	timer := time.AfterFunc(drainWait, func() { h.cancel(ErrHandedBack) })
	defer timer.Stop()
	h.commands.Wait()
}

// Close drains, hands back what waits, and leaves the host's place. Close it after the library, so that those to whom
// commands are handed back find it free. A second call does nothing.
func (h *Host) Close() (err error) {
	h.closing.Do(func() {
		h.Drain()
		err = h.listener.Close() // removes the socket
		close(h.left)
		h.conns.Wait()
		h.cancel(nil)
		err = errors.Join(err, h.claim.Close())
	})
	return err
}

// enter counts a command in, unless the host is ending.
func (h *Host) enter() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	select {
	case <-h.draining:
		return false
	default:
		h.commands.Add(1)
		return true
	}
}
