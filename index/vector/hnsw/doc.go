// Package hnsw is a graph over vectors in which a search walks from neighbour to
// neighbour towards a query: the hierarchical navigable small world of Malkov and
// Yashunin (arXiv:1603.09320).
//
// Build connects the rows of a Space, Extend adds rows, Repair takes dead ones out,
// Renumber follows a compaction; each returns a new Graph and leaves the old one to
// its readers. Search returns the rows nearest to a Probe. WriteTo and Read keep a
// graph in a file.
//
// The same rows, numbers and seed give the same graph, whatever the number of cores.
//
// It never sees a vector: rows are known by number, and a Space compares them. What
// is similar by rounded vectors is for the caller to rank by the vectors themselves.
package hnsw
