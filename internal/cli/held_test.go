package cli

import (
	"bytes"
	"io"
	"os"
	"sync"
)

// messages returns where a test's process writes its messages. If $HOLD names a pipe, the message that captions were matched,
// which comes in the middle of an index run, waits until whoever has opened the pipe for writing closes it.
func messages() io.Writer {
	pipe := os.Getenv("HOLD")
	if pipe == "" {
		return os.Stderr
	}
	return &held{until: sync.OnceValue(func() error { _, err := os.ReadFile(pipe); return err })}
}

// held are messages of which some wait.
type held struct {
	until func() error
}

func (h *held) Write(message []byte) (int, error) {
	if bytes.Contains(message, []byte("matched")) {
		if err := h.until(); err != nil {
			return 0, err
		}
	}
	return os.Stderr.Write(message)
}
