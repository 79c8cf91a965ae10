// Package checkpoint opens a model directory: it reads the configuration, the
// tokenizer files and the pre-processing of a CLIP, and gives its weights by
// name with every shape checked.
//
// [Open] takes a Hugging Face directory (config.json and model.safetensors,
// whole or in shards, or pytorch_model.bin) or an OpenCLIP one
// (open_clip_config.json and open_clip_model.safetensors); whatever the layout,
// a [Checkpoint] names its weights as Hugging Face does. [Create] writes a
// randomly initialised directory, [Checkpoint.Write] one with given weights in
// any precision, [Resolve] and [List] find directories by name.
//
// Nothing in a directory is trusted: files are parsed here, pickles are read by
// a machine that knows no calls but those of a table of tensors, and whatever
// does not fit ends in an *[Error] that names file and tensor.
//
// It does not run the towers or touch the network.
//
// # Caveats
//
// Weights are mapped, not read: a file that another process cuts short while it
// is open ends the program, as with any memory map. Replace model files by
// renaming, never in place.
package checkpoint
