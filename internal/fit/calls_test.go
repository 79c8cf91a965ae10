package fit

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A gotch in small: ts methods call libtch functions, which call C; Stack is written by hand on top of Cat.
var smallGotch = map[string]string{
	"init.go": "package gotch\n",
	"libtch/c-generated.go": `package libtch
import "C"
func AtgLayerNorm(x int) { C.atg_layer_norm(x) }
func AtgCat(x int)       { C.atg_cat(x) }
func AtgGone(x int)      { C.atg_gone(x) }
`,
	"ts/tensor.go": `package ts
import lib "github.com/sugarme/gotch/libtch"
type Tensor struct{}
func (t *Tensor) LayerNorm() { lib.AtgLayerNorm(1) }
func (t *Tensor) Gone() { lib.AtgGone(1) }
func (t *Tensor) MustGone() { t.Gone() }
func (t *Tensor) Name() string { return "" }
func Cat() { lib.AtgCat(1) }
func Stack() { prepare(); Cat() }
func prepare() {}
`,
	"nn/linear.go": `package nn
import "github.com/sugarme/gotch/ts"
func NewLinear() { new(ts.Tensor).MustGone() }
`,
}

func TestCheckCalls(t *testing.T) {
	const header = "package torch\nimport (\n\"fmt\"\n\"github.com/sugarme/gotch/nn\"\ntorch \"github.com/sugarme/gotch/ts\"\n)\n"
	tests := []struct {
		name, code string
		cut        []string
		want       []string // function, name and place of each call
	}{
		{"nothing cut", header + "func f(x *torch.Tensor) { x.LayerNorm() }", nil, nil},
		{"cut but not called", header + "func f(x *torch.Tensor) { x.LayerNorm() }", []string{"atg_gone"}, nil},
		{"method", header + "func f(x *torch.Tensor) { x.LayerNorm() }", []string{"atg_layer_norm"},
			[]string{"atg_layer_norm LayerNorm encode/a.go:7"}},
		{"function by way of another", header + "func f() { torch.Stack() }", []string{"atg_cat"},
			[]string{"atg_cat Stack encode/a.go:7"}},
		{"method of a call's result", header + "func f() { g().h.LayerNorm() }", []string{"atg_layer_norm"},
			[]string{"atg_layer_norm LayerNorm encode/a.go:7"}},
		{"another package of gotch", header + "func f() { nn.NewLinear() }", []string{"atg_gone", "atg_layer_norm"},
			[]string{"atg_gone NewLinear encode/a.go:7"}},
		{"same name in another package", header + "func f() { fmt.Stack() }", []string{"atg_cat"}, nil},
		{"a file without gotch", "package torch\nfunc f(x y) { x.LayerNorm() }", []string{"atg_layer_norm"}, nil},
		{"several, each once, sorted", header + "func f(x *torch.Tensor) { x.LayerNorm(); torch.Cat(); torch.Stack() }",
			[]string{"atg_layer_norm", "atg_cat"},
			[]string{"atg_cat Cat encode/a.go:7", "atg_layer_norm LayerNorm encode/a.go:7"}},
	}
	dir := writeFiles(t, smallGotch)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			checkout := writeFiles(t, map[string]string{
				"encode/a.go":          test.code,
				"encode/testdata/b.go": "not Go at all",
				".git/c.go":            "nor this",
			})
			var cut []Cut
			for _, name := range test.cut {
				cut = append(cut, Cut{name, "'x' is not a member of 'torch'"})
			}
			err := checkCalls(checkout, dir, Libtorch{Version: "9.9.9", Root: "/opt"}, cut)
			var got []string
			if e := (*CutError)(nil); errors.As(err, &e) {
				for _, c := range e.Calls {
					got = append(got, c.Function+" "+c.Name+" "+c.Position)
				}
			} else if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCutErrorNamesAll(t *testing.T) {
	err := &CutError{Libtorch{Version: "9.9.9", Root: "/opt/torch"}, []Call{{"atg_cat", "Stack", "encode/a.go:7", "'cat' is not a member of 'torch'"}}}
	for _, want := range []string{"9.9.9", "/opt/torch", "atg_cat", "Stack", "encode/a.go:7", "'cat' is not a member"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q lacks %q", err, want)
		}
	}
}
