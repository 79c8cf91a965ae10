package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"clipsearch/encode/checkpoint"
	"clipsearch/internal/regular"
)

// convertModel writes a checkpoint with its weights in another precision.
func convertModel(ctx context.Context, p Process, opts modelFlags, places places, args []string) (err error) {
	if len(args) != 2 {
		return usagef("model convert takes a checkpoint and the folder to write; clipsearch help model explains it")
	}
	dtype, err := checkpoint.ParseDType(opts.dtype)
	if err != nil {
		return usagef("model convert: --dtype is f32, f16, bf16 or int8")
	}
	c, err := openCheckpoint(places, args[0])
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	papers, err := papersOf(c.Dir)
	if err != nil {
		return err
	}
	to := p.path(args[1])
	if err := c.Write(ctx, to, checkpoint.WriteOptions{DType: dtype, Files: papers}); err != nil {
		return err
	}
	_, err = fmt.Fprintln(p.Stdout, to)
	return err
}

// papersOf returns a checkpoint's card and licence, by name.
func papersOf(dir string) (map[string][]byte, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	papers := make(map[string][]byte)
	for _, entry := range entries {
		name := strings.ToUpper(entry.Name())
		if name != "README.MD" && !strings.HasPrefix(name, "LICEN") {
			continue
		}
		data, err := regular.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			return nil, err
		}
		papers[entry.Name()] = data
	}
	return papers, nil
}
