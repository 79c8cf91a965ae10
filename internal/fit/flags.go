package fit

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// compileFlags returns the flags that gotch's C++ needs to find and to agree with torch.
func compileFlags(torch Libtorch) []string {
	abi := "1"
	if torch.OldABI {
		abi = "0"
	}
	flags := []string{"-D_GLIBCXX_USE_CXX11_ABI=" + abi}
	for _, dir := range torch.Includes {
		flags = append(flags, "-I"+dir)
	}
	return flags
}

// linkFlags returns the flags that link torch and let the program find it where it is. libtorch.so and
// libtorch_cuda.so register themselves when loaded and would be dropped as unneeded by --as-needed.
func linkFlags(torch Libtorch) []string {
	var flags []string
	if !torch.System {
		// Pip's libraries know by themselves where the nvidia packages that they need lie.
		flags = append(flags, "-L"+torch.Lib, "-Wl,-rpath,"+torch.Lib, "-Wl,--allow-shlib-undefined")
	}
	flags = append(flags, "-Wl,--no-as-needed", "-ltorch", "-ltorch_cpu")
	if torch.CUDA {
		flags = append(flags, "-ltorch_cuda", "-lc10_cuda")
	}
	return append(flags, "-lc10", "-Wl,--as-needed", "-lstdc++")
}

// writeFlags replaces gotch's lib.go, which holds the flags for cgo. The wrappers only pass arguments on,
// so -O1 costs nothing at run time; it halves the time of the compiler, as do warnings and debug
// information left out. The comment with torch's version makes Go compile anew after an upgrade in place.
func writeFlags(dir string, torch Libtorch, standard string) error {
	compile := append([]string{"-std=" + standard, "-O1", "-g0", "-w"}, compileFlags(torch)...)
	text := fmt.Sprintf(`package libtch

// Fitted to libtorch %s in %s.

// #cgo CFLAGS: -I${SRCDIR} -O1 -g0 -w
// #cgo CXXFLAGS: -I${SRCDIR} %s
// #cgo LDFLAGS: %s
import "C"
`, torch, torch.Root, quoted(compile), quoted(linkFlags(torch)))
	if err := os.WriteFile(filepath.Join(dir, "lib.go"), []byte(text), 0o644); err != nil {
		return fmt.Errorf("write flags: %w", err)
	}
	return nil
}

// quoted joins flags for a #cgo line, where quotes hold a flag with spaces together.
func quoted(flags []string) string {
	parts := make([]string, len(flags))
	for i, f := range flags {
		parts[i] = f
		if strings.ContainsAny(f, " \t") {
			parts[i] = strconv.Quote(f)
		}
	}
	return strings.Join(parts, " ")
}
