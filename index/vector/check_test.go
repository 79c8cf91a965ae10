package vector

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// Check is silent about a sound index and names what is wrong with another one.
func TestCheck(t *testing.T) {
	rng := rand.New(rand.NewPCG(41, 42))
	st, ids := newLibrary(t, rng, 3000)
	ok(t, st.Hide(ctx, ids[5]))
	for name, tc := range map[string]struct {
		damage func(x *Index, s *snapshot)
		want   string
	}{
		"sound": {func(*Index, *snapshot) {}, ""},
		"lost": {func(x *Index, s *snapshot) {
			ok(t, x.edit(func(e *edit) { e.delete(ids[9]) }))
		}, "1 vectors are missing"},
		"surplus": {func(x *Index, s *snapshot) {
			ok(t, x.edit(func(e *edit) { e.add(1<<40, slices.Repeat(half{0x3800}, savedDims)) }))
		}, "1 vectors are in the vector index alone"},
		"swapped": {func(x *Index, s *snapshot) {
			b := s.blocks[0]
			b.ids[1], b.ids[2] = b.ids[2], b.ids[1]
			x.rows = nil
		}, "2 vectors have the codes of others"},
		"codes": {func(x *Index, s *snapshot) { s.codes[2].row(7)[0] += 9 }, "1 vectors have the codes of others"},
		"scale": {func(x *Index, s *snapshot) { s.codes[2].scale[7] *= 2 }, "1 vectors have the codes of others"},
	} {
		x, err := Load(ctx, st, Exact)
		ok(t, err)
		tc.damage(x, x.current.Load())
		problems, err := x.Check(ctx)
		ok(t, err)
		if got := strings.Join(problems, "; "); !strings.HasPrefix(got, tc.want) || (tc.want == "") != (got == "") {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}
