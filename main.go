// Command clipsearch searches a person's own pictures by words, by picture, or both, offline.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"clipsearch/assets"
	"clipsearch/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := cli.Run(ctx, cli.Process{
		Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, Model: assets.Model(),
	})
	stop()
	os.Exit(code)
}
