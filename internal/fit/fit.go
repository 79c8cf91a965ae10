// Package fit makes gotch, the Go binding of libtorch, build against the libtorch of this machine.
//
// gotch v0.9.1 is generated for libtorch 2.1.0: it hard-codes CUDA link flags, and some of its 2,500 C
// wrappers do not compile against an older or newer libtorch. [Run] finds a libtorch, copies gotch out of
// the module cache into a folder of its own, writes the right flags into it, and replaces the body of every
// wrapper that the compiler rejects by a throw. It then writes a Go work file that puts the fitted copy in
// the place of the original, so that go.mod stays plain and nothing of gotch lies in the repository.
//
// It does not install anything, does not build the program, and does not change what a wrapper does
// except to cut it: a function that the project calls must have survived, else Run says which did not.
package fit

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Options says what to fit, to what, and where the result goes.
type Options struct {
	Checkout string    // root of the Go module that requires gotch, absolute
	Cache    string    // folder for fitted copies and work files, absolute; created if missing
	Libtorch string    // root of a libtorch; "" looks for one, see Find
	Messages io.Writer // what is being done, for a person; nil discards it
}

// Result names what a fit produced.
type Result struct {
	WorkFile string // the go.work that builds the checkout with the fitted gotch
	Gotch    string // folder of the fitted copy
	Torch    Libtorch
	Record   Record
	Cached   bool // true when the fitted copy was there already
}

// Run returns a work file for o.Checkout, fitting gotch first unless the cache holds a fitting copy.
// A fit takes about a minute, a cached one well under a second. Concurrent Runs with one cache, in one
// process or in several, wait for each other and fit once. The error is a *CutError when the project calls
// functions that this libtorch lacks, and ErrNoLibtorch when there is none.
func Run(ctx context.Context, o Options) (*Result, error) {
	if o.Messages == nil {
		o.Messages = io.Discard
	}
	goVersion, err := goVersion(o.Checkout)
	if err != nil {
		return nil, err
	}
	torch, err := Find(ctx, o.Libtorch)
	if err != nil {
		return nil, err
	}
	module, err := gotchModule(ctx, o.Checkout)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(o.Cache, copyName(module.Version, torch))
	record, cached, err := ensure(ctx, o, module, torch, dir)
	if err != nil {
		return nil, err
	}
	if err := checkCalls(o.Checkout, dir, torch, record.Cut); err != nil {
		return nil, err
	}
	work, err := writeWorkFile(o, goVersion, module, dir)
	if err != nil {
		return nil, err
	}
	return &Result{WorkFile: work, Gotch: dir, Torch: torch, Record: record, Cached: cached}, nil
}

// ensure returns the record of the fitted copy in dir, making the copy if it is not there. The lock lets
// one process fit while others wait for its result.
func ensure(ctx context.Context, o Options, module module, torch Libtorch, dir string) (Record, bool, error) {
	if record, err := readRecord(dir); err == nil {
		return record, true, nil
	}
	unlock, err := lock(filepath.Join(o.Cache, "lock"))
	if err != nil {
		return Record{}, false, err
	}
	defer unlock()
	if record, err := readRecord(dir); err == nil { // another process made it while this one waited
		return record, true, nil
	}
	record, err := build(ctx, o, module, torch, dir)
	return record, false, err
}

// build makes the fitted copy beside dir and renames it into place when it is complete.
func build(ctx context.Context, o Options, module module, torch Libtorch, dir string) (Record, error) {
	fmt.Fprintf(o.Messages, "fitting gotch %s to libtorch %s in %s (about a minute)\n", module.Version, torch, torch.Root)
	began := time.Now()
	if err := os.RemoveAll(dir); err != nil { // a copy without a readable record is of no use
		return Record{}, fmt.Errorf("remove unusable copy: %w", err)
	}
	temp, err := os.MkdirTemp(o.Cache, ".fitting-")
	if err != nil {
		return Record{}, fmt.Errorf("make folder for gotch: %w", err)
	}
	defer os.RemoveAll(temp)
	if err := copyModule(temp, module.Dir); err != nil {
		return Record{}, err
	}
	compiler, err := compilerFor(ctx, o.Checkout, torch)
	if err != nil {
		return Record{}, err
	}
	record, err := cutUntilClean(ctx, filepath.Join(temp, "libtch"), compiler, torch)
	if err != nil {
		return Record{}, err
	}
	if err := writeFlags(filepath.Join(temp, "libtch"), torch, record.Standard); err != nil {
		return Record{}, err
	}
	if err := writeRecord(temp, record); err != nil {
		return Record{}, err
	}
	if err := os.Chmod(temp, 0o755); err != nil {
		return Record{}, fmt.Errorf("finish copy of gotch: %w", err)
	}
	if err := os.Rename(temp, dir); err != nil {
		return Record{}, fmt.Errorf("finish copy of gotch: %w", err)
	}
	fmt.Fprintf(o.Messages, "cut %d of gotch's %d functions, which libtorch %s lacks or has changed, in %s\n",
		len(record.Cut), record.Functions, torch.Version, time.Since(began).Round(time.Second))
	return record, nil
}
