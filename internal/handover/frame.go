package handover

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// kind is what a frame carries.
type kind byte

// The kinds of frames; the first two are the client's.
const (
	frameRequest  kind = 'r' // JSON of a message; once, first
	frameCancel   kind = 'c' // empty
	frameRefused  kind = 'n' // text for people; the last one
	frameAccepted kind = 'y' // empty
	frameAlive    kind = '.' // empty
	frameStdout   kind = '1' // bytes as printed
	frameStderr   kind = '2'
	frameExit     kind = 'x' // JSON of an exit; the last one
	frameBack     kind = 'b' // empty; the last one
)

const (
	frameHeader = 5        // bytes: kind, length
	maxOutput   = 64 << 10 // bytes of a frame that the host sends
	maxRequest  = 4 << 20  // bytes; Linux takes command lines of 2 MiB, and base64 makes 4 of 3
)

// errFrame says that what came is not this protocol.
var errFrame = errors.New("malformed frame")

// limit returns the longest payload of a kind in bytes, -1 for a byte that is none.
func (k kind) limit() int {
	switch k {
	case frameRequest:
		return maxRequest
	case frameRefused, frameStdout, frameStderr, frameExit:
		return maxOutput
	case frameCancel, frameAccepted, frameAlive, frameBack:
		return 0
	}
	return -1
}

// writeFrame writes one frame in one call. The payload is within its kind's limit.
func writeFrame(w io.Writer, k kind, payload []byte) error {
	if len(payload) > k.limit() {
		return fmt.Errorf("%w: %d bytes of kind %q", errFrame, len(payload), byte(k))
	}
	frame := make([]byte, frameHeader, frameHeader+len(payload))
	frame[0] = byte(k)
	binary.BigEndian.PutUint32(frame[1:], uint32(len(payload)))
	_, err := w.Write(append(frame, payload...))
	return err
}

// readFrame reads one frame. io.EOF between frames, errFrame for what is none; a long payload costs memory only as it comes.
func readFrame(r *bufio.Reader) (kind, []byte, error) {
	var header [frameHeader]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return 0, nil, err
	}
	k, length := kind(header[0]), binary.BigEndian.Uint32(header[1:])
	if limit := k.limit(); limit < 0 || uint64(length) > uint64(limit) {
		return 0, nil, fmt.Errorf("%w: %d bytes of kind %q", errFrame, length, byte(k))
	}
	payload, err := io.ReadAll(io.LimitReader(r, int64(length)))
	if err == nil && len(payload) < int(length) {
		err = io.ErrUnexpectedEOF
	}
	return k, payload, err
}
