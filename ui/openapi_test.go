package ui

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"
	"github.com/pb33f/libopenapi/datamodel"

	"clipsearch/internal/jobs"
	"clipsearch/search"
)

// newValidator reads the description and holds it against OpenAPI's own schema.
func newValidator(t *testing.T) validator.Validator {
	t.Helper()
	document, err := libopenapi.NewDocumentWithConfiguration(description, &datamodel.DocumentConfiguration{
		IgnoreArrayCircularReferences: true, // a folder has folders
	})
	if err != nil {
		t.Fatal(err)
	}
	v, errs := validator.NewValidator(document, config.WithFormatAssertions(), config.WithStrictMode(),
		// Of these the keys are data, and the headers are the guard's, on every answer.
		config.WithStrictIgnorePaths("$.body.formats.*", "$.body.languages.**", "$.body.skipped.*", "$.body.result.**", "$.body.openapi", "$.body.info.**",
			"$.body.info", "$.body.servers", "$.body.paths", "$.body.components"),
		config.WithStrictIgnoredHeadersExtra("Content-Security-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy",
			"Referrer-Policy", "X-Content-Type-Options"))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if ok, errs := v.ValidateDocument(); !ok {
		for _, err := range errs {
			t.Errorf("openapi.json: %v", err)
		}
	}
	return v
}

// operations returns what the description describes, as patterns of http.ServeMux, each with its statuses.
func operations(t *testing.T) map[string][]string {
	t.Helper()
	var parsed struct {
		Paths map[string]map[string]struct{ Responses map[string]any }
	}
	if err := json.Unmarshal(description, &parsed); err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for path, methods := range parsed.Paths {
		for method, operation := range methods {
			pattern := strings.ToUpper(method) + " " + path
			for status := range operation.Responses {
				all[pattern] = append(all[pattern], status)
			}
		}
	}
	return all
}

// TestDescribedRoutes holds that the description has the handlers' addresses, all and no others.
func TestDescribedRoutes(t *testing.T) {
	var described, handled []string
	for pattern := range operations(t) {
		described = append(described, pattern)
	}
	for _, route := range (&site{jobs: jobs.New()}).apiRoutes() {
		if route.pattern != "GET /api/" { // which answers where there is nothing
			handled = append(handled, route.pattern)
		}
	}
	slices.Sort(described)
	slices.Sort(handled)
	if diff := cmp.Diff(handled, described); diff != "" {
		t.Errorf("routes (-handled +described):\n%s", diff)
	}
}

// ask is a request that the description is held against.
type ask struct {
	pattern string // the operation
	path    string // with its query
	body    string
	kind    string // content type of the body
	status  int
}

