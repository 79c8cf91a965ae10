package fit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A Libtorch is one installed libtorch with its headers.
type Libtorch struct {
	Root     string   // absolute, the folder that holds include and lib
	Version  string   // as the headers state it, e.g. "1.13.0"
	Includes []string // folders for -I, without those the compiler searches anyhow
	Lib      string   // folder of libtorch_cpu.so, absolute
	CUDA     bool     // has libtorch_cuda.so
	OldABI   bool     // its std::string is the one before C++11 (pip's torch before 2.6)
	System   bool     // lies where compiler, linker and loader look by themselves
}

// String returns version and kind, e.g. "2.11.0 (CUDA)".
func (l Libtorch) String() string {
	return l.Version + " (" + strings.ToUpper(l.kind()) + ")"
}

func (l Libtorch) kind() string {
	if l.CUDA {
		return "cuda"
	}
	return "cpu"
}

// Find returns the libtorch in root if that is not "", else the one that $LIBTORCH names, else the one inside
// the torch package of python3, else the system's. A root or $LIBTORCH that holds none is an error; a Python
// without torch is not. ErrNoLibtorch if there is none at all.
func Find(ctx context.Context, root string) (Libtorch, error) {
	if root != "" {
		return Inspect(root)
	}
	if root := os.Getenv("LIBTORCH"); root != "" {
		l, err := Inspect(root)
		if err != nil {
			return Libtorch{}, fmt.Errorf("$LIBTORCH: %w", err)
		}
		return l, nil
	}
	for _, root := range []string{pythonTorch(ctx), "/usr/local", "/usr"} {
		if root == "" {
			continue
		}
		l, err := Inspect(root)
		if errors.Is(err, fs.ErrNotExist) {
			continue // Debian's python3-torch holds no headers; an empty /usr/local no libtorch
		}
		return l, err
	}
	return Libtorch{}, ErrNoLibtorch
}

// pythonTorch returns the folder of python3's torch package, "" if there is none. find_spec does not
// import torch, which would take seconds.
func pythonTorch(ctx context.Context) string {
	const program = "import importlib.util as u; s = u.find_spec('torch'); print(s.submodule_search_locations[0] if s else '')"
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second) // a cold interpreter on a slow disk
	defer cancel()
	out, err := exec.CommandContext(ctx, "python3", "-c", program).Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// Inspect returns the libtorch below root: an unpacked libtorch archive, pip's torch folder, or a prefix
// such as /usr. The error wraps fs.ErrNotExist when a part is missing, and is ErrOld before 1.13.
func Inspect(root string) (Libtorch, error) {
	root, err := filepath.Abs(root)
	if err != nil {
		return Libtorch{}, fmt.Errorf("libtorch: %w", err)
	}
	l := Libtorch{Root: root, System: root == "/usr"}
	include := filepath.Join(root, "include")
	api := filepath.Join(include, "torch", "csrc", "api", "include")
	if l.Version, err = headerVersion(include, api); err != nil {
		return Libtorch{}, err
	}
	l.Includes = []string{include, api}
	if l.System {
		l.Includes = []string{api}
	}
	if l.Lib, err = libraryFolder(root); err != nil {
		return Libtorch{}, err
	}
	_, err = os.Stat(filepath.Join(l.Lib, "libtorch_cuda.so"))
	l.CUDA = err == nil
	if l.OldABI, err = oldABI(filepath.Join(l.Lib, "libc10.so")); err != nil {
		return Libtorch{}, err
	}
	return l, nil
}

// headerVersion reads the version from version.h, which torch 2.9 moved to headeronly.
func headerVersion(include, api string) (string, error) {
	first := filepath.Join(include, "torch", "headeronly", "version.h")
	text, err := os.ReadFile(first)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = os.ReadFile(filepath.Join(api, "torch", "version.h"))
	}
	if err != nil {
		return "", fmt.Errorf("libtorch headers: %w", err)
	}
	return parseVersion(text)
}

var versionPart = regexp.MustCompile(`(?m)^#define TORCH_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)`)

func parseVersion(header []byte) (string, error) {
	parts := versionPart.FindAllSubmatch(header, -1)
	if len(parts) != 3 {
		return "", errors.New("libtorch headers: version.h states no version")
	}
	major, minor := atoi(parts[0][1]), atoi(parts[1][1])
	version := fmt.Sprintf("%s.%s.%s", parts[0][1], parts[1][1], parts[2][1])
	if major < 1 || major == 1 && minor < 13 {
		return "", fmt.Errorf("%w: %s", ErrOld, version)
	}
	return version, nil
}

func atoi(digits []byte) int {
	n, _ := strconv.Atoi(string(digits)) // the pattern admits digits only; an overflow is a huge version
	return n
}

// libraryFolder returns the folder below root that holds libtorch_cpu.so.
func libraryFolder(root string) (string, error) {
	for _, pattern := range []string{"lib", "lib64", "lib/*-linux-gnu*"} {
		found, err := filepath.Glob(filepath.Join(root, pattern, "libtorch_cpu.so"))
		if err != nil {
			return "", fmt.Errorf("libtorch: %w", err)
		}
		if len(found) > 0 {
			return filepath.Dir(found[0]), nil
		}
	}
	return "", fmt.Errorf("libtorch_cpu.so in %s: %w", filepath.Join(root, "lib"), fs.ErrNotExist)
}

// oldABI reports whether a library's functions take the std::string from before C++11. The new one
// shows in their names as std::__cxx11::basic_string.
func oldABI(library string) (bool, error) {
	data, err := os.ReadFile(library) // 1 to 2 MB
	if err != nil {
		return false, fmt.Errorf("libtorch: %w", err)
	}
	for name := range bytes.SplitSeq(data, []byte{0}) {
		if bytes.Contains(name, []byte("c10")) && bytes.Contains(name, []byte("__cxx11")) {
			return false, nil
		}
	}
	return true, nil
}
