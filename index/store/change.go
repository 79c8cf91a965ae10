package store

// Op is the kind of a change. A follower that rereads the document needs not
// tell them apart.
type Op uint8

// The kinds of changes. The numbers are part of the file format.
const (
	OpPut      Op = 1 // document written whole
	OpHide     Op = 2
	OpUnhide   Op = 3
	OpMove     Op = 4 // path changed
	OpCaptions Op = 5
	OpTags     Op = 6
	OpVector   Op = 7
	OpForget   Op = 8 // document no longer exists
)

// Change is one entry of the log.
type Change struct {
	Sequence uint64 // from 1, without gaps
	Op       Op
	ID       ID
}
