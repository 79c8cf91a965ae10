package vector

import (
	"context"
	"fmt"
	"math"
	"runtime"

	"clipsearch/index/store"
	"clipsearch/index/vector/kernel"
)

// Check compares the index with its store, whose log it follows first, and says in words what does not agree: nil if all
// does. What it finds is derived data; Load makes it anew once the store's snapshot is deleted.
func (x *Index) Check(ctx context.Context) (problems []string, err error) {
	if err := x.Sync(ctx); err != nil {
		return nil, err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	s, places, n := x.current.Load(), x.places(), 0
	defer runtime.KeepAlive(s) // see areaBlocks
	missing, wrong := 0, 0
	row := make([]float32, s.dims)
	err = x.st.EachHalf(ctx, func(id store.ID, v []uint16) error {
		n++
		place, found := places[id]
		switch {
		case !found:
			missing++
		case !s.represents(place, v, row):
			wrong++
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("check the vector index: %w", err)
	}
	for _, p := range []struct {
		n    int
		what string
	}{
		{missing, "vectors are missing in the vector index"},
		{wrong, "vectors have the codes of others in the vector index"},
		{s.live - (n - missing), "vectors are in the vector index alone"},
	} {
		if p.n != 0 {
			problems = append(problems, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	return problems, nil
}

// represents reports whether the codes of a row are those of v; buffer has the length of both.
func (s *snapshot) represents(place uint32, v half, buffer []float32) bool {
	v.unit(buffer)
	s.turn.apply(buffer)
	c, i := s.at(place)
	codes, most := c.row(i), float64(c.scale[i])*0.51 // half a step, and what float32 rounds
	for j, x := range buffer {
		coded := s.center.mean[j] + c.scale[i]*float32(int(codes[j])-kernel.Zero)
		if math.Abs(float64(x-coded)) > most+1e-6 {
			return false
		}
	}
	return true
}
