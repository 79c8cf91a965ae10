package text

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/blevesearch/bleve/v2/analysis"

	"clipsearch/index/store"
)

func terms1(a analysis.Analyzer, s string) string {
	var out []string
	for _, t := range analyze(a, s) {
		out = append(out, string(t.Term))
	}
	return strings.Join(out, " ")
}

func TestNameTokenizer(t *testing.T) {
	for in, want := range map[string]string{
		"":                            "",
		"snowDog_2024-HTMLPage":       "snow Dog 2024 HTML Page",
		"IMG_0042":                    "IMG 0042",
		"DSC00042 (1)":                "DSC 00042 1",
		"aB":                          "a B",
		"ABC":                         "ABC",
		"ABc":                         "A Bc",
		"x1y2":                        "x 1 y 2",
		"2019/Été à Nîmes":            "2019 Été à Nîmes",
		"cafe\u0301Noir":              "cafe\u0301 Noir",
		"\u0301x":                     "x",
		"犬と猫":                         "犬と猫",
		"bad\xff\xfebytes":            "bad bytes",
		"__":                          "",
		"iPhone12ProMax":              "i Phone 12 Pro Max",
		"ǅungla":                      "ǅungla",
		"a.b,c;d":                     "a b c d",
		"\u0623\u0628 \u0661\u0662_x": "\u0623\u0628 \u0661\u0662 x",
	} {
		var got []string
		for i, token := range (nameTokenizer{}).Tokenize([]byte(in)) {
			if token.Position != i+1 || in[token.Start:token.End] != string(token.Term) {
				t.Errorf("%q: token %+v", in, token)
			}
			got = append(got, string(token.Term))
		}
		diff(t, in, want, strings.Join(got, " "))
	}
}

func TestNameText(t *testing.T) {
	for _, tc := range []struct{ path, root, want string }{
		{"/p/a.jpg", "/p", "a"},
		{"/p/x/y/a.b.jpg", "/p/", "x/y/a.b"},
		{"/p/x/a.jpg", "/", "p/x/a"},
		{"/p/x/a.jpg", "", "x/a"},
		{"/p/x/a.jpg", "/q", "x/a"},
		{"/pictures/a.jpg", "/p", "pictures/a"},
		{"a", "", "a"},
		{"/a", "", "a"},
		{"/p/.hidden", "/p", ""},
		{"id 17", "", "id 17"},
	} {
		got := nameText(&store.Document{Path: tc.path, Root: tc.root})
		diff(t, tc.path+" in "+tc.root, tc.want, strings.TrimLeft(got, "./"))
	}
}

func TestLanguages(t *testing.T) {
	a, err := newAnalyzers()
	ok(t, err)
	for _, tc := range []struct{ lang, in, want string }{
		{"", "The cats' cafés are running", "cat cafe run"},
		{"en-GB", "colours", "colour"},
		{"de", "Die schönen Häuser", "schon haus"},
		{"fr", "l'avion des garçons", "avion garcon"},
		{"es", "los niños", "nin"},
		{"pt_BR", "as crianças", "crianc"},
		{"xx", "The Cafés ßa", "the cafes ssa"},
		{"ja", "東京都", "東 東京 京 京都 都"},
		{"zh-TW", "貓 ABC", "貓 abc"},
		{"ko", "노란 나비가 꽃 위에", "노란 나비 비가 꽃 위에"},
		{"ru", "собаки", "собак"},
	} {
		got := terms1(a.captions[analyzerOf(tc.lang)], tc.in)
		diff(t, tc.lang+": "+tc.in, tc.want, got)
	}
	for lang := range languages {
		if a.captions[analyzerOf(lang)] == nil {
			t.Errorf("no analyzer for %q", lang)
		}
	}
}

// The cache changes nothing: not terms, places nor positions.
func TestWordCache(t *testing.T) {
	cached, err := newAnalyzers()
	ok(t, err)
	rng := rand.New(rand.NewPCG(31, 32))
	pieces := strings.Split("the dog's|Running,|t-shirt|don’t|3.5|café|cafe\u0301|ÉTÉ|a|. ..|\t|\n|  |x\u00a0y|日本|한국어|🐶🐱|\xff|_a_b_|"+strings.Repeat("long", 20)+"|http://a.b/c?d|U.S.A.|'|-", "|")
	for _, name := range []string{"en", "de", "fr", "tr", "ru"} {
		c := cached.captions[name].(*wordCache)
		for range 400 {
			var b strings.Builder
			for range rng.IntN(8) {
				b.WriteString(pieces[rng.IntN(len(pieces))])
				b.WriteString([]string{" ", "\t", " \n "}[rng.IntN(3)])
			}
			text := normalize(b.String())
			diff(t, name+": "+b.String(), append(analysis.TokenStream{}, c.inner.Analyze(append([]byte(nil), text...))...), c.Analyze(text))
		}
	}
}

func TestWordCacheIsBounded(t *testing.T) {
	a, err := newAnalyzers()
	ok(t, err)
	c := a.captions["en"].(*wordCache)
	for i := range 3 * maxCachedWords {
		c.Analyze([]byte(spell(i)))
	}
	c.Analyze([]byte(strings.Repeat("x", 10*maxCachedBytes)))
	if len(c.words) > maxCachedWords {
		t.Errorf("%d words", len(c.words))
	}
}

func FuzzAnalyze(f *testing.F) {
	a, err := newAnalyzers()
	ok(f, err)
	f.Add("the dog's café 東京 \xff\u0301")
	f.Fuzz(func(t *testing.T, s string) {
		text := normalize(s)
		for _, field := range []string{"caption_en", "caption_de", "caption_cjk", "caption_ar", "caption_hi", fieldTyped, fieldName} {
			last := 0
			for _, token := range analyze(a.analyzer(field), s) {
				if token.Start < 0 || token.End > len(text) || token.Start > token.End || token.Position < last {
					t.Errorf("%s: %+v after position %d", field, token, last)
				}
				last = token.Position
			}
		}
	})
}

func FuzzDecodeLengths(f *testing.F) {
	f.Add([]byte("caption_en 12 name 3 "))
	f.Add([]byte("x -1"))
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := decodeLengths(data)
		if err != nil {
			return
		}
		again, err := decodeLengths(l.encode())
		ok(t, err)
		diff(t, "lengths", l, again)
	})
}

func FuzzDecodeState(f *testing.F) {
	f.Add(state{Layout: 1, Library: "a", Sequence: 2, LastID: 3, Fields: map[string]fieldStats{"name": {4, 5}}}.encode())
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := decodeState(data)
		if err != nil {
			return
		}
		again, err := decodeState(s.encode())
		ok(t, err)
		diff(t, "state", s, again)
	})
}
