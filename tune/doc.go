// Package tune trains a dual encoder on captioned pictures: [Run] draws batches, has a [Trainer] learn from them, has a
// validator measure what came out now and then, and keeps the best weights.
//
// Everything that is drawn by chance follows from the seed of a [Plan] and the number of a step, so a run that was interrupted
// goes on as if it had not been. The package does not know tensors (encode/torch does), reads no pictures and prints nothing.
package tune
