package cli

import (
	"context"
	"fmt"
	"runtime"

	"clipsearch/encode"
)

const versionHelp = `Usage: clipsearch version

Prints the version, the Go it was built with, and whether the native backend (libtorch, libvips) is in it.

  clipsearch version
`

// version is set by the linker (see Makefile).
var version = "dev"

func runVersion(_ context.Context, p Process, args []string) error {
	rest, err := newFlags("version").parse(args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usagef("version takes no arguments")
	}
	backend := "pure Go"
	if encode.HasBackend() {
		backend = "native"
	}
	_, err = fmt.Fprintf(p.Stdout, "clipsearch %s (%s, %s/%s, %s)\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH, backend)
	return err
}
