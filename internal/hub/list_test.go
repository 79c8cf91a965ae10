package hub

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

func TestParseListing(t *testing.T) {
	const sha, git = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
	commit, files, err := parseListing([]byte(`{"sha": "` + fakeCommit + `", "gated": "auto", "siblings": [
		{"rfilename": "config.json", "size": 5, "blobId": "` + git + `"},
		{"rfilename": "model.safetensors", "size": 7, "blobId": "` + git + `", "lfs": {"sha256": "` + sha + `", "size": 7, "pointerSize": 130}},
		{"rfilename": "onnx/model.onnx", "size": 7, "blobId": "` + git + `"},
		{"rfilename": "../evil", "size": 7, "blobId": "` + git + `"},
		{"rfilename": ".gitattributes", "size": 7, "blobId": "` + git + `"}]}`))
	if err != nil || commit != fakeCommit || len(files) != 2 || files[0].hash() != git || files[1].hash() != sha || files[1].size != 7 {
		t.Errorf("%s %+v, %v", commit, files, err)
	}
	for name, data := range listingFaults {
		if _, _, err := parseListing([]byte(data)); !errors.Is(err, ErrAnswer) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// listingFaults are answers that are no listing.
var listingFaults = map[string]string{
	"nothing":               ``,
	"a page":                `<!doctype html>`,
	"a list":                `[]`,
	"no commit":             `{"siblings": []}`,
	"a path":                `{"sha": "../../../../etc/aaaaaaaaaaaaaaaaaaaaaaaaaaaa", "siblings": []}`,
	"no hash":               `{"sha": "` + fakeCommit + `", "siblings": [{"rfilename": "a", "size": 1}]}`,
	"no size":               `{"sha": "` + fakeCommit + `", "siblings": [{"rfilename": "a", "blobId": "` + fakeCommit + `"}]}`,
	"a negative size":       `{"sha": "` + fakeCommit + `", "siblings": [{"rfilename": "a", "size": -1, "blobId": "` + fakeCommit + `"}]}`,
	"a huge size":           `{"sha": "` + fakeCommit + `", "siblings": [{"rfilename": "a", "size": 9000000000000000, "blobId": "` + fakeCommit + `"}]}`,
	"a hash that is a path": `{"sha": "` + fakeCommit + `", "siblings": [{"rfilename": "a", "size": 1, "blobId": "../../../../../../../../../../../../etc/pass"}]}`,
	"a short sha256":        `{"sha": "` + fakeCommit + `", "siblings": [{"rfilename": "a", "blobId": "` + fakeCommit + `", "lfs": {"sha256": "00", "size": 1}}]}`,
	"a name twice":          `{"sha": "` + fakeCommit + `", "siblings": [{"rfilename": "a", "size": 1, "blobId": "` + fakeCommit + `"}, {"rfilename": "a", "size": 1, "blobId": "` + fakeCommit + `"}]}`,
}

func TestListingOfSomethingElse(t *testing.T) {
	h := newFakeHub(t)
	h.api = func(w http.ResponseWriter, r *http.Request) bool {
		w.Write([]byte("<!doctype html><title>router login</title>"))
		return true
	}
	c, _ := h.client()
	_, err := c.Pull(t.Context(), request(t.TempDir()))
	var fault *Error
	if !errors.Is(err, ErrAnswer) || !errors.As(err, &fault) || !strings.Contains(fault.Hint(), h.URL) {
		t.Errorf("error %v", err)
	}
	h.api = func(w http.ResponseWriter, r *http.Request) bool {
		for range 20 {
			w.Write(make([]byte, 1<<20))
		}
		return true
	}
	if _, err := c.Pull(t.Context(), request(t.TempDir())); !errors.Is(err, ErrAnswer) {
		t.Errorf("20 MB: error %v", err)
	}
}

func TestNoServer(t *testing.T) {
	h := newFakeHub(t)
	c, waits := h.client()
	h.Close()
	_, err := c.Pull(t.Context(), request(t.TempDir()))
	var fault *Error
	if !errors.Is(err, ErrBroken) || !errors.As(err, &fault) || !strings.Contains(fault.Hint(), "network") || len(*waits) != maxAsked-1 {
		t.Errorf("error %v after waiting %v", err, *waits)
	}
}

func FuzzListing(f *testing.F) {
	for _, data := range listingFaults {
		f.Add([]byte(data))
	}
	f.Add([]byte(`{"sha": "` + fakeCommit + `", "siblings": [{"rfilename": "a", "size": 1, "blobId": "` + fakeCommit + `"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		commit, files, err := parseListing(data)
		if err != nil {
			if !errors.Is(err, ErrAnswer) {
				t.Errorf("error without a kind: %v", err)
			}
			return
		}
		if !plain(commit) {
			t.Errorf("commit %q", commit)
		}
		for _, f := range files {
			if !plain(f.name) || !plain(f.hash()) || f.size < 0 {
				t.Errorf("file %+v", f)
			}
		}
	})
}
