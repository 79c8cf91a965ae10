package ui

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// TestBadQueries gives the API what people and scripts get wrong: never a status of 500 or above, always JSON that says
// what is wrong, or an empty result.
func TestBadQueries(t *testing.T) {
	g := newGallery(t)
	for _, test := range []struct {
		name   string
		values url.Values
		status int
		want   string // in the body
	}{
		{"nothing", url.Values{}, 200, `"total":13`},
		{"empty", url.Values{"q": {" "}, "sort": {"relevance"}}, 200, `"total":13`},
		{"a list from beyond the end", url.Values{"offset": {"1073731824"}, "k": {"10000"}}, 200, `"hits":[]`},
		{"a list from nowhere", url.Values{"offset": {"1073741825"}}, 400, "offset: "},
		{"only operators", url.Values{"q": {"+ - + −"}}, 400, "nothing to search for"},
		{"only excluded words", url.Values{"q": {"-dog"}}, 400, "only words to leave out"},
		{"only control characters", url.Values{"q": {"\x00\x1b\x07"}}, 400, "nothing to search for"},
		{"only stop words", url.Values{"q": {"of and"}, "mode": {"text"}}, 200, `"hits":[`},
		{"10,000 letters", url.Values{"q": {strings.Repeat("x", 10_000)}, "mode": {"text"}}, 200, `"hits":[]`},
		{"10,000 words", url.Values{"q": {strings.Repeat("dog ", 10_000)}}, 200, "only the first"},
		{"invalid UTF-8", url.Values{"q": {"\xff dog \xfe"}}, 200, `"id":7`},
		{"an open quotation mark", url.Values{"q": {`"dog`}}, 200, `"id":7`},
		{"bleve's syntax", url.Values{"q": {"caption:dog~9 /dog/ AND ^5"}}, 200, `"id":7`},
		{"terms that cancel out", url.Values{"q": {"red - red"}, "mode": {"vector"}}, 422, "cancel each other out"},
		{"k = 0", url.Values{"q": {"dog"}, "k": {"0"}}, 400, "at least 1"},
		{"k = 10⁹", url.Values{"q": {"dog"}, "k": {"1000000000"}}, 400, "k: "},
		{"k beyond an int", url.Values{"q": {"dog"}, "k": {"99999999999999999999"}}, 400, "k: "},
		{"an offset beyond the end", url.Values{"q": {"dog"}, "offset": {"9000"}}, 200, `"hits":[]`},
		{"dates the wrong way round", url.Values{"q": {"dog"}, "since": {"2020"}, "until": {"2019"}}, 400, "wrong way round"},
		{"no date", url.Values{"q": {"dog"}, "since": {"32.13.2020"}}, 400, "is no date"},
		{"unknown type", url.Values{"q": {"dog"}, "type": {"docx"}}, 400, "no file type"},
		{"unknown order", url.Values{"q": {"dog"}, "sort": {"size"}}, 400, "no order"},
		{"unknown mode", url.Values{"q": {"dog"}, "mode": {"magic"}}, 400, "no mode"},
		{"unknown fusion", url.Values{"q": {"dog"}, "fusion": {"cold"}}, 400, "no fusion"},
		{"unknown orientation", url.Values{"q": {"dog"}, "orientation": {"round"}}, 400, "no orientation"},
		{"no size", url.Values{"q": {"dog"}, "min_size": {"big"}}, 400, "no size in pixels"},
		{"a prompt without a place", url.Values{"q": {"dog"}, "prompt": {"a photo"}}, 400, "has no {q}"},
		{"too many labels", url.Values{"q": {"dog"}, "label": {strings.Repeat("x,", 2000)}}, 400, "labels are too many"},
		{"not a number", url.Values{"q": {"dog"}, "vector_weight": {"NaN"}}, 400, "weights"},
		{"an unknown tag", url.Values{"q": {"dog"}, "tag": {"nothing"}}, 200, "no picture passes the filters"},
		{"an unknown language", url.Values{"q": {"dog"}, "lang": {"xx"}}, 200, "no picture passes the filters"},
		{"an id that is gone", url.Values{"like": {"11"}}, 404, "not in the library any more"},
		{"an id that never was", url.Values{"like": {"99999999999"}}, 404, "not in the library any more"},
		{"an id that is none", url.Values{"like": {"-1"}}, 400, "like: "},
		{"an upload that is gone", url.Values{"upload": {"feed"}}, 410, "error"},
	} {
		t.Run(test.name, func(t *testing.T) {
			response, body := g.get("/api/v1/search?" + test.values.Encode())
			if response.StatusCode != test.status || !strings.Contains(body, test.want) || !json.Valid([]byte(body)) {
				t.Errorf("%d %.300s, want %d with %q", response.StatusCode, body, test.status, test.want)
			}
			page, _ := g.get("/?" + test.values.Encode())
			if page.StatusCode >= http.StatusInternalServerError {
				t.Errorf("the page answers %d", page.StatusCode)
			}
		})
	}
}
