package main

import (
	"fmt"
	"slices"
	"strings"
)

// index is what a library built. Its methods are called from one goroutine.
type index interface {
	// search returns the rows of the k nearest vectors, in any order. ef is how wide a graph's search is; others ignore it.
	search(q []float32, k, ef int) ([]uint32, error)
	close()
}

// peer is one way of searching.
type peer struct {
	name  string
	what  string // the sentence of the report
	efs   []int  // 0: none
	build func(m matrix) (index, error)
}

// The parameters of every graph: those that hnswlib's README begins with.
const (
	degree         = 16 // M
	efConstruction = 200
)

var graphEfs = []int{16, 32, 64, 128, 256, 512, 1024, 1536}

// peers are all, in the order of reports. To add one, implement index and name it here.
var peers = []peer{
	{"exact", "ours: exact scan of 8-bit codes", []int{0}, buildExact},
	{"hnsw", "ours: graph over 8-bit codes, M 16, efConstruction 80", graphEfs, buildGraph},
	{"vek32", "scan of float32 with vek32.Dot v0.4.3", []int{0}, buildScan},
	{"hnswlib", "hnswlib 0.6.2, M 16, efConstruction 200, float32", graphEfs, buildHnswlib},
	{"faiss", "faiss 1.7.3 IndexHNSWFlat, M 16, efConstruction 200, Debian's build for any amd64", graphEfs, buildFaiss},
	{"coder", "github.com/coder/hnsw v0.6.1, M 16", []int{20, 64, 256}, buildCoder},
}

func peerNames() []string {
	var names []string
	for _, p := range peers {
		names = append(names, p.name)
	}
	return names
}

// choose returns the peers that a list with commas names; all if it is empty.
func choose(only string) ([]peer, error) {
	if only == "" {
		return peers, nil
	}
	var chosen []peer
	for name := range strings.SplitSeq(only, ",") {
		i := slices.IndexFunc(peers, func(p peer) bool { return p.name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no %q among %s", name, strings.Join(peerNames(), ", "))
		}
		chosen = append(chosen, peers[i])
	}
	return chosen, nil
}
