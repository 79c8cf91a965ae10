package fit

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFlags(t *testing.T) {
	pip := Libtorch{
		Root: "/v/torch", Version: "2.4.1", Includes: []string{"/v/torch/include", "/v/torch/include/torch/csrc/api/include"},
		Lib: "/v/torch/lib", CUDA: true, OldABI: true,
	}
	cpu := pip
	cpu.CUDA, cpu.OldABI = false, false
	debian := Libtorch{Root: "/usr", Version: "1.13.0", Includes: []string{"/usr/include/torch/csrc/api/include"},
		Lib: "/usr/lib/x86_64-linux-gnu", System: true}
	tests := []struct {
		name          string
		torch         Libtorch
		compile, link string
	}{
		{"pip with CUDA", pip,
			"-D_GLIBCXX_USE_CXX11_ABI=0 -I/v/torch/include -I/v/torch/include/torch/csrc/api/include",
			"-L/v/torch/lib -Wl,-rpath,/v/torch/lib -Wl,--allow-shlib-undefined -Wl,--no-as-needed -ltorch -ltorch_cpu -ltorch_cuda -lc10_cuda -lc10 -Wl,--as-needed -lstdc++"},
		{"pip without CUDA", cpu,
			"-D_GLIBCXX_USE_CXX11_ABI=1 -I/v/torch/include -I/v/torch/include/torch/csrc/api/include",
			"-L/v/torch/lib -Wl,-rpath,/v/torch/lib -Wl,--allow-shlib-undefined -Wl,--no-as-needed -ltorch -ltorch_cpu -lc10 -Wl,--as-needed -lstdc++"},
		{"Debian", debian,
			"-D_GLIBCXX_USE_CXX11_ABI=1 -I/usr/include/torch/csrc/api/include",
			"-Wl,--no-as-needed -ltorch -ltorch_cpu -lc10 -Wl,--as-needed -lstdc++"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := strings.Join(compileFlags(test.torch), " "); got != test.compile {
				t.Errorf("compile flags\n got %s\nwant %s", got, test.compile)
			}
			if got := strings.Join(linkFlags(test.torch), " "); got != test.link {
				t.Errorf("link flags\n got %s\nwant %s", got, test.link)
			}
		})
	}
}

func TestWriteFlags(t *testing.T) {
	dir := t.TempDir()
	torch := Libtorch{Root: "/my torch", Version: "2.15.0", Includes: []string{"/my torch/include"}, Lib: "/my torch/lib"}
	if err := writeFlags(dir, torch, "c++20"); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(filepath.Join(dir, "lib.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"package libtch\n",
		"// Fitted to libtorch 2.15.0 (CPU) in /my torch.",
		`// #cgo CXXFLAGS: -I${SRCDIR} -std=c++20 -O1 -g0 -w -D_GLIBCXX_USE_CXX11_ABI=1 "-I/my torch/include"` + "\n",
		`// #cgo LDFLAGS: "-L/my torch/lib" "-Wl,-rpath,/my torch/lib" `,
		"\nimport \"C\"\n",
	} {
		if !strings.Contains(string(got), want) {
			t.Errorf("lib.go lacks %q:\n%s", want, got)
		}
	}
}
