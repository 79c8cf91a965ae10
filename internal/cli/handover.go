package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"clipsearch/internal/handover"
)

// sentEnv is the environment that goes with a command that is handed over: what places and models are found by.
func sentEnv() []string {
	return []string{"HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "CLIPSEARCH_LIBRARY", "CLIPSEARCH_MODEL", "HF_HOME", "HF_HUB_CACHE"}
}

// lasts says which commands a process runs for others, and whether it must not wait for their end when it ends itself.
func lasts(command string) (lasting, known bool) {
	switch command {
	case "search", "stats", "export":
		return false, true
	case "index", "serve":
		return true, true
	}
	return false, false
}

// readsPipe reports whether an argument names a file that only this process has, such as a shell's <(command).
func readsPipe(args []string) bool {
	return slices.ContainsFunc(args, func(arg string) bool {
		return strings.Contains(arg, "/dev/fd/") || strings.Contains(arg, "/dev/stdin") || strings.Contains(arg, "/proc/self/")
	})
}

// handOver has the command done by the process that hosts the library: handedOver, or why not; handover.ErrNoHost and
// handover.ErrHandedBack as they are.
func (o *opening) handOver(ctx context.Context) error {
	dir, err := os.Getwd()
	if err != nil {
		return handover.ErrNoHost // a folder that has been removed: relative paths have no meaning elsewhere
	}
	p := o.process
	request := handover.Request{
		Version: version, Args: p.Args, Dir: dir, Env: map[string]string{}, Stdout: columns(p.Stdout), Stderr: columns(p.Stderr),
	}
	for _, name := range sentEnv() {
		request.Env[name] = p.Getenv(name)
	}
	code, err := o.desk.Call(ctx, request, p.Stdout, p.Stderr)
	var silent *handover.SilentError
	var refused *handover.RefusedError
	switch {
	case err == nil:
		return handedOver(code)
	case errors.As(err, &silent):
		return &inUseError{path: o.path, holders: []handover.Holder{silent.Holder}, why: "which does not answer"}
	case errors.As(err, &refused):
		return &inUseError{path: o.path, holders: []handover.Holder{refused.Holder}, why: refused.Reason}
	}
	return err
}

// columns returns the width of a terminal, 0 where w is none.
func columns(w io.Writer) int {
	if terminal, width := terminalWidth(w); terminal {
		return width
	}
	return 0
}

// remote is the stdout or stderr of a command that this process runs for another one.
type remote struct {
	io.Writer
	columns int // of the other process's terminal; 0: it is none
}

// handle runs a command for another process, with the library that this one holds.
func (h *holding) handle(ctx context.Context, r handover.Request, stdout, stderr io.Writer) (int, error) {
	lasting, known := lasts(r.Args[0])
	if !known {
		return 0, fmt.Errorf("which does not run %q for others", r.Args[0])
	}
	select {
	case <-h.ready:
	case <-h.ending:
		return 0, handover.ErrHandedBack
	case <-ctx.Done():
		return 0, handover.ErrHandedBack
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if lasting {
		go func() {
			select {
			case <-h.ending:
				cancel(handover.ErrHandedBack)
			case <-ctx.Done():
			}
		}()
	}
	p := Process{
		Args: r.Args, Stdin: strings.NewReader(""), Stdout: remote{stdout, r.Stdout}, Stderr: remote{stderr, r.Stderr},
		Getenv: func(name string) string { return r.Env[name] }, dir: r.Dir, held: h, Model: h.places.models.Carried,
	}
	err := dispatch(ctx, p)
	if err != nil && !errors.Is(err, errSomeSkipped) && handedBack(ctx) != nil { // skipped pictures have been reported
		return 0, handover.ErrHandedBack
	}
	return conclude(p, err), nil
}

// handedBack returns handover.ErrHandedBack if the process that ran the command for another one is about to end, so that
// the other must do it itself and nothing is to be printed any more; else nil.
func handedBack(ctx context.Context) error {
	if errors.Is(context.Cause(ctx), handover.ErrHandedBack) {
		return handover.ErrHandedBack
	}
	return nil
}
