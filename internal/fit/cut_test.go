package fit

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCutBodies(t *testing.T) {
	const source = `at::Device helper(int d) {
  return missing(d);
}
void atg_keep(tensor *out__) { }
void atg_a(tensor *out__) {
  PROTECT(
    gone();
  )
}
tensor *atg_b(tensor self) {
  PROTECT( return gone(); )
  return nullptr;
}
`
	const want = `at::Device helper(int d) {
  throw std::runtime_error("helper: libtorch 2.15.0 lacks what it needs");
}
void atg_keep(tensor *out__) { }
void atg_a(tensor *out__) {
  PROTECT(throw std::runtime_error("atg_a: libtorch 2.15.0 lacks what it needs");)
}
tensor *atg_b(tensor self) {
  PROTECT(throw std::runtime_error("atg_b: libtorch 2.15.0 lacks what it needs");)
  return {};
}
`
	all := functions(source)
	cut := []function{all[0], all[2], all[3]}
	exported := map[string]bool{"atg_a": true, "atg_b": true, "atg_keep": true}
	got := cutBodies(source, cut, exported, Libtorch{Version: "2.15.0"})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("cut source (-want +got):\n%s", diff)
	}
}

func TestEnclosingFunction(t *testing.T) {
	all := functions("int a;\nvoid f(\n  int x) {\n}\n\nvoid g() {}\n")
	for line, want := range map[int]string{1: "", 2: "f", 3: "f", 4: "f", 5: "", 6: "g", 7: ""} {
		got := ""
		if f := enclosingFunction(all, line); f != nil {
			got = f.name
		}
		if got != want {
			t.Errorf("line %d lies in %q, want %q", line, got, want)
		}
	}
}