// asks returns requests for every operation, good ones and bad ones.
func asks(upload string) []ask {
	document := func(rest, query string) ask {
		return ask{pattern: "GET /api/v1/documents/{id}" + rest, path: "/api/v1/documents/1" + rest + query, status: 200}
	}
	gone := func(rest, query string) ask {
		return ask{pattern: "GET /api/v1/documents/{id}" + rest, path: "/api/v1/documents/99" + rest + query, status: 404}
	}
	find := func(query string, status int) ask {
		return ask{pattern: "GET /api/v1/search", path: "/api/v1/search?" + query, status: status}
	}
	get := func(pattern, query string, status int) ask {
		return ask{pattern: "GET " + pattern, path: pattern + query, status: status}
	}
	const long = "q=red+snow&mode=hybrid&text=2:fox&text=sky&not=dog&like=1&like=-0.5:2&k=5&offset=0&all=1&prefix=1&explain=1&dedupe=1&sort=name&seed=3&" +
		"fusion=rrf&text_weight=1&vector_weight=0.5&blend=20&prompt=a+picture+of+%7Bq%7D&label=red&label=green&label=blue&folder=2020&type=jpeg&since=2019&until=2030&" +
		"min_size=10&max_size=5000x5000&orientation=landscape&lang=en&has_caption=1"
	return []ask{
		find("q=red", 200), find("q=red&explain=1&label=red&label=blue", 200), find("q=nothing+of+the+sort&mode=text", 200), find(long, 200),
		find("q=red&tag=evening", 200), find("upload="+upload, 200), find("q=snow&picture=0.5:"+upload+"&sort=date", 200),
		find("", 200), find("folder=2020&sort=name&dedupe=1", 200), find("offset=100000", 200), find("sort=size", 400), find("q=red&offset=100000", 400),
		get("/api/v1/export", "", 200), get("/api/v1/tags", "?begin=eve&k=3", 200), get("/api/v1/tags", "?k=x", 400), find("q=red&mode=magic", 400), find("like=99", 404), find("q=red&upload=feed", 410), find("picture=2:feed", 410),
		{"POST /api/v1/uploads", "/api/v1/uploads", string(drawings()[0].data), "image/jpeg", 201},
		{"POST /api/v1/uploads", "/api/v1/uploads", "no picture", "text/plain", 422},
		{"POST /api/v1/uploads", "/api/v1/uploads", "", "image/jpeg", 422},
		{"POST /api/v1/uploads", "/api/v1/uploads", strings.Repeat("x", maxUpload+1), "image/jpeg", 413},
		get("/api/v1/stats", "", 200),
		document("", ""), document("/thumbnail", ""), document("/original", ""), document("/similar", "?k=3&folder=2020&explain=1"),
		document("/labels", "?label=red&label=green&label=blue&prompt=a+picture+of+%7Bq%7D"), document("/locate", "?q=sun&q=hill&method=both&top=2"),
		document("/locate.png", "?q=sun"), document("/locate-sheet.png", "?q=sun&q=hill"),
		gone("", ""), gone("/thumbnail", ""), gone("/original", ""), gone("/similar", ""), gone("/labels", "?label=a"), gone("/locate", "?q=a"),
		gone("/locate.png", "?q=a"), gone("/locate-sheet.png", "?q=a"),
		get("/api/v1/folders", "", 200), get("/api/v1/folders", "?depth=1", 200), get("/api/v1/folders", "?depth=x", 400), get("/api/v1/folders", "?under=/nowhere", 404),
		get("/api/v1/skipped", "?k=1&offset=0&reason=damaged", 200), get("/api/v1/skipped", "?k=x", 400),
		get("/api/v1/complete", "?path=/", 200), get("/api/v1/complete", "?path=x", 400),
		{"POST /api/v1/jobs", "/api/v1/jobs", `{"kind":"index","folders":["/slow"],"exclude":["*.tmp"]}`, "application/json", 201},
		{"POST /api/v1/jobs", "/api/v1/jobs", `{"kind":"index","folders":["/broken"]}`, "application/json", 201},
		{"POST /api/v1/jobs", "/api/v1/jobs", `{"kind":"index","folders":["/bad"]}`, "application/json", 400},
		{"POST /api/v1/jobs", "/api/v1/jobs", `kind=index`, "application/x-www-form-urlencoded", 415},
		get("/api/v1/jobs", "", 200),
		{pattern: "GET /api/v1/jobs/{id}", path: "/api/v1/jobs/1", status: 200}, {pattern: "GET /api/v1/jobs/{id}", path: "/api/v1/jobs/99", status: 404},
		{"POST /api/v1/jobs/{id}/resume", "/api/v1/jobs/1/resume", "", "", 409}, {"POST /api/v1/jobs/{id}/pause", "/api/v1/jobs/2/pause", "", "", 200},
		{"POST /api/v1/jobs/{id}/resume", "/api/v1/jobs/2/resume", "", "", 200}, {"POST /api/v1/jobs/{id}/cancel", "/api/v1/jobs/2/cancel", "", "", 200},
		{"POST /api/v1/jobs/{id}/cancel", "/api/v1/jobs/2/cancel", "", "", 409}, {"POST /api/v1/jobs/{id}/pause", "/api/v1/jobs/2/pause", "", "", 409},
		{"POST /api/v1/jobs/{id}/pause", "/api/v1/jobs/99/pause", "", "", 404}, {"POST /api/v1/jobs/{id}/resume", "/api/v1/jobs/99/resume", "", "", 404},
		{"POST /api/v1/jobs/{id}/cancel", "/api/v1/jobs/99/cancel", "", "", 404},
		get("/api/v1/openapi.json", "", 200),
	}
}

