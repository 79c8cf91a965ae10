package ui

import (
	"net/http"
	"strings"
	"testing"
)

func TestHostCheck(t *testing.T) {
	for _, test := range []struct {
		listen, host string
		want         bool
	}{
		{"127.0.0.1:7700", "127.0.0.1:7700", true},
		{"127.0.0.1:7700", "localhost:7700", true},
		{"127.0.0.1:7700", "LOCALHOST:7700", true},
		{"127.0.0.1:7700", "[::1]:7700", true},
		{"127.0.0.1:7700", "127.8.9.1:7700", true},
		{"127.0.0.1:7700", "127.0.0.1:7701", false},
		{"127.0.0.1:7700", "127.0.0.1", false},
		{"127.0.0.1:7700", "localhost", false},
		{"127.0.0.1:7700", "evil.example:7700", false},
		{"127.0.0.1:7700", "localhost.evil.example:7700", false},
		{"127.0.0.1:7700", "127.0.0.1.nip.io:7700", false},
		{"127.0.0.1:7700", "192.168.1.5:7700", false},
		{"127.0.0.1:7700", "", false},
		{"127.0.0.1:7700", ":7700", false},
		{"127.0.0.1:7700", "[::1", false},
		{"127.0.0.1:80", "localhost", true},
		{"192.168.1.5:7700", "192.168.1.5:7700", true},
		{"192.168.1.5:7700", "192.168.1.6:7700", false},
		{"0.0.0.0:7700", "192.168.1.5:7700", true},
		{":7700", "[fe80::1]:7700", true},
		{":7700", "evil.example:7700", false},
		{"nas.local:7700", "nas.local:7700", true},
	} {
		check, err := newHostCheck(test.listen)
		if err != nil {
			t.Fatal(err)
		}
		if got := check.allow(test.host); got != test.want {
			t.Errorf("listening on %s, host %q is allowed: %v, want %v", test.listen, test.host, got, test.want)
		}
	}
	if _, err := newHostCheck("7700"); err == nil {
		t.Error("an address without a port is taken")
	}
}

func TestForeignRequestsAreRefused(t *testing.T) {
	g := newGallery(t)
	for _, test := range []struct {
		name, method, path string
		change             func(*http.Request)
		status             int
	}{
		{"own page", "GET", "/?q=red", func(r *http.Request) {}, 200},
		{"rebound name", "GET", "/?q=red", func(r *http.Request) { r.Host = "evil.example:" + r.URL.Port() }, 403},
		{"rebound name, static", "GET", "/static/app.css", func(r *http.Request) { r.Host = "evil.example" }, 403},
		{"rebound name, API", "GET", "/api/v1/search?q=red", func(r *http.Request) { r.Host = "evil.example:" + r.URL.Port() }, 403},
		{"cross-site write", "POST", "/search-by-picture", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403},
		{"same-site write of another port", "POST", "/search-by-picture", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "same-site") }, 403},
		{"foreign origin", "POST", "/search-by-picture", func(r *http.Request) { r.Header.Set("Origin", "http://evil.example") }, 403},
		{"origin null", "POST", "/search-by-picture", func(r *http.Request) { r.Header.Set("Origin", "null") }, 403},
		{"own origin", "POST", "/search-by-picture", func(r *http.Request) { r.Header.Set("Origin", "http://"+r.URL.Host) }, 400},
		{"no browser", "POST", "/search-by-picture", func(r *http.Request) {}, 400},
		{"write to a page", "POST", "/", func(r *http.Request) {}, 405},
		{"another method", "DELETE", "/picture/1", func(r *http.Request) {}, 405},
		{"head", "HEAD", "/?q=red", func(r *http.Request) {}, 200},
		{"link of another site", "GET", "/?q=red", fetched("cross-site", "navigate", "document"), 200},
		{"typed address", "GET", "/?q=red", fetched("none", "navigate", "document"), 200},
		{"own script", "GET", "/?q=red", fetched("same-origin", "cors", "empty"), 200},
		{"picture on another site", "GET", "/?q=red", fetched("cross-site", "no-cors", "image"), 403},
		{"script of another port", "GET", "/picture/1", fetched("same-site", "cors", "empty"), 403},
		{"frame of another site", "GET", "/", fetched("cross-site", "navigate", "iframe"), 403},
	} {
		request, err := http.NewRequestWithContext(t.Context(), test.method, g.server.URL+test.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		test.change(request)
		if response, _ := g.do(request); response.StatusCode != test.status {
			t.Errorf("%s: status %d, want %d", test.name, response.StatusCode, test.status)
		}
	}
}

// fetched returns what a browser says of where a request comes from and what it is for.
func fetched(site, mode, dest string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Sec-Fetch-Site", site)
		r.Header.Set("Sec-Fetch-Mode", mode)
		r.Header.Set("Sec-Fetch-Dest", dest)
	}
}

func TestHeaders(t *testing.T) {
	g := newGallery(t)
	for _, path := range []string{"/", "/?q=red", "/picture/1", "/thumb/1", "/static/app.css", "/api/v1/search?q=red", "/nothing", "/?q=%3F"} {
		response, _ := g.get(path)
		header := response.Header
		if policy := header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "default-src 'self'; img-src 'self' blob: data:") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %q", path, policy)
		}
		if header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Referrer-Policy") != "same-origin" ||
			header.Get("Cross-Origin-Resource-Policy") != "same-origin" || header.Get("Content-Type") == "" || header.Get("Cache-Control") == "" {
			t.Errorf("%s: headers %v", path, header)
		}
	}
}
