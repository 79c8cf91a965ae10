// Package text is the caption index: full-text search, ranked by BM25, over
// captions, file and folder names, tags, cameras and places.
//
// Open brings a bleve index in a disposable folder in step with a store, rebuilding it
// where needed; Sync follows the store's log; Search answers.
//
// It does not parse what a user typed (see package search) and keeps nothing that the store
// does not hold: its folder may be deleted at any time while it is closed.
package text
