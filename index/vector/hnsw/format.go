package hnsw

// The format of a graph, version 1. Numbers are little-endian and of 32 bits where
// nothing else is said; "none" is ^uint32(0).
//
//	offset  bytes
//	 0      8    "CSHNSW", the version in two decimal digits: "01"
//	 8      4    M
//	12      4    EfConstruction
//	16      8    Seed
//	24      4    rows
//	28      4    entry: a row of the top layer, none if the graph is empty
//	32      4    layers, at least 1
//	36      4    t, how many rows are twins of another
//	40      8·t  twins: the row that is a node, then its twin; ascending
//	...          the layers from the bottom up
//	...     4    CRC-32 (Castagnoli) of all bytes before
//
// A layer above the bottom begins with the number of its nodes, n, and their n rows,
// ascending, all of them in the layer below. On the bottom each row is a node. Then
// there are the links of each node:
//
//	1      d, how many links the node has: at most 2·M on the bottom, M above
//	4·d    the nodes that they lead to; on the bottom these are rows
const (
	magic      = "CSHNSW01"
	headerSize = 40
	// maxLayers: as many layers as a draw of 64 bits can give with M = 2.
	maxLayers = 65
)
