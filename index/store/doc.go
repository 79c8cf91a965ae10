// Package store keeps the truth of a library in one bbolt file: documents,
// captions, vectors, thumbnails, the log of changes and the model's identity.
//
// Open a file, write with Put and its siblings (each call is one durable
// transaction), read with Document, EachFile and the like. Derived indexes
// follow the log: they remember the Sequence they have reached and read on with
// Changes.
//
// It does not decode pictures, compute vectors, tokenise text or search.
//
// # Transactions
//
// No method hands a transaction out: functions that take a callback read a page
// in a short transaction, copy it, end the transaction, and only then call back.
// A callback may therefore call any method of the store, and no reader can make
// the writer wait for ever (bbolt's map cannot grow while a read is open).
//
// # Paths
//
// Paths are bytes kept in a Go string: they need not be UTF-8, but they hold no
// NUL byte. At most one searchable (not hidden) document has a given path.
package store
