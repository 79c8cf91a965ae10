package ui

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"clipsearch/index/store"
)

func TestThumbnails(t *testing.T) {
	g := newGallery(t)
	d, err := g.store.Document(1)
	if err != nil {
		t.Fatal(err)
	}
	address := thumbAddress(d)
	response, body := g.get(address)
	tag := response.Header.Get("ETag")
	if response.StatusCode != 200 || response.Header.Get("Content-Type") != "image/jpeg" || !strings.HasPrefix(body, "\xff\xd8") || len(tag) != 14 {
		t.Fatalf("GET %s: %d %v", address, response.StatusCode, response.Header)
	}
	if cache := response.Header.Get("Cache-Control"); !strings.Contains(cache, "private") || !strings.Contains(cache, "immutable") {
		t.Errorf("Cache-Control is %q", cache)
	}
	for _, other := range []string{"/thumb/1", "/thumb/1?v=000000000000"} {
		response, _ = g.get(other)
		if cache := response.Header.Get("Cache-Control"); cache != "private, no-cache" {
			t.Errorf("%s: Cache-Control is %q", other, cache)
		}
	}
	request, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, g.server.URL+"/thumb/1", nil)
	request.Header.Set("If-None-Match", tag)
	if response, body := g.do(request); response.StatusCode != http.StatusNotModified || body != "" {
		t.Errorf("with its tag: %d, %d bytes", response.StatusCode, len(body))
	}
	ids, err := g.store.Put(t.Context(), []store.Entry{{Document: store.Document{Path: "/nowhere/a.jpg"}}})
	if err != nil {
		t.Fatal(err)
	}
	response, _ = g.get(fmt.Sprintf("/thumb/%d", ids[0]))
	if response.StatusCode != 200 || response.Header.Get("Content-Type") != "image/svg+xml" {
		t.Errorf("no thumbnail: %d %v", response.StatusCode, response.Header)
	}
}

func TestOriginals(t *testing.T) {
	g := newGallery(t)
	want, err := os.ReadFile(filepath.Join(g.folder, "2019/lake.png"))
	if err != nil {
		t.Fatal(err)
	}
	response, body := g.get("/original/" + idOf("2019/lake.png"))
	if body != string(want) || response.Header.Get("Content-Type") != "image/png" ||
		response.Header.Get("Content-Disposition") != "inline; filename=lake.png" {
		t.Errorf("lake.png: %d bytes of %d, %v", len(body), len(want), response.Header)
	}
	if policy := response.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "sandbox") {
		t.Errorf("policy %q", policy)
	}
	g.wants("/original/"+idOf("2020/taken away.jpg"), 404, "taken away.jpg cannot be opened")
	response, _ = g.get("/original/" + fmt.Sprint(len(scenes()))) // a name that is no text
	if response.StatusCode != 200 || response.Header.Get("Content-Disposition") == "" {
		t.Errorf("hostile name: %d %v", response.StatusCode, response.Header)
	}
}

func TestOriginalsStayInTheirFolder(t *testing.T) {
	g := newGallery(t)
	secret := filepath.Join(t.TempDir(), "secret.jpg")
	if err := os.WriteFile(secret, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(g.folder, "link.jpg")
	if err := os.Symlink(secret, link); err != nil {
		t.Fatal(err)
	}
	pipe := filepath.Join(g.folder, "pipe.jpg")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, d := range []store.Document{
		{Path: secret, Root: g.folder},
		{Path: g.folder + "/../" + filepath.Base(filepath.Dir(secret)) + "/secret.jpg", Root: g.folder},
		{Path: link, Root: g.folder},
		{Path: pipe, Root: g.folder},
		{Path: filepath.Join(g.folder, "2019"), Root: g.folder},
		{Path: secret},
		{Path: secret, Root: "/nowhere"},
	} {
		d.Format = "jpeg"
		ids, err := g.store.Put(t.Context(), []store.Entry{{Document: d}})
		if err != nil {
			t.Fatal(err)
		}
		g.wants(fmt.Sprintf("/original/%d", ids[0]), 404, "cannot be opened", "!secret</")
		if err := g.store.Forget(t.Context(), ids...); err != nil {
			t.Fatal(err)
		}
	}
}

func TestOriginalsThatBrowsersCannotShow(t *testing.T) {
	g := newGallery(t)
	ids, err := g.store.Put(t.Context(), []store.Entry{{
		Document: store.Document{Path: filepath.Join(g.folder, "a.heic"), Root: g.folder, Format: "heic"}, Thumb: []byte("\xff\xd8thumb")}})
	if err != nil {
		t.Fatal(err)
	}
	response, body := g.get(fmt.Sprintf("/original/%d", ids[0]))
	if body != "\xff\xd8thumb" || response.Header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("%q of type %s", body, response.Header.Get("Content-Type"))
	}
}

