// Package hub downloads the files of a model repository from the Hugging Face hub, or a mirror of it, into the cache that
// Hugging Face's own tools use. [Client.Pull] brings what is not there yet and returns the folder; it resumes what was
// broken off and checks every file against the hash that the hub gives for it.
//
//	CACHE/models--ORG--NAME/blobs/HASH                    a file's content; HASH.incomplete while it comes
//	CACHE/models--ORG--NAME/snapshots/COMMIT/FILE         a link to it
//	CACHE/models--ORG--NAME/refs/REVISION                 the commit that a branch or tag stands for
//	CACHE/.locks/models--ORG--NAME/HASH.lock              locked by who downloads it
//
// (huggingface_hub, "Understand caching"). The link and the reference come last, so that whoever looks a model up finds it
// whole or not at all.
//
// It is the only room with an HTTP client. It knows nothing of checkpoints: the caller chooses the files. It does not look
// at the environment.
package hub
