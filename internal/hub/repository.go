package hub

import (
	"fmt"
	"net/url"
	"strings"
)

// DefaultEndpoint is the Hugging Face hub.
const DefaultEndpoint = "https://huggingface.co"

// Repository is what a user asks for.
type Repository struct {
	Endpoint string // of the hub; "" for the client's
	Name     string // ORG/NAME, or NAME
	Revision string // branch, tag or commit
}

// mainRevision is the revision of who names none.
const mainRevision = "main"

// ParseRepository reads what a user may write: ORG/NAME, ORG/NAME@REVISION, or the address of a repository's page, such as
// https://huggingface.co/ORG/NAME or …/tree/REVISION. endpoint is the hub that is in use, "" for DefaultEndpoint: a page of it
// may lie below a path. ErrName if it is none of them.
func ParseRepository(s, endpoint string) (Repository, error) {
	r := Repository{Name: s, Revision: mainRevision}
	if strings.Contains(s, "://") {
		u, err := url.Parse(s)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil {
			return r, &Error{Object: fmt.Sprintf("%.200q", s), Err: ErrName, Advice: "an address is like https://huggingface.co/openai/clip-vit-base-patch32"}
		}
		r.Endpoint = u.Scheme + "://" + u.Host
		path := u.Path
		if below, ok := strings.CutPrefix(s, strings.TrimRight(endpoint, "/")+"/"); ok && endpoint != "" {
			r.Endpoint = strings.TrimRight(endpoint, "/")
			path, _, _ = strings.Cut(below, "?")
			path, _, _ = strings.Cut(path, "#")
		}
		r.Name = strings.Trim(path, "/")
		if name, revision, ok := strings.Cut(r.Name, "/tree/"); ok {
			r.Name, r.Revision = name, revision
		}
	} else if name, revision, ok := strings.Cut(s, "@"); ok {
		r.Name, r.Revision = name, revision
	}
	return r, r.check(s)
}

// check says what is wrong with a repository, which the user wrote as s.
func (r Repository) check(s string) error {
	parts := strings.Split(r.Name, "/")
	ok := len(parts) <= 2 && len(r.Name) <= 96 && plain(r.Revision)
	for _, part := range parts {
		ok = ok && plain(part) && !strings.Contains(part, "--") // which the cache's folders stand for "/" with
	}
	if !ok {
		return &Error{Object: fmt.Sprintf("%.200q", s), Err: ErrName, Advice: "a repository is ORG/NAME, such as openai/clip-vit-base-patch32"}
	}
	return nil
}

// plain reports whether s can be a part of a repository's name, a revision or a file's name: letters, digits, "-", "_" and
// ".", not first, so never a path that leads anywhere.
func plain(s string) bool {
	return s != "" && len(s) <= 255 && s[0] != '.' && !strings.ContainsFunc(s, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-_.", r))
	})
}

// hexadecimal reports whether s is a hash of one of those many digits.
func hexadecimal(s string, lengths ...int) bool {
	for _, n := range lengths {
		if len(s) == n && strings.Trim(s, "0123456789abcdef") == "" {
			return true
		}
	}
	return false
}
