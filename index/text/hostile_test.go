package text

import (
	"strings"
	"testing"

	"clipsearch/index/store"
)

// Whatever captions hold, they are indexed beside all others, found by their words, and
// searched for no longer than others.
func TestHostileCaptions(t *testing.T) {
	st, dir := newLibrary(t)
	many := strings.Repeat("lorem ipsum ", 50_000)
	for _, tc := range []struct{ name, caption, query string }{
		{"ten megabytes", "begin " + strings.Repeat("zebra ", 10<<20/6), "begin"},
		{"ten megabytes without a space", "begin " + strings.Repeat("x", 10<<20), "begin"},
		{"100,000 words", "start " + many, "start"},
		{"control characters", "a\x00red\x1b[31mlan\x07tern\x7f", "red"},
		{"lines", "one\r\nlantern\ttwo\vthree\ftail", "tail"},
		{"marks of direction", "\u202etac\u202c \u200fkitten\u200e \u2066lamb\u2069", "kitten"},
		{"marks of direction in the query", "a foal", "\u200ffo\u200eal"},
		{"soft hyphen", "a won\u00adder\u00adful day", "wonderful"},
		{"space of no width", "sea\u200bhorse", "seahorse horse"},
		{"not UTF-8", "ca\xff\xfefe \xc0\xaf gull\xf0\x28", "gull"},
		{"surrogates", "\xed\xa0\x80 heron \xed\xbf\xbf", "heron"},
		{"emoji", "👩‍👩‍👧‍👦 family 🐶🇩🇪 1️⃣ picnic", "picnic"},
		{"emoji alone", "🐶🐶🐶", ""},
		{"many accents", "e" + strings.Repeat("\u0301", 5000) + " stacked", "stacked"},
		{"accents alone", strings.Repeat("\u0301", 1000) + " " + "lone", "lone"},
		{"full width", "ｌｉｇｈｔｈｏｕｓｅ", ""},
		{"markup", `<b onmouseover="alert(1)">ferry</b>&amp;`, "ferry"},
		{"one word a thousand times joined", strings.Repeat("word-", 1000) + "joined", "joined"},
		{"Chinese without end", strings.Repeat("灯塔", 50_000), "灯塔"},
	} {
		ids := put(t, st, entry("/p/"+strings.ReplaceAll(tc.name, " ", "")+".jpg", tc.caption, "de:"+tc.caption, "ja:"+tc.caption, "plain"))
		x := mustOpen(t, dir, st, Options{})
		if tc.query != "" {
			if m := find(t, x, words(tc.query), 5, nil); len(m) == 0 || m[0].ID != ids[0] {
				t.Errorf("%s: %q finds %v, want %d", tc.name, tc.query, m, ids[0])
			}
		}
		records, err := st.Records(ids)
		ok(t, err)
		terms, err := x.Terms(ctx, words(tc.query+" plain"), records)
		ok(t, err)
		if n := len(terms[0]); n == 0 || n > 10 {
			t.Errorf("%s: %d words", tc.name, n)
		}
		ok(t, x.Close())
	}
	x := mustOpen(t, dir, st, Options{})
	diff(t, "documents", len(found(t, x, words("plain"))), x.Len())
	ok(t, x.Close())
	problems, err := Check(ctx, dir, st)
	ok(t, err)
	diff(t, "problems", []string(nil), problems)
}

// Names and tags of files are as foreign as captions.
func TestHostileNames(t *testing.T) {
	st, dir := newLibrary(t)
	e := entry("/p/" + strings.Repeat("deep/", 700) + "x\xff\xfe\u202egpj.exe")
	e.Document.Tags = []string{strings.Repeat("tag ", 1<<19), "\x00", "\u200f"}
	e.Document.Camera = strings.Repeat("C", 1<<20)
	ids := put(t, st, e)
	x := mustOpen(t, dir, st, Options{})
	diff(t, "by folder", ids, found(t, x, words("deep")))
	diff(t, "by name", ids, found(t, x, words("gpj")))
	diff(t, "by tag", []store.ID{ids[0]}, found(t, x, words("tag")))
}
