package fit

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strings"
)

// gotch's C++: the first file includes the second. The headers declare what Go may call.
const (
	mainSource      = "torch_api.cpp"
	generatedSource = "torch_api_generated.cpp.h"
	mainHeader      = "torch_api.h"
	generatedHeader = "torch_api_generated.h"
)

// maxPasses ends a fit that makes no end: libtorch 1.13 takes two passes, each of which cuts something.
const maxPasses = 20

// A compiler checks gotch's C++ without producing code.
type compiler struct {
	command  []string // program and arguments in front of the standard
	standard string   // e.g. "c++17"
}

// compilerFor returns the C++ compiler that cgo uses in checkout, with the flags for torch.
func compilerFor(ctx context.Context, checkout string, torch Libtorch) (compiler, error) {
	cmd := goCommand(ctx, checkout, "env", "CXX")
	out, err := cmd.Output()
	if err != nil {
		return compiler{}, fmt.Errorf("ask go for its C++ compiler: %w", err)
	}
	command := strings.Fields(string(out))
	if len(command) == 0 {
		return compiler{}, errors.New("ask go for its C++ compiler: $CXX is empty")
	}
	command = append(command, "-fsyntax-only", "-fmax-errors=0", "-fdiagnostics-color=never", "-w")
	return compiler{append(command, compileFlags(torch)...), oldestStandard}, nil
}

// check compiles the source in dir and returns what the compiler printed and whether it was content.
func (c compiler) check(ctx context.Context, dir string) (output string, clean bool, err error) {
	cmd := exec.CommandContext(ctx, c.command[0], c.arguments()...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "LC_ALL=C") // plain quotes, English
	out, err := cmd.CombinedOutput()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && ctx.Err() == nil {
		return string(out), false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("run C++ compiler: %w", err)
	}
	return string(out), true, nil
}

func (c compiler) arguments() []string {
	return append(append([]string(nil), c.command[1:]...), "-std="+c.standard, mainSource)
}

func (c compiler) String() string {
	return c.command[0] + " " + strings.Join(c.arguments(), " ")
}

// cutUntilClean compiles gotch's C++ in dir and cuts the functions with errors, until none is left.
func cutUntilClean(ctx context.Context, dir string, c compiler, torch Libtorch) (Record, error) {
	t, err := readTexts(dir)
	if err != nil {
		return Record{}, err
	}
	record := Record{Libtorch: torch.Version, Functions: len(t.exported)}
	for record.Passes = 1; record.Passes <= maxPasses; record.Passes++ {
		output, clean, err := c.check(ctx, dir)
		if err != nil {
			return Record{}, err
		}
		if clean {
			record.Standard, record.Cut = c.standard, t.cuts()
			return record, nil
		}
		if wanted := standardWanted(output); wanted > c.standard {
			c.standard = wanted
			continue
		}
		if err := t.cut(dir, parseDiagnostics(output), torch); err != nil {
			return Record{}, compileError(c, output, err)
		}
	}
	return Record{}, fmt.Errorf("gotch does not compile after cutting functions in %d passes", maxPasses)
}

// compileError tells what could not be mended in the compiler's output; cause is what Run failed on.
func compileError(c compiler, output string, cause error) error {
	if !errors.Is(cause, errNothingToCut) {
		return cause
	}
	const tail = 4000 // bytes, the end of an output in which no error was recognised
	return &CompileError{Command: c.String(), Errors: parseDiagnostics(output), Output: output[max(0, len(output)-tail):]}
}

// oldestStandard is what libtorch 1.13 to 2.10 ask for.
const oldestStandard = "c++17"

var standardError = regexp.MustCompile(`error: #error .*C\+\+(\d\d)`)

// standardWanted returns the newer standard that libtorch's headers ask for, e.g. "c++20" for
// "#error C++20 or later compatible compiler is required", "" if they are content.
func standardWanted(output string) string {
	m := standardError.FindStringSubmatch(output)
	if m == nil {
		return ""
	}
	return "c++" + m[1]
}

// texts holds gotch's two C++ sources while functions are cut from them.
type texts struct {
	source   map[string]string // by file name
	exported map[string]bool   // functions of the C interface
	reasons  map[string]string // by function cut
}

var declared = regexp.MustCompile(`\b(\w+)\s*\(`)

func readTexts(dir string) (*texts, error) {
	t := &texts{source: map[string]string{}, exported: map[string]bool{}, reasons: map[string]string{}}
	for _, name := range []string{mainSource, generatedSource, mainHeader, generatedHeader} {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return nil, fmt.Errorf("gotch's sources: %w", err)
		}
		if strings.HasSuffix(name, "cpp") || strings.HasSuffix(name, "cpp.h") {
			t.source[name] = string(text)
			continue
		}
		for _, m := range declared.FindAllStringSubmatch(blank(string(text)), -1) {
			t.exported[m[1]] = true
		}
	}
	return t, nil
}

var errNothingToCut = errors.New("no error lies in a function that can be cut")

// cut takes out the bodies of the functions in which found lies and writes the changed sources into dir.
// Errors outside functions are left alone as long as there is something to cut: they often follow from it.
func (t *texts) cut(dir string, found []Diagnostic, torch Libtorch) error {
	byFile := t.blame(found)
	if len(byFile) == 0 {
		return errNothingToCut
	}
	for name, cut := range byFile {
		t.source[name] = cutBodies(t.source[name], cut, t.exported, torch)
		if err := os.WriteFile(filepath.Join(dir, name), []byte(t.source[name]), 0o644); err != nil {
			return fmt.Errorf("write cut source: %w", err)
		}
	}
	return nil
}

// blame returns the functions to cut, by file, in the order of the file, and remembers the reasons.
func (t *texts) blame(found []Diagnostic) map[string][]function {
	files, all := map[string]bool{}, map[string][]function{}
	for name, source := range t.source {
		files[name], all[name] = true, functions(source)
	}
	blamed := map[string][]function{}
	for _, d := range found {
		p, ok := d.placeIn(files)
		if !ok {
			continue
		}
		f := enclosingFunction(all[p.File], p.Line)
		if f == nil || t.reasons[f.name] != "" {
			continue
		}
		t.reasons[f.name] = d.Message
		blamed[p.File] = append(blamed[p.File], *f)
	}
	for _, list := range blamed {
		sort.Slice(list, func(i, j int) bool { return list[i].open < list[j].open })
	}
	return blamed
}

// cuts returns what was cut, sorted by name.
func (t *texts) cuts() []Cut {
	cuts := make([]Cut, 0, len(t.reasons))
	for name, reason := range t.reasons {
		cuts = append(cuts, Cut{name, reason})
	}
	sort.Slice(cuts, func(i, j int) bool { return cuts[i].Function < cuts[j].Function })
	return cuts
}
