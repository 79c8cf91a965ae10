package vector

import (
	"context"
	"fmt"
	"runtime"

	"clipsearch/index/vector/hnsw"
)

// Kind is a way of searching.
type Kind string

// Kinds.
const (
	Auto  Kind = ""      // HNSW from Crossover vectors on
	Exact Kind = "exact" // all vectors are compared
	HNSW  Kind = "hnsw"  // by a graph
)

// Crossover is the number of vectors from which on Auto builds a graph: up to there two cores compare all of them often
// enough for 80 searches a second, see doc/vectors.md. A graph needs minutes of both for each million, and finds nearly all
// neighbours of a picture instead of all. One that is there is kept until there are fewer than keptFrom vectors, so that
// pictures that come and go don't cost a graph each time.
const (
	Crossover = 1_000_000
	keptFrom  = Crossover / 4 * 3
)

// A graph is behind its vectors by a share of its rows at most before it is worth extending: until then they are compared
// one by one. Likewise of rows that are deleted before they are worth removing.
const (
	tailShare = 1.0 / 64
	tailRows  = 4096
	deadShare = 1.0 / 5
)

// NeedsBuild reports whether Build has something to do that makes searching faster.
func (x *Index) NeedsBuild() bool {
	s := x.current.Load()
	if !x.wantsGraph(s) {
		return s.graph != nil
	}
	if s.graph == nil {
		return s.rows > 0
	}
	tail := s.rows - s.graph.Rows()
	return float64(tail) > max(tailRows, tailShare*float64(s.rows)) || s.crowded()
}

// crowded reports whether too many rows have died since the graph was made or repaired.
func (s *snapshot) crowded() bool {
	return float64(s.rows-s.live-s.repaired) > deadShare*float64(s.rows)+blockRows
}

// wornOut reports whether as many rows have died as are left since the graph was made: each repair finds neighbours among
// those that there are, which after many is worse than to look for them anew.
func (s *snapshot) wornOut() bool { return s.replaced+s.rows-s.live-s.repaired > s.live }

// wantsGraph reports whether s is to be searched by a graph.
func (x *Index) wantsGraph(s *snapshot) bool {
	least := Crossover
	if s.graph != nil {
		least = keptFrom
	}
	return x.kind == HNSW || x.kind == Auto && s.live >= least
}

// Build brings the graph in step with the vectors, on all cores: it makes or extends it, reconnects what deleted vectors
// held together, and drops it where none is wanted. Searches and writers go on meanwhile. It takes up to some
// ten minutes for a million vectors; after an error the old graph stays.
func (x *Index) Build(ctx context.Context) error {
	x.building.Lock()
	defer x.building.Unlock()
	for {
		s := x.current.Load()
		g, err := x.grow(ctx, s)
		if err != nil {
			return fmt.Errorf("build the graph: %w", err)
		}
		installed, err := x.install(ctx, s, g)
		if err != nil {
			return fmt.Errorf("build the graph: %w", err)
		}
		if installed {
			return nil
		}
	}
}

// Tend calls Build whenever vectors have come or gone so that it is needed, until ctx ends or Build fails.
func (x *Index) Tend(ctx context.Context) error {
	for {
		if x.NeedsBuild() {
			if err := x.Build(ctx); err != nil && ctx.Err() == nil {
				return err
			}
		}
		select {
		case <-x.edited:
		case <-ctx.Done():
			return nil
		}
	}
}

// grow returns the graph that s should have, nil for none.
func (x *Index) grow(ctx context.Context, s *snapshot) (g *hnsw.Graph, err error) {
	defer runtime.KeepAlive(s) // see areaBlocks
	if !x.wantsGraph(s) || s.rows == 0 {
		return nil, nil
	}
	by := space{s, x.kernel}
	dead := func(row uint32) bool { return s.isDead(int(row)) }
	switch {
	case s.graph == nil || s.crowded() && s.wornOut():
		return hnsw.Build(ctx, by, s.rows, dead, hnsw.Config{})
	case s.graph.Rows() < s.rows:
		if g, err = s.graph.Extend(ctx, by, s.rows, dead); err != nil {
			return nil, err
		}
	default:
		g = s.graph
	}
	if s.crowded() {
		return g.Repair(ctx, by, dead)
	}
	return g, nil
}

// install gives the current snapshot a graph that was made for s. It reports false if rows have other numbers by now.
func (x *Index) install(ctx context.Context, s *snapshot, g *hnsw.Graph) (bool, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	next := *x.current.Load()
	if next.numbering != s.numbering {
		return false, nil
	}
	if next.graph = g; g != nil && (s.graph == nil || s.crowded()) {
		next.replaced = s.replaced + s.rows - s.live - s.repaired
		if s.graph == nil || s.wornOut() {
			next.replaced = 0
		}
		next.repaired = s.rows - s.live
	}
	if g != nil && next.mostlyDead() {
		return true, x.removeDead(ctx, &next)
	}
	x.current.Store(&next)
	return true, nil
}

// removeDead compacts a snapshot whose graph was repaired. Writers wait.
func (x *Index) removeDead(ctx context.Context, s *snapshot) error {
	defer runtime.KeepAlive(s) // see areaBlocks
	// Those that died since the graph was repaired are few.
	g, err := s.graph.Repair(ctx, space{s, x.kernel}, func(row uint32) bool { return s.isDead(int(row)) })
	if err != nil {
		return err
	}
	e := &edit{next: *s, rows: x.places()}
	to := e.removeDead()
	e.next.graph = g.Renumber(to[:g.Rows()])
	e.next.replaced = s.replaced + s.rows - s.live - s.repaired
	x.rows = e.rows
	x.current.Store(&e.next)
	return nil
}
