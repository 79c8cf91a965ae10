package token_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"clipsearch/assets"
	"clipsearch/encode/token"

	"github.com/google/go-cmp/cmp"
)

// small is a vocabulary for the letters a and b.
const (
	smallVocab  = `{"a":0,"b":1,"a</w>":2,"b</w>":3,"ab":4,"ab</w>":5,"<|startoftext|>":6,"<|endoftext|>":7}`
	smallMerges = "#version: 0.2\na b\na b</w>\n"
)

// smallJSON is the same as a tokenizer.json.
const smallJSON = `{
	"added_tokens": [
		{"id":6,"content":"<|startoftext|>","single_word":false,"lstrip":false,"rstrip":false,"normalized":true,"special":true},
		{"id":7,"content":"<|endoftext|>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],
	"normalizer": {"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Replace","pattern":{"Regex":"\\s+"},"content":" "},{"type":"Lowercase"}]},
	"pre_tokenizer": {"type":"Sequence","pretokenizers":[
		{"type":"Split","pattern":{"Regex":"'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+"},"behavior":"Removed","invert":true},
		{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}]},
	"post_processor": {"type":"RobertaProcessing","sep":["<|endoftext|>",7],"cls":["<|startoftext|>",6],"trim_offsets":false,"add_prefix_space":false},
	"model": {"type":"BPE","dropout":null,"unk_token":"<|endoftext|>","continuing_subword_prefix":"","end_of_word_suffix":"</w>","fuse_unk":false,
		"vocab":` + smallVocab + `,"merges":["a b","a b</w>"]}}`

func TestTruncatedVocabulary(t *testing.T) {
	fromFiles, err := token.Parse([]byte(smallVocab), []byte(smallMerges))
	if err != nil {
		t.Fatal(err)
	}
	fromJSON, err := token.ParseJSON([]byte(smallJSON))
	if err != nil {
		t.Fatal(err)
	}
	noUnknown, err := token.ParseJSON([]byte(strings.Replace(smallJSON, `"unk_token":"<|endoftext|>"`, `"unk_token":null`, 1)))
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]struct{ unknown, none []int32 }{
		"ab AB":    {[]int32{6, 5, 5, 7}, []int32{6, 5, 5, 7}},
		"abab":     {[]int32{6, 4, 5, 7}, []int32{6, 4, 5, 7}},
		"aba":      {[]int32{6, 4, 2, 7}, []int32{6, 4, 2, 7}},
		"axxb":     {[]int32{6, 0, 7, 7, 3, 7}, []int32{6, 5, 7}}, // each unknown byte on its own
		"abx":      {[]int32{6, 4, 7, 7}, []int32{6, 4, 7}},
		"é":        {[]int32{6, 7, 7, 7}, []int32{6, 7}},
		"x<b":      {[]int32{6, 7, 7, 3, 7}, []int32{6, 3, 7}},
		"axb ayb.": {[]int32{6, 0, 7, 3, 0, 7, 3, 7, 7}, []int32{6, 5, 5, 7}},
	} {
		for name, c := range map[string]struct {
			tok  *token.Tokenizer
			want []int32
		}{"files": {fromFiles, want.unknown}, "json": {fromJSON, want.unknown}, "no unknown token": {noUnknown, want.none}} {
			if diff := cmp.Diff(c.want, c.tok.Encode(text, 0)); diff != "" {
				t.Errorf("%s: %q (-want +got):\n%s", name, text, diff)
			}
		}
	}
}

func TestParseRefuses(t *testing.T) {
	vocab := func(old, new string) string { return strings.Replace(smallVocab, old, new, 1) }
	for name, c := range map[string]struct{ vocab, merges, want string }{
		"not JSON":          {"{", "", "vocab.json: malformed vocabulary: want an object of tokens and ids: unexpected end of JSON input"},
		"list":              {`["a"]`, "", "want an object of tokens and ids"},
		"null":              {"null", "", "special token <|startoftext|> is missing"},
		"fraction":          {`{"a":0.5}`, "", "want an object of tokens and ids"},
		"no end":            {vocab(`,"<|endoftext|>":7`, ""), "", "vocab.json: malformed vocabulary: the special token <|endoftext|> is missing"},
		"hole":              {vocab(`:7`, ":8"), "", `token "<|endoftext|>" has id 8, but ids must be 0 to 7 without holes`},
		"negative":          {vocab(`:0`, ":-1"), "", `token "a" has id -1`},
		"duplicate":         {vocab(`"b":1`, `"b":0`), "", `the tokens "a" and "b" both have id 0`},
		"one word":          {smallVocab, "#version: 0.2\nab\n", `merges.txt: malformed vocabulary: line 2: want two tokens separated by a space, got "ab"`},
		"three words":       {smallVocab, "a b\na b b</w>\n", `line 2: want two tokens separated by a space, got "a b b</w>"`},
		"unknown left":      {smallVocab, "c b\n", `merges.txt: malformed vocabulary: merge 1 ("c" and "b"): the token "c" is not in vocab.json`},
		"unknown result":    {smallVocab, "#version: 0.2\na b\nb a\n", `merge 3 ("b" and "a"): the token "ba" is not in vocab.json`},
		"whole other model": {`{"[PAD]":0,"[UNK]":1}`, "", "special token <|startoftext|> is missing"},
	} {
		_, err := token.Parse([]byte(c.vocab), []byte(c.merges))
		if err == nil || !strings.Contains(err.Error(), c.want) || !errors.Is(err, token.ErrMalformed) {
			t.Errorf("%s: error %v, want ErrMalformed with %q", name, err, c.want)
		}
	}
}

func TestParseJSONRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		old, new, want string
		sentinel       error
	}{
		"WordPiece":        {`"type":"BPE"`, `"type":"WordPiece"`, "tokenizer.json: not CLIP's byte-level BPE: model is WordPiece", token.ErrKind},
		"Unigram":          {`"type":"BPE"`, `"type":"Unigram"`, "model is Unigram", token.ErrKind},
		"no suffix":        {`"end_of_word_suffix":"</w>"`, `"end_of_word_suffix":null`, `model.end_of_word_suffix is not "</w>"`, token.ErrKind},
		"prefix":           {`"continuing_subword_prefix":""`, `"continuing_subword_prefix":"##"`, `model.continuing_subword_prefix is "##"`, token.ErrKind},
		"fused":            {`"fuse_unk":false`, `"fuse_unk":true`, "model.fuse_unk is set", token.ErrKind},
		"dropout":          {`"dropout":null`, `"dropout":0.1`, "model.dropout is 0.1", token.ErrKind},
		"NFKC":             {`{"type":"NFC"}`, `{"type":"NFKC"}`, "normalizer is Sequence(NFKC, Replace, Lowercase), not Sequence(NFC, Replace, Lowercase)", token.ErrKind},
		"no normalizer":    {`"normalizer":`, `"x":`, "normalizer is null", token.ErrKind},
		"other pattern":    {`'s|'t`, `'t|'s`, `the pre_tokenizer splits by the pattern "'t|'s`, token.ErrKind},
		"isolated":         {`"Removed"`, `"Isolated"`, `the pre_tokenizer's split is "Isolated", invert true`, token.ErrKind},
		"prefix space":     {`"add_prefix_space":false`, `"add_prefix_space":true`, "pre_tokenizer.add_prefix_space is set", token.ErrKind},
		"no second split":  {`"use_regex":true`, `"use_regex":false`, "pre_tokenizer.use_regex is false", token.ErrKind},
		"BERT":             {`"RobertaProcessing"`, `"BertProcessing"`, "post_processor is BertProcessing", token.ErrKind},
		"other ends":       {`"sep":["<|endoftext|>"`, `"sep":["</s>"`, `the post_processor puts "<|startoftext|>" and "</s>" around a text`, token.ErrKind},
		"whole words":      {`"single_word":false`, `"single_word":true`, `the added token "<|startoftext|>" asks for whole words only`, token.ErrKind},
		"no model":         {`"model":`, `"x":`, "tokenizer.json: malformed vocabulary: no model in it", token.ErrMalformed},
		"truncated":        {`"a b</w>"]}}`, "", "unexpected end of JSON input", token.ErrMalformed},
		"two ids":          {`{"id":6,`, `{"id":5,`, `the added token "<|startoftext|>" has id 5, but 6 in the vocabulary`, token.ErrMalformed},
		"empty token":      {`"content":"<|startoftext|>"`, `"content":""`, "the added token with id 6 is empty", token.ErrMalformed},
		"no vocab":         {`"vocab":`, `"x":`, "vocab: want an object", token.ErrMalformed},
		"merge of one":     {`"a b",`, `"ab",`, `merge 1: want two tokens, got "ab"`, token.ErrMalformed},
		"merge of three":   {`"a b",`, `["a","b","a"],`, `merge 1: want two tokens, got ["a","b","a"]`, token.ErrMalformed},
		"unknown in merge": {`"a b",`, `["a","c"],`, `merge 1 ("a" and "c"): the token "c" is not in tokenizer.json`, token.ErrMalformed},
		"unknown token":    {`"unk_token":"<|endoftext|>"`, `"unk_token":"[UNK]"`, `the token for unknown bytes, "[UNK]", is missing`, token.ErrMalformed},
	} {
		_, err := token.ParseJSON([]byte(strings.Replace(smallJSON, c.old, c.new, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) || !errors.Is(err, c.sentinel) {
			t.Errorf("%s: error %v, want %v with %q", name, err, c.sentinel, c.want)
		}
	}
}

func TestParseJSONVariants(t *testing.T) {
	for name, c := range map[string]struct {
		old, new, text string
		want           []int32
	}{
		"pairs":           {`["a b","a b</w>"]`, `[["a","b"],["a","b</w>"]]`, "abab", []int32{6, 4, 5, 7}},
		"type left out":   {`"type":"BPE",`, ``, "ab", []int32{6, 5, 7}},
		"template":        {`"type":"RobertaProcessing"`, `"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<|startoftext|>","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"<|endoftext|>","type_id":0}}]`, "ab", []int32{6, 5, 7}},
		"no processor":    {`"post_processor":`, `"x":`, "ab", []int32{6, 5, 7}},
		"exact start":     {`"normalized":true`, `"normalized":false`, "<|startoftext|>a", []int32{6, 6, 2, 7}},
		"capital start":   {`"normalized":true`, `"normalized":true`, "<|STARTOFTEXT|>a", []int32{6, 6, 2, 7}},
		"longest token":   {`"added_tokens": [`, `"added_tokens": [{"id":8,"content":"<|endoftext|>b"},`, "a<|endoftext|>b", []int32{6, 2, 8, 7}},
		"extra token":     {`"added_tokens": [`, `"added_tokens": [{"id":8,"content":"B!","normalized":true},`, "ab! b b!", []int32{6, 2, 8, 3, 8, 7}},
		"specials, plain": {`'s|'t|'re`, `<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re`, "a <|ENDOFTEXT|>b", append(append([]int32{6, 2}, repeat(7, 13)...), 3, 7)},
	} {
		tok, err := token.ParseJSON([]byte(strings.Replace(smallJSON, c.old, c.new, 1)))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(c.want, tok.Encode(c.text, 0)); diff != "" {
			t.Errorf("%s: %q (-want +got):\n%s", name, c.text, diff)
		}
	}
}

// TestSpecialsInWordPattern pins what the longer pattern changes: a special token in capitals ends before the signs
// that follow it.
func TestSpecialsInWordPattern(t *testing.T) {
	vocab, merges, err := assets.Vocabulary()
	if err != nil {
		t.Fatal(err)
	}
	file := strings.Replace(smallJSON, `"vocab":`+smallVocab, `"vocab":`+string(vocab), 1)
	quoted, err := json.Marshal(strings.Split(strings.TrimSpace(string(merges)), "\n")[1:])
	if err != nil {
		t.Fatal(err)
	}
	file = strings.NewReplacer(`["a b","a b</w>"]`, string(quoted), `"id":6,`, `"id":49406,`, `"id":7,`, `"id":49407,`).Replace(file)
	long := strings.Replace(file, `'s|'t|'re`, `<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re`, 1)
	for name, c := range map[string]struct {
		file string
		want []int32
	}{
		// Values of tokenizers 0.23.3.
		"short": {file, []int32{49406, 27, 347, 40786, 4160, 91, 29, 748, 49407}},
		"long":  {long, []int32{49406, 27, 347, 40786, 4160, 91, 285, 748, 49407}},
	} {
		tok, err := token.ParseJSON([]byte(c.file))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, tok.Encode("<|ENDOFTEXT|>!!", 0)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func FuzzParseJSON(f *testing.F) {
	f.Add([]byte(smallJSON), "ab<|startoftext|>")
	f.Add([]byte(`{"model":{}}`), "")
	f.Add([]byte(`{"model":{"type":"Unigram","vocab":[["a",0]]}}`), "a")
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		if tok, err := token.ParseJSON(data); err == nil {
			checkIDs(t, tok, tok.Encode(text, 0))
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(smallVocab), []byte(smallMerges), "abab")
	f.Add([]byte(`{"<|startoftext|>":0,"<|endoftext|>":1}`), []byte("\n\r\n"), "a b")
	f.Fuzz(func(t *testing.T, vocab, merges []byte, text string) {
		if tok, err := token.Parse(vocab, merges); err == nil {
			checkIDs(t, tok, tok.Encode(text, 0))
		}
	})
}

func checkIDs(t *testing.T, tok *token.Tokenizer, ids []int32) {
	t.Helper()
	if len(ids) < 2 || ids[0] != tok.Start() || ids[len(ids)-1] != tok.End() {
		t.Fatalf("ids %v do not stand between start %d and end %d", ids, tok.Start(), tok.End())
	}
	for _, id := range ids {
		if id < 0 || int(id) >= tok.Size() {
			t.Fatalf("id %d out of range, size %d", id, tok.Size())
		}
	}
}

func repeat(id int32, n int) []int32 {
	ids := make([]int32, n)
	for i := range ids {
		ids[i] = id
	}
	return ids
}
