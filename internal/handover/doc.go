// Package handover lets the processes that use one library find each other: a process that holds the library for writing
// hosts, and runs the commands of those that find it held.
//
// At names the [Desk] of a library file. [Desk.Host] takes the host's place there and runs what comes; [Desk.Call] asks the
// host to run a command and copies what it prints; [Desk.Announce] leaves a note by which a process that is refused learns
// who is in the way.
//
// It knows no command and opens no library: a [Request] is a command line, a folder and some environment, and the
// [Handler] that runs it is wired in by cli.
//
// # Where
//
// A desk is a folder, 0700 and ours, named for the library file's device and inode in the first usable of
// $XDG_RUNTIME_DIR/clipsearch, /run/user/UID/clipsearch and clipsearch-UID in the temporary folder. It is not named for
// the library's ID: that stands in a file that whoever finds it locked cannot read, and a copied library has the ID of its
// original. Device and inode are the same by whatever path a process reached the file. In the folder are
//
//	host      who hosts; locked (flock) as long as that process lives
//	socket    0600, where it listens
//	reader-N  process N reads the library; locked likewise
//
// A lock ends with its process, so what a killed process left behind is known as such and replaced.
//
// # Protocol
//
// One connection carries one command. All is in frames: a byte for the kind, the payload's length as four bytes,
// big-endian, and the payload. The client sends a request (JSON) and, to interrupt the command, a cancel frame or nothing
// but the end of the connection. The host answers with a refusal (text) or accepts, and then sends what the command prints
// on stdout and stderr as it comes, a sign of life at least every second, and at the end the exit code (JSON), or hands the
// command back: then the client must do it itself. Both sides check that the other belongs to the same user.
package handover
