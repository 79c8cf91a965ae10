package handover

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// Desk is where the processes that use one library file meet: a folder of the same name in each of several places, of
// which a host takes the first that is usable and a client tries all, as processes may disagree about the environment.
type Desk struct{ dirs []string }

// maxSocketPath is what fits the address of a socket everywhere, in bytes (Linux has 107, macOS 103).
const maxSocketPath = 103

// At returns the desk of a library file, of which info is what os.Stat says.
func At(getenv func(string) string, info os.FileInfo) Desk {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return Desk{}
	}
	name := fmt.Sprintf("%x-%x", stat.Dev, stat.Ino)
	var d Desk
	for _, place := range places(getenv, os.Getuid()) {
		dir := filepath.Join(place, name)
		if filepath.IsAbs(dir) && len(filepath.Join(dir, socketName)) <= maxSocketPath && !slices.Contains(d.dirs, dir) {
			d.dirs = append(d.dirs, dir)
		}
	}
	return d
}

// The files of a desk.
const (
	socketName   = "socket"
	hostName     = "host"
	readerPrefix = "reader-"
)

// places lists the folders that desks may be in, best first. A temporary folder may be named by the environment, so the
// usual one is tried, too.
func places(getenv func(string) string, uid int) []string {
	own := fmt.Sprintf("clipsearch-%d", uid)
	return []string{
		filepath.Join(getenv("XDG_RUNTIME_DIR"), "clipsearch"),
		filepath.Join("/run/user", fmt.Sprint(uid), "clipsearch"),
		filepath.Join(os.TempDir(), own),
		filepath.Join("/tmp", own),
	}
}

// open returns the first folder of the desk that is ours alone, made if absent. ErrNoPlace.
func (d Desk) open() (string, error) {
	for _, dir := range d.dirs {
		place := filepath.Dir(dir)
		if makePrivate(place) == nil && makePrivate(dir) == nil {
			return dir, nil
		}
	}
	return "", ErrNoPlace
}

// existing lists the folders of the desk that are there and ours alone.
func (d Desk) existing() []string {
	var dirs []string
	for _, dir := range d.dirs {
		if checkPrivate(filepath.Dir(dir)) == nil && checkPrivate(dir) == nil {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// makePrivate makes a folder 0700 unless it exists, and checks it.
func makePrivate(dir string) error {
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return checkPrivate(dir)
}

// checkPrivate refuses a folder that somebody else made or may enter: in a temporary folder that all share, another user
// could have put one there to hear our searches.
func checkPrivate(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || int(stat.Uid) != os.Getuid() || info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("%s: it must be a folder of this user's, with mode 0700", dir)
	}
	return nil
}

// Holders lists the living processes that have told here that they use the library, the host first, then readers by
// process.
func (d Desk) Holders() []Holder {
	var hosts, readers []Holder
	for _, dir := range d.existing() {
		entries, err := os.ReadDir(dir)
		if err != nil {
			continue
		}
		for _, entry := range entries {
			if reader := strings.HasPrefix(entry.Name(), readerPrefix); !reader && entry.Name() != hostName {
				continue
			} else if holder, ok := livingHolder(filepath.Join(dir, entry.Name())); ok && reader {
				readers = append(readers, holder)
			} else if ok {
				hosts = append(hosts, holder)
			}
		}
	}
	slices.SortFunc(readers, func(a, b Holder) int { return a.PID - b.PID })
	return append(hosts, readers...)
}

// Announce leaves a note that this process reads the library, until the claim is closed. It serves messages only: where
// there is no place for it, there is none, and the claim is nil.
func (d Desk) Announce(me Holder) *Claim {
	dir, err := d.open()
	if err != nil {
		return nil
	}
	claim, err := takeClaim(filepath.Join(dir, fmt.Sprint(readerPrefix, me.PID)), me)
	if err != nil {
		return nil
	}
	return claim
}
