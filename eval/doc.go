// Package eval measures a model, and the search that uses it, on a captioned or labelled set of pictures. A Set goes in,
// with unit vectors of its pictures; a Report comes out: Retrieval, InBatch, ZeroShot and Search each add Results to it.
//
// It opens no picture, no model and no library: texts are encoded by an Encoder and libraries made by an Opener, which
// internal/cli wires to what the other commands use.
//
// # Ranks
//
// Every measure but ANN recall is made of ranks. A query's rank is the place, from 1, of the best of the candidates that
// are relevant to it, with ties taken against the model: it is 1 plus the number of candidates that are not relevant and
// whose similarity is at least as high. A model that gives everything the same vector is therefore last, not first.
// recall@k and Hits@k are the share of queries with a rank of at most k; MRR@k is the mean of 1/rank, 0 where the rank is
// above k. The search task takes ranks as the engine shows them, where ties are ordered already.
//
// # Intervals
//
// Intervals hold 95 % of 2,000 bootstrap resamples over pictures, not queries: the captions of one picture stand or fall
// together. Two reports on the same pictures are compared with the same resamples (Compare).
package eval