// TestOpenAPI asks every operation, and holds requests and answers against the description. Strict mode finds what it does
// not mention: parameters and fields.
func TestOpenAPI(t *testing.T) {
	g := newGallery(t)
	g.export = func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, "the archive")
		return err
	}
	g.serve(&pictureEncoder{})
	g.employ()
	g.awaitState(g.start(`{"kind":"index","folders":["/slow"],"exclude":["*.tmp"]}`).ID, jobs.Running) // job 1, which holds up the others
	if err := g.store.PutSkips(t.Context(), []search.Skip{{Path: "/p/a.jpg", Reason: "damaged", Detail: "it ends too soon", Size: 3}}); err != nil {
		t.Fatal(err)
	}
	if err := g.store.AddRoot(t.Context(), search.Root{Path: g.folder, Excludes: []string{"*.tmp"}}); err != nil {
		t.Fatal(err)
	}
	_, _, body := g.exchange(http.MethodPost, "/api/v1/uploads", "image/jpeg", drawings()[1].data)
	var uploaded struct{ Token string }
	if err := json.Unmarshal([]byte(body), &uploaded); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	v, described, seen := newValidator(t), operations(t), map[string]bool{}
	for _, ask := range asks(uploaded.Token) {
		method, _, _ := strings.Cut(ask.pattern, " ")
		request, response, body := g.exchange(method, ask.path, ask.kind, []byte(ask.body))
		name := fmt.Sprintf("%s %s: %d", method, ask.path, response.StatusCode)
		if response.StatusCode != ask.status {
			t.Errorf("%s, want %d: %.300s", name, ask.status, body)
			continue
		}
		if !slices.Contains(described[ask.pattern], fmt.Sprint(ask.status)) {
			t.Errorf("%s is not described", name)
		}
		seen[fmt.Sprint(ask.pattern, " ", ask.status)] = true
		if response.StatusCode < 300 {
			if ok, errs := v.ValidateHttpRequest(request); !ok {
				t.Errorf("%s: the request: %v", name, errs)
			}
		}
		if ok, errs := v.ValidateHttpResponse(request, response); !ok {
			for _, err := range errs {
				t.Errorf("%s: the answer: %v\n%.600s", name, err, body)
			}
		}
	}
	for pattern, statuses := range described {
		for _, status := range statuses {
			elsewhere := slices.Contains([]string{"403", "500", "503"}, status) || strings.HasSuffix(pattern, "/events")
			if status[0] == '2' && !elsewhere && !seen[pattern+" "+status] {
				t.Errorf("nobody asks %s for its %s", pattern, status)
			}
		}
	}
}

// exchange sends a request and returns it, with its body again, the answer, with its body again, and that.
func (g *gallery) exchange(method, path, kind string, data []byte) (*http.Request, *http.Response, string) {
	g.t.Helper()
	request, err := http.NewRequestWithContext(g.t.Context(), method, g.server.URL+path, bytes.NewReader(data))
	if err != nil {
		g.t.Fatal(err)
	}
	if kind != "" {
		request.Header.Set("Content-Type", kind)
	}
	response, body := g.do(request)
	request.Body, response.Body = io.NopCloser(bytes.NewReader(data)), io.NopCloser(strings.NewReader(body))
	return request, response, body
}

// TestRefusalsAreDescribed holds that also what the guard answers has the form of an error.
func TestRefusalsAreDescribed(t *testing.T) {
	g := newGallery(t)
	v := newValidator(t)
	for pattern := range operations(t) {
		method, path, _ := strings.Cut(pattern, " ")
		request, err := http.NewRequestWithContext(t.Context(), method, g.server.URL+strings.ReplaceAll(path, "{id}", "1"), nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Sec-Fetch-Site", "cross-site")
		response, body := g.do(request)
		response.Body = io.NopCloser(strings.NewReader(body))
		if response.StatusCode != http.StatusForbidden {
			t.Errorf("%s from another site: %d", pattern, response.StatusCode)
		}
		if ok, errs := v.ValidateHttpResponse(request, response); !ok {
			t.Errorf("%s: %v\n%.300s", pattern, errs, body)
		}
	}
}
