package fit

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var gotchSources = map[string]bool{mainSource: true, generatedSource: true}

// The files under testdata are what g++ 12.2 -fsyntax-only -fmax-errors=0 printed for gotch v0.9.1 and the
// named libtorch, without source excerpts and with long lines cut; of libtorch 1.13's 104 errors the first
// and those in templates, of libtorch 2.15 under C++17 the first lines.
func TestParseRecordedOutput(t *testing.T) {
	tests := []struct {
		file     string
		lines    []int // of the generated source, in order
		foreign  int   // errors that no line of gotch is to blame for
		standard string
	}{
		{file: "libtorch-1.13.0.txt", lines: []int{626, 633, 685, 1311, 1458, 1458, 1465, 1471}},
		{file: "libtorch-2.11.0.txt", lines: []int{633, 2073, 2081}},
		{file: "libtorch-2.15.0-cxx17.txt", foreign: 3, standard: "c++20"},
		{file: "libtorch-2.15.0.txt", lines: []int{633, 2073, 2081, 3668, 3675, 5156, 5177, 13030, 13038}},
	}
	for _, test := range tests {
		t.Run(test.file, func(t *testing.T) {
			output, err := os.ReadFile(filepath.Join("testdata", test.file))
			if err != nil {
				t.Fatal(err)
			}
			var lines []int
			foreign := 0
			for _, d := range parseDiagnostics(string(output)) {
				if p, ok := d.placeIn(gotchSources); ok {
					lines = append(lines, p.Line)
				} else {
					foreign++
				}
			}
			if diff := cmp.Diff(test.lines, lines); diff != "" {
				t.Errorf("lines to blame (-want +got):\n%s", diff)
			}
			if foreign != test.foreign {
				t.Errorf("%d errors outside gotch, want %d", foreign, test.foreign)
			}
			if got := standardWanted(string(output)); got != test.standard {
				t.Errorf("standard wanted %q, want %q", got, test.standard)
			}
		})
	}
}

func TestParseDiagnostics(t *testing.T) {
	tests := []struct {
		name, output string
		want         []Diagnostic
	}{
		{"nothing", "", nil},
		{"clang, in a template", `In file included from torch_api.cpp:1079:
/opt/include/tuple:12:3: error: static assertion failed: index out of range
   12 |   static_assert(i < n);
      |   ^
torch_api_generated.cpp.h:77:30: note: in instantiation of function template specialization 'get<5>' requested here
torch_api.h:20:5: note: expanded from macro 'PROTECT'
1 error generated.
`, []Diagnostic{{"/opt/include/tuple", 12, "static assertion failed: index out of range",
			[]Place{{"torch_api_generated.cpp.h", 77}, {"torch_api.h", 20}}}}},
		{"warnings and notes are none", "a.cpp:1:2: warning: unused\na.cpp:1:2: note: declared here\n", nil},
		{"missing header", "torch_api.cpp:2:10: fatal error: ATen/core/interned_strings.h: No such file or directory\ncompilation terminated.\n",
			[]Diagnostic{{"torch_api.cpp", 2, "ATen/core/interned_strings.h: No such file or directory", nil}}},
		{"a column is optional", "a.cpp:7: error: bad\n", []Diagnostic{{"a.cpp", 7, "bad", nil}}},
		{"context of one error is not that of the next", `/h.h: In instantiation of 'f':
a.cpp:3:1:   required from here
/h.h:9:1: error: first
/g.h: In function 'g':
/g.h:4:1: error: second
`, []Diagnostic{{"/h.h", 9, "first", []Place{{"a.cpp", 3}}}, {"/g.h", 4, "second", nil}}},
		{"an unknown program's complaint", "g++: fatal error: no input files\n", nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, parseDiagnostics(test.output)); diff != "" {
				t.Errorf("diagnostics (-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzParseDiagnostics(f *testing.F) {
	recorded, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(recorded) == 0 {
		f.Fatal("no recorded outputs", err)
	}
	for _, name := range recorded {
		output, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(output))
	}
	f.Fuzz(func(t *testing.T, output string) {
		for _, d := range parseDiagnostics(output) {
			if d.File == "" || d.Line < 0 {
				t.Errorf("diagnostic without a place: %+v", d)
			}
		}
	})
}