// post sends a form with a picture and fields to search by.
func (g *gallery) post(picture []byte, fields ...string) (*http.Response, string) {
	g.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for i := 0; i < len(fields); i += 2 {
		form.WriteField(fields[i], fields[i+1])
	}
	file, err := form.CreateFormFile("picture", "p.jpg")
	if err != nil {
		g.t.Fatal(err)
	}
	file.Write(picture)
	form.Close()
	request, err := http.NewRequestWithContext(g.t.Context(), http.MethodPost, g.server.URL+"/search-by-picture", &body)
	if err != nil {
		g.t.Fatal(err)
	}
	request.Header.Set("Content-Type", form.FormDataContentType())
	return g.do(request)
}

func TestSearchByPicture(t *testing.T) {
	g := newGallery(t)
	picture := encoded("p.jpg", scene{width: 60, height: 40, sky: red, ground: brown}.draw())
	response, _ := g.post(picture, "state", "q=sunset&p=3&type=jpeg")
	address := response.Header.Get("Location")
	if response.StatusCode != http.StatusSeeOther || !strings.HasPrefix(address, "/?q=sunset&type=jpeg&upload=") {
		t.Fatalf("status %d to %q", response.StatusCode, address)
	}
	body := g.wants(address, 200, `href="/picture/1?q=sunset`, "Like the picture you chose", `href="/?q=sunset&amp;type=jpeg"`, `name="upload" value="`)
	if first := strings.Index(body, `href="/picture/`); !strings.HasPrefix(body[first:], `href="/picture/1?`) {
		t.Errorf("the first hit is %s", body[first:first+30])
	}
	token := address[strings.LastIndex(address, "=")+1:]
	response, shown := g.get("/upload/" + token)
	if shown != string(picture) || response.Header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("the upload is shown as %d bytes of %s", len(shown), response.Header.Get("Content-Type"))
	}
	g.wants("/api/v1/search?k=1&upload="+token, 200, `"id":1,`)
}

func TestUploadsThatCannotBeSearchedBy(t *testing.T) {
	g := newGallery(t)
	for _, test := range []struct {
		name    string
		picture []byte
		status  int
		says    string
	}{
		{"no file", nil, 400, uploadNoneText},
		{"not a picture", []byte("%PDF-1.4 <script>alert(1)</script>"), 422, "This picture cannot be searched by"},
		{"truncated", encoded("p.jpg", scene{width: 60, height: 40}.draw())[:200], 422, "This picture cannot be searched by"},
		{"too large", make([]byte, maxUpload+1), 413, "larger than 64 MiB"},
		{"much too large", make([]byte, maxUpload+2*formOverhead), 413, "larger than 64 MiB"},
	} {
		response, body := g.post(test.picture)
		if response.StatusCode != test.status || !strings.Contains(body, test.says) {
			t.Errorf("%s: status %d, want %d saying %q:\n%s", test.name, response.StatusCode, test.status, test.says, cut(body))
		}
	}
	for _, contentType := range []string{"", "text/plain", "multipart/form-data", "multipart/form-data; boundary=x"} {
		request, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, g.server.URL+"/search-by-picture", strings.NewReader("--x\r\nbroken"))
		request.Header.Set("Content-Type", contentType)
		if response, _ := g.do(request); response.StatusCode != 400 {
			t.Errorf("content type %q: status %d, want 400", contentType, response.StatusCode)
		}
	}
	g.serve(nil)
	if response, body := g.post([]byte("x")); response.StatusCode != 503 || !strings.Contains(body, "No model") {
		t.Errorf("without a model: status %d", response.StatusCode)
	}
}

func TestUploadsMakeRoom(t *testing.T) {
	u := newUploads(3, 100)
	a, b := u.put([]byte("a")), u.put([]byte("b"))
	if u.put([]byte("a")) != a || len(u.held) != 2 {
		t.Error("the same picture is held twice")
	}
	u.put([]byte("c"))
	u.put([]byte("d"))
	if u.get(b) != nil || string(u.get(a)) != "a" {
		t.Error("the one used longest ago was not dropped")
	}
	big := u.put(make([]byte, 200))
	if u.get(a) != nil || u.get(big) == nil || u.bytes != 200 {
		t.Errorf("a big one leaves %d bytes in %d pictures", u.bytes, len(u.held))
	}
	u.put([]byte("e"))
	if u.get(big) != nil || u.bytes != 1 {
		t.Errorf("after it %d bytes are held", u.bytes)
	}
}

func TestStaticFiles(t *testing.T) {
	g := newGallery(t)
	_, home := g.get("/")
	for _, name := range []string{"app.css", "app.js", "icon.svg"} {
		at := strings.Index(home, "/static/"+name+"?v=")
		if at < 0 {
			t.Fatalf("the page does not name %s", name)
		}
		address := home[at:][:strings.IndexByte(home[at:], '"')]
		response, body := g.get(address)
		if response.StatusCode != 200 || body == "" || !strings.Contains(response.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %v", address, response.StatusCode, response.Header)
		}
	}
	for name, limit := range map[string]int{"app.js": 40 << 10, "app.css": 30 << 10} { // the budget of the interface
		if _, body := g.get("/static/" + name); len(body) > limit {
			t.Errorf("%s has %d bytes, more than %d", name, len(body), limit)
		}
	}
}

func TestMoments(t *testing.T) {
	if got := moment(time.Time{}); got != "" {
		t.Errorf("no time is %q", got)
	}
}
