// Package encode holds a loaded dual encoder: it maps pictures and texts to unit vectors of one space, in which the inner
// product says how well they go together.
//
// Open a model directory, prepare pictures with [Model.Prepare] on as many goroutines as there are cores, and hand batches
// to [Model.EncodePixels]; give search words to [Model.EncodeTexts]. Close the model in the end.
//
// The towers need libtorch and are in the program only if it was built with the tag native. Without it Open returns
// [ErrNoBackend]; types and functions are the same.
//
// The package does not read or decode picture files (internal/imgio does) and does not store or search vectors.
package encode
