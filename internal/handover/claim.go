package handover

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Holder says who uses a library.
type Holder struct {
	Command string `json:"command"` // such as "index"
	PID     int    `json:"pid"`
	Version string `json:"version"` // of its program
}

func (h Holder) String() string { return fmt.Sprintf("%s (pid %d)", h.Command, h.PID) }

// Claim is a file that says who we are, locked as long as this process lives or until Close.
type Claim struct{ file *os.File }

// maxHolder bounds the note of a holder in bytes.
const maxHolder = 4096

// takeClaim makes and locks the file at path. ErrHosted if another living process has it.
func takeClaim(path string, me Holder) (*Claim, error) {
	for {
		file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
		if err != nil {
			return nil, err
		}
		if err := lock(file); err != nil {
			return nil, errors.Join(err, file.Close())
		}
		if !isAt(file, path) { // its last owner has removed it meanwhile
			file.Close()
			continue
		}
		c := &Claim{file}
		if err := c.write(me); err != nil {
			return nil, errors.Join(err, c.Close())
		}
		return c, nil
	}
}

// lock takes the file's lock unless another process has it: ErrHosted.
func lock(file *os.File) error {
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case errors.Is(err, syscall.EWOULDBLOCK):
			return ErrHosted
		case !errors.Is(err, syscall.EINTR):
			return err
		}
	}
}

// isAt reports whether path still names the open file.
func isAt(file *os.File, path string) bool {
	mine, err := file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(path)
	return err == nil && os.SameFile(mine, there)
}

// write puts down who we are.
func (c *Claim) write(me Holder) error {
	note, err := json.Marshal(me)
	if err != nil {
		return err
	}
	if err := c.file.Truncate(0); err != nil {
		return err
	}
	_, err = c.file.WriteAt(note, 0)
	return err
}

// Close removes the file and lets go of it. A nil Claim does nothing. What is left of the desk's folder goes with its last
// file.
func (c *Claim) Close() error {
	if c == nil {
		return nil
	}
	err := os.Remove(c.file.Name()) // before the lock ends: afterwards it may be another's
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	_ = os.Remove(filepath.Dir(c.file.Name())) // only if it is empty
	return errors.Join(err, c.file.Close())
}

// livingHolder returns who has the claim at path; false if nobody alive does.
func livingHolder(path string) (Holder, bool) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return Holder{}, false
	}
	defer file.Close()
	if lock(file) == nil { // its owner is dead; the lock that we have now ends with the file
		return Holder{}, false
	}
	note, err := io.ReadAll(io.LimitReader(file, maxHolder))
	if err != nil {
		return Holder{}, false
	}
	var h Holder
	return h, json.Unmarshal(note, &h) == nil
}
