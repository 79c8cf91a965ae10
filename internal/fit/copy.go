package fit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const gotchPath = "github.com/sugarme/gotch"

// format counts the ways in which this package has cut and written gotch; a change of it makes every
// cached copy unusable.
const format = "1"

// A module is gotch as the module cache holds it.
type module struct {
	Version string
	Dir     string
	GoMod   string
}

// gotchModule downloads the gotch that the checkout's go.mod requires, if need be, and says where it is.
func gotchModule(ctx context.Context, checkout string) (module, error) {
	out, err := goCommand(ctx, checkout, "mod", "download", "-json", gotchPath).Output()
	var m struct {
		module
		Error string
	}
	if jsonErr := json.Unmarshal(out, &m); jsonErr != nil {
		return module{}, fmt.Errorf("download %s: %w", gotchPath, explain(err))
	}
	if m.Error != "" || m.Dir == "" {
		return module{}, fmt.Errorf("download %s: %s", gotchPath, m.Error)
	}
	return m.module, nil
}

// goCommand runs go in the checkout as if there were no work file.
func goCommand(ctx context.Context, checkout string, arguments ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "go", arguments...)
	cmd.Dir = checkout
	cmd.Env = append(os.Environ(), "GOWORK=off")
	return cmd
}

// explain adds what a command printed to its error.
func explain(err error) error {
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && len(exit.Stderr) > 0 {
		return errors.New(string(bytes.TrimSpace(exit.Stderr)))
	}
	if err == nil {
		return errors.New("go printed no answer")
	}
	return err
}

// copyName names the fitted copy for all that it depends on.
func copyName(gotchVersion string, torch Libtorch) string {
	key := strings.Join([]string{format, gotchVersion, torch.Version, torch.kind(), torch.Root}, "\n")
	return fmt.Sprintf("gotch-%s-libtorch-%s-%s-%s", gotchVersion, torch.Version, torch.kind(), shortHash(key))
}

// shortHash returns 8 hexadecimal digits, enough to tell a handful of folders apart.
func shortHash(key string) string {
	sum := sha256.Sum256([]byte(key))
	return fmt.Sprintf("%x", sum[:4])
}

// copyModule copies a module out of the read-only module cache into dst, which exists. Examples, which
// would need packages of their own, stay behind.
func copyModule(dst, src string) error {
	return filepath.WalkDir(src, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("copy gotch: %w", err)
		}
		relative, err := filepath.Rel(src, path)
		if err != nil {
			return fmt.Errorf("copy gotch: %w", err)
		}
		target := filepath.Join(dst, relative)
		switch {
		case entry.IsDir() && (relative == "example" || relative == "gen"):
			return fs.SkipDir
		case entry.IsDir():
			return os.MkdirAll(target, 0o755)
		case strings.HasSuffix(path, "_test.go"):
			return nil
		}
		return copyFile(target, path)
	})
}

func copyFile(dst, src string) error {
	data, err := os.ReadFile(src)
	if err != nil {
		return fmt.Errorf("copy gotch: %w", err)
	}
	if err := os.WriteFile(dst, data, 0o644); err != nil {
		return fmt.Errorf("copy gotch: %w", err)
	}
	return nil
}
