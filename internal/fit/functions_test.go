package fit

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFunctions(t *testing.T) {
	const source = `#include <vector> // {
#define PROTECT(x) \
  try { x } catch (...) { }

using namespace std;
static const int sizes[] = {1, 2};
struct point { int x; };
typedef struct { int y; } other;

/* void commented(int) { über */
vector<at::Tensor> of_carray(at::Tensor **vs,
                             int len) {
  if (len) { return {}; }
}
extern "C" {
int at_quoted(char c) { return c == '{' || c == '\''; }
tensor *atg_pointer(tensor self) {
  PROTECT(
    string s = "}}\"{";
  )
  return nullptr;
}
}
namespace detail {
void inner() {}
} // namespace detail
void declared(int);
void at_void_(
    tensor *out__)
{
  // }
}
`
	var got []string
	for _, f := range functions(source) {
		got = append(got, fmt.Sprintf("%s %t %d-%d %s", f.name, f.void, f.first, f.last, excerpt(source[f.open:f.close+1])))
	}
	want := []string{
		"of_carray false 11-14 { if …",
		"at_quoted false 16-16 { return …",
		"atg_pointer false 17-22 { PROTECT( …",
		"inner true 25-25 {}",
		"at_void_ true 28-32 { // …",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("functions (-want +got):\n%s", diff)
	}
}

// excerpt returns the first two words of a body.
func excerpt(body string) string {
	words := strings.Fields(body)
	if len(words) <= 2 {
		return strings.Join(words, " ")
	}
	return words[0] + " " + words[1] + " …"
}

// Every function that gotch's headers declare is found once in its sources, with a body that ends where the
// next function has not begun.
func TestFunctionsOfGotch(t *testing.T) {
	dir := filepath.Join(gotchSource(t), "libtch")
	texts, err := readTexts(dir)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	for name, source := range texts.source {
		before := 0
		for _, f := range functions(source) {
			found[f.name]++
			if f.first <= before || f.last < f.first {
				t.Errorf("%s: %s spans lines %d to %d, the one before ends at %d", name, f.name, f.first, f.last, before)
			}
			before = f.last
		}
	}
	for name := range texts.exported {
		if found[name] != 1 && strings.HasPrefix(name, "at") {
			t.Errorf("%s is declared, but found %d times", name, found[name])
		}
	}
	if len(found) < 2500 {
		t.Errorf("found %d functions, want more than 2,500", len(found))
	}
}

// gotchSource returns the folder of the original gotch in the module cache.
func gotchSource(t *testing.T) string {
	t.Helper()
	cmd := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", gotchPath)
	cmd.Env = append(os.Environ(), "GOWORK=off")
	out, err := cmd.Output()
	dir := strings.TrimSpace(string(out))
	if err != nil || dir == "" {
		t.Skip("gotch is not in the module cache; to run this: go mod download " + gotchPath)
	}
	return dir
}

func FuzzFunctions(f *testing.F) {
	f.Add("void f() { \"}\" }")
	f.Add("namespace a { int g(int x) { return '}'; } }")
	f.Add("}}{{ #define {\n'\\''")
	f.Fuzz(func(t *testing.T, source string) {
		end := 0
		for _, fn := range functions(source) {
			if fn.open < end || fn.close <= fn.open || fn.close >= len(source) {
				t.Fatalf("body of %q at %d to %d after %d", fn.name, fn.open, fn.close, end)
			}
			end = fn.close
		}
	})
}
