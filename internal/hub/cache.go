package hub

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// publish makes the snapshot of links and then the reference that leads to it, and returns the snapshot's folder.
func (p *pull) publish() (dir string, err error) {
	dir = filepath.Join(p.repo, "snapshots", p.commit)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	for _, f := range p.files {
		if err := link(filepath.Join(dir, f.name), filepath.Join("..", "..", "blobs", f.hash())); err != nil {
			return "", err
		}
	}
	if p.Revision == p.commit {
		return dir, nil
	}
	return dir, writeWhole(filepath.Join(p.repo, "refs", p.Revision), []byte(p.commit))
}

// link makes a symbolic link, in the place of what is there.
func link(path, to string) error {
	if now, err := os.Readlink(path); err == nil && now == to {
		return nil
	}
	temp := filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".link")
	if err := os.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Symlink(to, temp); err != nil {
		return err
	}
	return os.Rename(temp, path)
}

// writeWhole writes a small file so that it appears whole.
func writeWhole(path string, content []byte) (err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, f.Close(), os.Remove(f.Name()))
		}
	}()
	if _, err := f.Write(content); err != nil {
		return err
	}
	if err := errors.Join(f.Chmod(0o644), f.Sync()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return err
	}
	return f.Close()
}

// Find returns the folder of a repository's files at a revision, as far as it is in a cache; fs.ErrNotExist if it is not.
func Find(cache string, r Repository) (dir string, err error) {
	repo := repositoryDir(cache, r.Name)
	commit := r.Revision
	if data, err := os.ReadFile(filepath.Join(repo, "refs", r.Revision)); err == nil {
		commit = strings.TrimSpace(string(data))
	}
	if !plain(commit) {
		return "", fs.ErrNotExist
	}
	dir = filepath.Join(repo, "snapshots", commit)
	_, err = os.Stat(dir)
	return dir, err
}
