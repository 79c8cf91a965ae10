// Package torch runs the two towers of a CLIP checkpoint with libtorch: pixels or token ids in, raw embeddings out.
//
// Open loads a checkpoint's weights; Images and Texts may then be called from any goroutine. One goroutine, locked to its
// OS thread, owns the model, because libtorch keeps the grad mode and the number of threads per OS thread. It runs one
// batch at a time on a CUDA device, so a single query gets in between two batches of a long indexing run. On a CPU it runs
// what is for one item, with all cores, and lanes of one core each share out what is for several.
//
// The package does not decode, resize or tokenise, and it does not normalise: that is package encode's work. Apart from
// this file and the sentinel errors everything is behind the build tag native, because it links libtorch.
//
// # How libtorch is called
//
// Only gotch's lowest package, libtch, is imported: one Go function for each C function. The layer above it ends the process
// with log.Fatal in many places, keeps every tensor in a global table and allocates 100 kB of Go memory for each; and its root
// package creates a folder in the user's home when the process starts. Errors are C++ exceptions that gotch's C functions
// catch; they arrive as Go errors through a scope.
//
// In the comments behind tensor expressions B is the batch, T the tokens, W the tower's width, H its heads, M the width of
// the MLP, D the dimensions of the embedding, S the picture's side and P the patch's side in pixels, and G = (S/P)² the
// patches of a picture.
package torch
