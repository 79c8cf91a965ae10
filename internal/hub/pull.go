package hub

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"clipsearch/internal/progress"
)

// Request says what to download and where to.
type Request struct {
	Repository
	// Cache is the folder of repositories, $HF_HUB_CACHE. It is made if need be.
	Cache string
	// Choose returns which of the files in the repository's root are wanted. read downloads a small one among them at once.
	Choose func(names []string, read func(name string) ([]byte, error)) ([]string, error)
	// Meter counts bytes and says what is going on; nil for none.
	Meter *progress.Meter
}

// maxRead bounds what read gives, bytes.
const maxRead = 4 << 20

// Pulled is a repository's files on this machine.
type Pulled struct {
	Dir        string // of the files
	Commit     string
	Downloaded int64 // bytes that came over the network
}

// Pull brings the wanted files into the cache and returns their folder. What is there already is not fetched again, what
// was broken off goes on; when ctx ends, what has come is kept. Errors are an *Error, or the context's.
func (c *Client) Pull(ctx context.Context, r Request) (Pulled, error) {
	if err := r.check(r.Name); err != nil {
		return Pulled{}, err
	}
	p := &pull{client: c, Request: r, transport: c.transport(), repo: repositoryDir(r.Cache, r.Name)}
	if t, ok := p.transport.(*http.Transport); ok && c.Transport == nil {
		defer t.CloseIdleConnections()
	}
	if err := p.prepare(ctx); err != nil {
		return Pulled{}, err
	}
	if err := p.fetchAll(ctx); err != nil {
		return Pulled{}, err
	}
	dir, err := p.publish()
	return Pulled{dir, p.commit, p.downloaded}, err
}

// pull is one Pull under way.
type pull struct {
	Request
	client     *Client
	transport  http.RoundTripper
	repo       string // the repository's folder in the cache
	commit     string
	files      []file // wanted
	downloaded int64
}

// prepare learns what there is and what is wanted of it.
func (p *pull) prepare(ctx context.Context) error {
	commit, all, err := p.client.list(ctx, p.transport, p.Repository, p.Meter)
	if err != nil {
		return err
	}
	p.commit = commit
	byName := make(map[string]file, len(all))
	names := make([]string, len(all))
	for i, f := range all {
		byName[f.name], names[i] = f, f.name
	}
	chosen, err := p.Choose(names, func(name string) ([]byte, error) {
		f, ok := byName[name]
		if !ok || f.size > maxRead {
			return nil, fmt.Errorf("%s: %w", name, ErrNotFound)
		}
		if err := p.fetch(ctx, f); err != nil {
			return nil, err
		}
		return os.ReadFile(p.blob(f))
	})
	if err != nil {
		return fmt.Errorf("%s: %w", p.Name, err)
	}
	for _, name := range chosen {
		f, ok := byName[name]
		if !ok {
			return &Error{Object: p.Name, Err: fmt.Errorf("%s: %w", name, ErrNotFound)}
		}
		p.files = append(p.files, f)
	}
	return nil
}

// fetchAll brings every wanted file.
func (p *pull) fetchAll(ctx context.Context) error {
	var total, had int64
	for _, f := range p.files {
		total += f.size
		had += p.has(f)
	}
	if err := checkSpace(p.repo, total-had); err != nil {
		return &Error{Object: p.repo, Err: err, Advice: "free some space, or name another folder with HF_HUB_CACHE; what has come is kept"}
	}
	p.Meter.StartBytes(total, had)
	for _, f := range p.files {
		if err := p.fetch(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// repositoryDir returns a repository's folder in a cache.
func repositoryDir(cache, name string) string {
	return filepath.Join(cache, "models--"+strings.ReplaceAll(name, "/", "--"))
}

// blob returns the path of a file's content.
func (p *pull) blob(f file) string { return filepath.Join(p.repo, "blobs", f.hash()) }

// has returns how many bytes of a file are there.
func (p *pull) has(f file) int64 {
	if info, err := os.Stat(p.blob(f)); err == nil && info.Size() == f.size {
		return f.size
	}
	if info, err := os.Stat(p.blob(f) + incomplete); err == nil {
		return min(info.Size(), f.size)
	}
	return 0
}
