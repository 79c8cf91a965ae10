package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"

	"clipsearch/index/store"
	"clipsearch/internal/handover"
)

// patience is how long a command waits for others to let go of the library.
const patience = 2 * time.Second

// access is what a command wants of the library. The zero value is to read it, beside others that do.
type access struct {
	write  bool // alone, and host of others' commands
	create bool // make the file if it is absent
	yield  bool // reading will do where the file cannot be written to
	alone  bool // this command is not handed over
}

// What the commands want.
var (
	reading   = access{}
	indexing  = access{write: true, create: true}
	serving   = access{write: true, yield: true}
	importing = access{write: true, create: true, alone: true}
	looking   = access{alone: true}
)

// handedOver is the outcome of a command that another process has run, and reported: its exit code.
type handedOver int

func (h handedOver) Error() string { return fmt.Sprintf("another process ended with code %d", int(h)) }

// inUseError names who has the library.
type inUseError struct {
	path    string
	holders []handover.Holder // none: not known
	why     string            // why it did not run the command; may be empty
}

func (e *inUseError) Error() string {
	names := make([]string, len(e.holders))
	for i, holder := range e.holders {
		names[i] = holder.String()
	}
	who := strings.Join(names, ", ")
	if who == "" {
		who = "another process"
	}
	if e.why != "" {
		who += ", " + e.why
	}
	return fmt.Sprintf("library in use by %s: %s", who, e.path)
}

// Is makes it a store.ErrInUse.
func (e *inUseError) Is(target error) bool { return target == store.ErrInUse }

// opening is an attempt to get at a library.
type opening struct {
	process  Process
	places   places
	path     string
	want     access
	desk     handover.Desk // where the users of this file meet
	deadline time.Time     // when to give up waiting for others
}

// openLibrary opens the library that the flag or the environment names. If a process has it that can do the command, that
// process does: then the error is handedOver. If one has it that cannot, or does not answer within two seconds, the error
// is an inUseError.
func openLibrary(ctx context.Context, p Process, flag string, want access) (*library, error) {
	places := findPlaces(p)
	path := p.path(places.libraryPath(flag))
	if p.held != nil {
		return p.held.lend(path)
	}
	o := &opening{process: p, places: places, path: path, want: want, deadline: time.Now().Add(patience)}
	var named *inUseError // it has been waited for, or refuses
	returned := false
	for {
		held, err := o.try(ctx)
		switch {
		case err == nil:
			return &library{holding: held, returned: returned}, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case errors.Is(err, handover.ErrHandedBack):
			returned, o.deadline = true, time.Now().Add(patience)
			continue
		case errors.As(err, &named), !errors.Is(err, store.ErrInUse), time.Now().After(o.deadline):
			return nil, o.explain(err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// try gets the library, or has the command done by the process that has it, or fails with store.ErrInUse.
func (o *opening) try(ctx context.Context) (*holding, error) {
	info, err := os.Stat(o.path)
	if errors.Is(err, fs.ErrNotExist) && o.want.create {
		if info, err = o.create(); err != nil {
			return nil, err
		}
	}
	if err != nil {
		return nil, o.missing(err)
	}
	o.desk = handover.At(o.process.Getenv, info)
	if !o.want.alone && !readsPipe(o.process.Args) {
		if err := o.handOver(ctx); !errors.Is(err, handover.ErrNoHost) {
			return nil, err
		}
	}
	if !o.want.write {
		return o.read()
	}
	held, err := o.write()
	if o.want.yield && (errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)) {
		return o.read()
	}
	return held, err
}

// create makes an empty library: what is not there has no desk.
func (o *opening) create() (os.FileInfo, error) {
	st, err := store.Open(o.path, store.Options{Create: true})
	if err != nil && !errors.Is(err, store.ErrInUse) { // another process was faster, and has it open already
		return nil, err
	}
	if err == nil {
		if err := st.Close(); err != nil {
			return nil, err
		}
	}
	return os.Stat(o.path)
}

// missing returns what the store says of a file that cannot be looked at.
func (o *opening) missing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		err = store.ErrNotFound
	}
	return fmt.Errorf("open library %s: %w", o.path, err)
}

// read opens the library beside other readers.
func (o *opening) read() (*holding, error) {
	claim := o.desk.Announce(o.me())
	st, err := store.Open(o.path, store.Options{ReadOnly: true, Timeout: lockWait})
	if err != nil {
		return nil, errors.Join(err, claim.Close())
	}
	held := newHolding(o.process, o.places, false)
	held.store, held.claim = st, claim
	return held, nil
}

// lockWait is how long to wait for the file's lock before looking again for a host.
const lockWait = 50 * time.Millisecond

// write takes the host's place first, so that readers who come now hand their commands over and don't hold up the lock,
// and then opens the library.
func (o *opening) write() (*holding, error) {
	held := newHolding(o.process, o.places, true)
	host, err := o.desk.Host(o.me(), held.handle)
	if errors.Is(err, handover.ErrHosted) {
		return nil, store.ErrInUse
	}
	if err == nil {
		held.host = host
	} // else there is no place to meet: whoever comes is refused, as long as we hold the file
	st, err := store.Open(o.path, store.Options{Timeout: max(time.Until(o.deadline), lockWait)})
	if err != nil {
		err = o.explain(err) // before the desk is cleared
		return nil, errors.Join(err, held.close())
	}
	held.store = st
	close(held.ready)
	return held, nil
}

// noted calls fn, which opens the library at path by itself for a command of which nothing is handed over, and lets others
// know meanwhile. Where fn finds the library in use the error says by whom.
func noted(p Process, path string, fn func() error) error {
	info, err := os.Stat(path)
	if err != nil {
		return fn()
	}
	o := &opening{process: p, path: path, desk: handover.At(p.Getenv, info)}
	claim := o.desk.Announce(o.me())
	return errors.Join(o.explain(fn()), claim.Close())
}

// me is what others learn of this process.
func (o *opening) me() handover.Holder {
	return handover.Holder{Command: o.process.Args[0], PID: os.Getpid(), Version: version}
}

// explain names the holders, where the library is in use and that has not been done.
func (o *opening) explain(err error) error {
	var named *inUseError
	if !errors.Is(err, store.ErrInUse) || errors.As(err, &named) {
		return err
	}
	e := &inUseError{path: o.path}
	for _, holder := range o.desk.Holders() {
		if holder.PID != os.Getpid() {
			e.holders = append(e.holders, holder)
		}
	}
	return e
}
