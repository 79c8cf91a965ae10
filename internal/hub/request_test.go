package hub

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// TestTokenStaysHome follows redirects to other servers and back: the token goes to the endpoint alone.
func TestTokenStaysHome(t *testing.T) {
	h := newFakeHub(t)
	var cdn *httptest.Server
	var away []http.Header
	cdn = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		away = append(away, r.Header.Clone())
		if strings.HasPrefix(r.URL.Path, "/back") {
			http.Redirect(w, r, h.URL+"/"+fakeName+"/resolve/"+fakeCommit+"/README.md?returned=1", http.StatusFound)
			return
		}
		w.Write(h.files[weights])
	}))
	defer cdn.Close()
	h.serve = func(w http.ResponseWriter, r *http.Request, file string) bool {
		switch {
		case file == weights:
			http.Redirect(w, r, cdn.URL+"/blob?signature=x", http.StatusFound)
		case file == "README.md" && r.URL.RawQuery == "":
			http.Redirect(w, r, cdn.URL+"/back", http.StatusTemporaryRedirect)
		case file == "config.json" && r.URL.RawQuery == "":
			http.Redirect(w, r, r.URL.Path+"?renamed=1", http.StatusPermanentRedirect) // on the same server
		default:
			return false
		}
		return true
	}
	c, _ := h.client()
	c.Token = "hf_secret"
	cache := t.TempDir()
	got, err := c.Pull(t.Context(), request(cache))
	if err != nil {
		t.Fatal(err)
	}
	h.checkWhole(t, cache, got)
	if len(away) != 2 {
		t.Errorf("%d requests away from home", len(away))
	}
	for _, header := range away {
		if header.Get("Authorization") != "" {
			t.Error("the token went to another server")
		}
	}
	for _, r := range h.requests {
		got, returned := r.Header.Get("Authorization"), r.URL.Query().Has("returned")
		if want := "Bearer hf_secret"; !returned && got != want || returned && got != "" {
			t.Errorf("%s: Authorization %q", r.URL, got)
		}
	}
}

func TestRedirectLoop(t *testing.T) {
	h := newFakeHub(t)
	h.api = func(w http.ResponseWriter, r *http.Request) bool {
		http.Redirect(w, r, r.URL.Path, http.StatusFound)
		return true
	}
	c, _ := h.client()
	if _, err := c.Pull(t.Context(), request(t.TempDir())); !errors.Is(err, ErrAnswer) {
		t.Errorf("error %v", err)
	}
	if len(h.requests) != maxRedirects {
		t.Errorf("%d requests", len(h.requests))
	}
}

func TestRedirect(t *testing.T) {
	for _, test := range []struct{ from, location, want string }{
		{"https://a/x", "https://b/y", "https://b/y"},
		{"https://a/x/z", "y", "https://a/x/y"},
		{"https://a/x", "//b/y", "https://b/y"},
		{"https://a/x", "https://me:secret@b/y", "https://b/y"},
		{"http://a/x", "https://b/y", "https://b/y"},
		{"https://a/x", "http://a/y", ""},
		{"https://a/x", "file:///etc/passwd", ""},
		{"https://a/x", "", ""},
		{"https://a/x", "https:///y", ""},
		{"https://a/x", "http://[::1", ""},
	} {
		from, err := url.Parse(test.from)
		if err != nil {
			t.Fatal(err)
		}
		to, err := redirect(from, test.location)
		if (err == nil) != (test.want != "") || err == nil && to.String() != test.want || err != nil && !errors.Is(err, ErrAnswer) {
			t.Errorf("from %s to %q: %v, %v, want %q", test.from, test.location, to, err, test.want)
		}
	}
}

func TestHome(t *testing.T) {
	for _, test := range []struct {
		endpoint, at  string
		home, secrets bool
	}{
		{"", "https://huggingface.co/a", true, true},
		{"", "https://huggingface.co:443/a", true, true},
		{"", "https://HUGGINGFACE.co/a", true, true},
		{"", "https://cdn.huggingface.co/a", false, true}, // where Go would keep the header
		{"", "https://huggingface.co:8443/a", false, true},
		{"", "http://huggingface.co/a", false, false},
		{"", "https://huggingface.co.evil.org/a", false, true},
		{"http://localhost:8080", "http://localhost:8080/a", true, true},
		{"http://localhost:8080", "http://localhost:8081/a", false, true},
		{"http://mirror.lan/", "http://mirror.lan/a", true, false},
	} {
		c := Client{Endpoint: test.endpoint}
		at, err := url.Parse(test.at)
		if err != nil {
			t.Fatal(err)
		}
		if c.isHome(at) != test.home || mayCarrySecrets(at) != test.secrets {
			t.Errorf("%q, %s: home %t, may carry secrets %t", test.endpoint, test.at, c.isHome(at), mayCarrySecrets(at))
		}
	}
}

func TestParseRepository(t *testing.T) {
	for s, want := range map[string]Repository{
		"openai/clip":                           {"", "openai/clip", "main"},
		"gpt2":                                  {"", "gpt2", "main"},
		"openai/clip@v1.0":                      {"", "openai/clip", "v1.0"},
		"https://huggingface.co/a/b":            {"https://huggingface.co", "a/b", "main"},
		"https://huggingface.co/a/b/":           {"https://huggingface.co", "a/b", "main"},
		"http://mirror:8080/a/b/tree/dev?x=1#y": {"http://mirror:8080", "a/b", "dev"},
		"https://mirror/hf/a/b/tree/dev?x=1#y":  {"https://mirror/hf", "a/b", "dev"},
		"https://mirror/a/b":                    {"https://mirror", "a/b", "main"},
	} {
		if got, err := ParseRepository(s, "https://mirror/hf/"); err != nil || got != want {
			t.Errorf("%s: %+v, %v", s, got, err)
		}
	}
	for _, s := range []string{
		"", "a/b/c", "../b", "a/..", "a//b", "/a", "a b", "a/b@", "a/b@../c", "a--b", "a\\b", "a/b@x/y", ".git/config",
		"https://huggingface.co", "https://huggingface.co/a/b/c", "ftp://x/a/b", "https://me:pw@x/a/b", "https://x/a/b/tree/../..", strings.Repeat("a", 200),
		"https://mirror/hf/../a/b", "https://mirror/hf/a%2fb", "https://mirror/hfx/a/b", "https://mirror/hf/", "https://me@mirror/hf/a/b",
	} {
		if got, err := ParseRepository(s, "https://mirror/hf/"); !errors.Is(err, ErrName) {
			t.Errorf("%q: %+v, %v", s, got, err)
		}
	}
}
