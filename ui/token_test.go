package ui

import (
	"net/http"
	"strings"
	"testing"
)

// TestToken lets in who has the link, the cookie that it leaves behind, or the header, and nobody else.
func TestToken(t *testing.T) {
	const token = "a token that nobody guesses"
	g := newGallery(t)
	g.token = token
	g.serve(&pictureEncoder{})
	ask := func(path string, change func(*http.Request)) (*http.Response, string) {
		t.Helper()
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, g.server.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		change(request)
		return g.do(request)
	}
	nothing := func(*http.Request) {}
	for _, path := range []string{"/", "/?q=snow", "/picture/1", "/thumb/1", "/original/1", "/api/v1/search?q=snow", "/api/v1/jobs", "/?token=wrong", "/?token="} {
		response, body := ask(path, nothing)
		if response.StatusCode != http.StatusForbidden || strings.Contains(body, "snow.jpg") || len(response.Cookies()) > 0 {
			t.Errorf("%s without the token: %d", path, response.StatusCode)
		}
	}
	if response, _ := ask("/static/app.css", nothing); response.StatusCode != http.StatusOK {
		t.Errorf("the style sheet: %d", response.StatusCode)
	}
	response, _ := ask("/?q=snow&token="+strings.ReplaceAll(token, " ", "+"), nothing)
	cookies := response.Cookies()
	if response.StatusCode != http.StatusSeeOther || response.Header.Get("Location") != "/?q=snow" || len(cookies) != 1 {
		t.Fatalf("the link: %d to %q with %v", response.StatusCode, response.Header.Get("Location"), cookies)
	}
	if c := cookies[0]; !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" {
		t.Errorf("the cookie is %+v", c)
	}
	for name, change := range map[string]func(*http.Request){
		"cookie": func(r *http.Request) { r.AddCookie(cookies[0]) },
		"header": func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) },
	} {
		if response, body := ask("/?q=snow", change); response.StatusCode != http.StatusOK || !strings.Contains(body, "snow.jpg") {
			t.Errorf("with the %s: %d", name, response.StatusCode)
		}
	}
	foreign := func(r *http.Request) { r.AddCookie(cookies[0]); r.Host = "evil.example:" + r.URL.Port() }
	if response, _ := ask("/?q=snow", foreign); response.StatusCode != http.StatusForbidden {
		t.Errorf("with the cookie, under another name: %d", response.StatusCode)
	}
}

func TestBrowserOpensTheLink(t *testing.T) {
	g := newGallery(t)
	g.token = "a-token-that-nobody-guesses"
	g.serve(&pictureEncoder{})
	b := newTab(t)
	b.open(g.server.URL)
	is(b, `document.querySelector("h1").innerText`, forbiddenTitle)
	b.open(g.server.URL + "/?q=snow&token=" + g.token)
	b.at("/?q=snow")
	b.until(tiles + ` > 1`)
	b.open(g.server.URL + "/picture/6")
	is(b, `document.querySelector(".viewer h1").innerText`, "snow.jpg")
}
