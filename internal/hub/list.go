package hub

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"clipsearch/internal/progress"
)

// file is one file of a repository, as the hub describes it.
type file struct {
	name   string
	size   int64
	sha256 string // of the content; "" for a small file that Git itself keeps
	git    string // SHA-1 of the content as a Git blob; of a large file's pointer
}

// hash returns what the content is called in the cache: what the hub sends as its ETag.
func (f file) hash() string {
	if f.sha256 != "" {
		return f.sha256
	}
	return f.git
}

// maxListing bounds the description of a repository, bytes. One of thousands of files has a megabyte.
const maxListing = 16 << 20

// maxFile bounds what a file may claim to have, bytes; the largest CLIP published has 10 GB.
const maxFile = 1 << 40

// listing is what the hub answers for a revision: /api/models/NAME/revision/REVISION?blobs=true.
type listing struct {
	Commit string `json:"sha"`
	Files  []struct {
		Name string `json:"rfilename"`
		Size *int64 `json:"size"`
		Blob string `json:"blobId"`
		LFS  *struct {
			SHA256 string `json:"sha256"`
			Size   int64  `json:"size"`
		} `json:"lfs"`
	} `json:"siblings"`
}

// list returns the commit that a revision stands for and the files directly in the repository's root.
func (c *Client) list(ctx context.Context, transport http.RoundTripper, r Repository, meter *progress.Meter) (commit string, files []file, err error) {
	address := c.endpoint() + "/api/models/" + r.Name + "/revision/" + url.PathEscape(r.Revision) + "?blobs=true"
	var data []byte
	err = c.again(ctx, meter, "asking for "+r.Name, maxAsked, func() (int64, error) {
		ctx, cancel := context.WithTimeout(ctx, 2*c.stall())
		defer cancel()
		response, err := c.get(ctx, transport, address, 0)
		if err != nil {
			return 0, err
		}
		defer response.Body.Close() // only read
		data, err = io.ReadAll(io.LimitReader(response.Body, maxListing+1))
		return 0, err
	})
	if err != nil {
		return "", nil, c.explain(r, err)
	}
	commit, files, err = parseListing(data)
	if err != nil {
		return "", nil, &Error{Object: r.Name, Err: err, Advice: "is " + c.endpoint() + " a Hugging Face hub?"}
	}
	return commit, files, nil
}

// parseListing reads the hub's answer. Files in folders are left out, and so is whatever has a name that needs care.
func parseListing(data []byte) (commit string, files []file, err error) {
	if len(data) > maxListing {
		return "", nil, fmt.Errorf("%w: more than %d MB", ErrAnswer, maxListing>>20)
	}
	var l listing
	if err := json.Unmarshal(data, &l); err != nil {
		return "", nil, fmt.Errorf("%w: %w", ErrAnswer, err)
	}
	if !hexadecimal(l.Commit, 40, 64) {
		return "", nil, fmt.Errorf("%w: it names the commit %.80q", ErrAnswer, l.Commit)
	}
	seen := make(map[string]bool)
	for _, s := range l.Files {
		if !plain(s.Name) {
			continue
		}
		if seen[s.Name] {
			return "", nil, fmt.Errorf("%w: it lists %s twice", ErrAnswer, s.Name)
		}
		seen[s.Name] = true
		f := file{name: s.Name, git: s.Blob}
		switch {
		case s.LFS != nil:
			f.size, f.sha256 = s.LFS.Size, s.LFS.SHA256
		case s.Size != nil:
			f.size = *s.Size
		default:
			f.size = -1
		}
		if f.size < 0 || f.size > maxFile || s.LFS != nil && !hexadecimal(f.sha256, 64) || !hexadecimal(f.git, 40, 64) {
			return "", nil, fmt.Errorf("%w: %s comes without size or hash", ErrAnswer, f.name)
		}
		files = append(files, f)
	}
	return l.Commit, files, nil
}

// explain says what to do about an answer.
func (c *Client) explain(r Repository, err error) error {
	e := &Error{Object: r.Name, Err: err}
	if r.Revision != mainRevision {
		e.Object += "@" + r.Revision
	}
	page := c.endpoint() + "/" + r.Name
	var status *statusError
	switch {
	case !errors.As(err, &status):
		if errors.Is(err, ErrBroken) {
			e.Advice = "is the network there? Run the same command again to go on; HF_ENDPOINT names a mirror"
		}
	case errors.Is(err, ErrBusy):
		e.Advice = "run the same command again later: it goes on where it stopped"
	case status.kind == "RevisionNotFound":
		e.Err, e.Advice = fmt.Errorf("%w: it has no revision %q: %w", ErrNotFound, r.Revision, err), "see "+page+"/commits"
	case c.Token != "" && !c.sendsToken() && (status.code == http.StatusUnauthorized || status.code == http.StatusForbidden):
		e.Err, e.Advice = fmt.Errorf("%w: %w", ErrDenied, err), "HF_TOKEN is not sent to "+c.endpoint()+", which would be without encryption"
	case status.code == http.StatusUnauthorized, status.code == http.StatusForbidden:
		e.Err = fmt.Errorf("%w: %w", ErrDenied, err)
		if c.Token == "" {
			e.Advice = "there is no such repository, or it is private or gated: check the name; where " + page + " asks for it accept its terms, and set HF_TOKEN to a token of your account"
		} else {
			e.Advice = "the token in HF_TOKEN may not read it: where " + page + " asks for it accept its terms with the token's account, and see that the token may read gated repositories"
		}
	case status.code == http.StatusNotFound:
		e.Err, e.Advice = fmt.Errorf("%w: %w", ErrNotFound, err), "check the name: "+page
	}
	return e
}
