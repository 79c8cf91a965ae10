package hnsw

import (
	"slices"
	"sync"

	"clipsearch/internal/pages"
)

// none stands for no row and no node.
const none = ^uint32(0)

// MaxRows is how many rows a graph can have: a bit of a key is needed otherwise.
const MaxRows = 1<<31 - 1

// Config says how rows are connected.
type Config struct {
	// M is how many neighbours a row chooses; it is linked with up to 2·M on the layer of all rows, M on those above.
	// From 2 to 64; zero: 16.
	M int
	// EfConstruction is how many nearest rows its neighbours are chosen among. Zero: 80.
	EfConstruction int
	// Seed, with its number, gives the highest layer of a row.
	Seed uint64
}

const (
	defaultM = 16 // more gains little recall at equal time on 512 values, and costs 8 bytes a row each
	// defaultEfConstruction: of 50,000 real vectors, with 64, 80, 100 and 200, building takes 5.6, 5.8, 7.0 and 12.2 s of
	// processor time, and texts find .981, .983, .986 and .991 of their nearest with ef 1024.
	defaultEfConstruction = 80
	maxM                  = 64
)

// withDefaults returns c with its zeros replaced and M within its range.
func (c Config) withDefaults() Config {
	if c.M == 0 {
		c.M = defaultM
	}
	if c.EfConstruction <= 0 {
		c.EfConstruction = defaultEfConstruction
	}
	c.M = min(max(c.M, 2), maxM)
	return c
}

// degree returns how many links a node of a layer has at most.
func (c Config) degree(layer int) int {
	if layer == 0 {
		return 2 * c.M
	}
	return c.M
}

// Graph connects the rows of a Space. It never changes: any number of searches may
// run at once.
type Graph struct {
	config Config
	rows   int     // with those that are not in the graph
	layers []layer // from the bottom, which has all rows, up
	entry  uint32  // a row of the top layer, none if the graph is empty
	// twins chains rows with equal vectors: the first is a node, and of each the next one, none for the last. Those after
	// the first ascend. nil if there are none.
	twins   []uint32
	walkers *sync.Pool // of *walker, shared with the graphs made from this one
}

// layer is a graph of some rows, its nodes.
type layer struct {
	rows   []uint32 // of each node, ascending; nil at the bottom, where node i is row i
	degree int
	links  []uint32 // [nodes, degree], those that a node doesn't use are none and last
}

func newGraph(config Config) *Graph {
	return &Graph{
		config:  config,
		layers:  []layer{{degree: config.degree(0)}},
		entry:   none,
		walkers: &sync.Pool{New: func() any { return new(walker) }},
	}
}

// Rows returns how many rows the graph knows, dead ones included.
func (g *Graph) Rows() int { return g.rows }

// Bytes returns the memory that the graph holds, that of searches apart.
func (g *Graph) Bytes() int {
	words := len(g.twins)
	for _, l := range g.layers {
		words += len(l.rows) + len(l.links)
	}
	return 4 * words
}

// someRow reports whether is holds for a row.
func (g *Graph) someRow(is func(row uint32) bool) bool {
	for row := range uint32(g.rows) {
		if is(row) {
			return true
		}
	}
	return false
}

// nodes returns how many nodes the layer has.
func (l *layer) nodes() int { return len(l.links) / l.degree }

// slots returns the links of a node with the unused ones.
func (l *layer) slots(node uint32) []uint32 {
	return l.links[int(node)*l.degree : (int(node)+1)*l.degree : (int(node)+1)*l.degree]
}

// neighbors returns the links of a node.
func (l *layer) neighbors(node uint32) []uint32 {
	slots := l.slots(node)
	for i, n := range slots {
		if n == none {
			return slots[:i]
		}
	}
	return slots
}

// row returns the row of a node.
func (l *layer) row(node uint32) uint32 {
	if l.rows == nil {
		return node
	}
	return l.rows[node]
}

// node returns the node of a row, which must be in the layer.
func (l *layer) node(row uint32) uint32 {
	if l.rows == nil {
		return row
	}
	node, _ := slices.BinarySearch(l.rows, row)
	return uint32(node)
}

// clone returns a copy with room for more nodes.
func (l *layer) clone(more int) layer {
	c := layer{degree: l.degree, links: make([]uint32, len(l.links), len(l.links)+more*l.degree)}
	pages.Advise(c.links)
	copy(c.links, l.links)
	if l.rows != nil {
		c.rows = append(make([]uint32, 0, len(l.rows)+more), l.rows...)
	}
	return c
}

// grow adds unlinked nodes.
func (l *layer) grow(more int) {
	from := len(l.links)
	l.links = slices.Grow(l.links, more*l.degree)
	pages.Advise(l.links[from:]) // walks read links all over
	l.links = l.links[:from+more*l.degree]
	for i := from; i < len(l.links); i++ {
		l.links[i] = none
	}
}
