package captions

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestRead(t *testing.T) {
	a := func(n int, text string) Line { return Line{File: "a.jpg", Text: text, Line: n} }
	b := func(n int, text string) Line { return Line{File: "b.jpg", Text: text, Line: n} }
	for name, c := range map[string]struct {
		path, content string
		want          File
	}{
		"tsv": {"x.tsv", "a.jpg\tone dog\na.jpg\ttwo, dogs\n\nb.jpg\ta cat",
			File{Form: "tab-separated", Lines: []Line{a(1, "one dog"), a(2, "two, dogs"), b(4, "a cat")}}},
		"tsv, CRLF and spaces": {"x.tsv", "\r\n  a.jpg \t one   dog \r\nb.jpg\tcat\ttail\r\n",
			File{Form: "tab-separated", Lines: []Line{a(2, "one dog"), b(3, "cat tail")}}},
		"tsv, byte order mark": {"x", "\xEF\xBB\xBFa.jpg\tdog\n", File{Form: "tab-separated", Lines: []Line{a(1, "dog")}}},
		"UTF-16, little":       {"x", utf16LE("\ufeffa.jpg\tübel\n"), File{Form: "tab-separated", Lines: []Line{a(1, "übel")}}},
		"UTF-16, big":          {"x", swap(utf16LE("\ufeffa.jpg\t犬\n")), File{Form: "tab-separated", Lines: []Line{a(1, "犬")}}},
		"bytes that are not UTF-8": {"x.tsv", "\xfc.jpg\tcaf\xe9\na.jpg\tok\n",
			File{Form: "tab-separated", Damaged: 1, Lines: []Line{{File: "\xfc.jpg", Text: "caf\uFFFD", Line: 1}, a(2, "ok")}}},
		"empty captions": {"x.tsv", "a.jpg\t \na.jpg\t\nb.jpg\tcat\n", File{Form: "tab-separated", Empty: 2, Lines: []Line{b(3, "cat")}}},
		"quotes with tabs": {"x.tsv", "a.jpg\t\"a \"\"dog\"\"\"\nb.jpg\t\"big\" and \"small\"\nb.jpg\t\"\n",
			File{Form: "tab-separated", Lines: []Line{a(1, `a "dog"`), b(2, `"big" and "small"`), b(3, `"`)}}},
		"Flickr8k tokens": {"Flickr8k.token.txt", "a.jpg#0\tA dog .\na.jpg#1\tDogs .\nb.jpg#10\tCat .\n#1.png\tone\n",
			File{Form: "tab-separated", Lines: []Line{a(1, "A dog ."), a(2, "Dogs ."), b(3, "Cat ."), {File: "#1.png", Text: "one", Line: 4}}}},
		"tsv with header": {"x.tsv", "split\tImage Path\tCaption\tlang\nval\ta.jpg\tein Hund\tde\n",
			File{Form: "tab-separated", Lines: []Line{{File: "a.jpg", Text: "ein Hund", Lang: "de", Split: "val", Line: 2}}}},
		"Kaggle captions.txt": {"captions.txt", "image,caption\na.jpg,A dog runs .\nb.jpg,\"A cat, \"\"big\"\"\nand fat .\"\na.jpg,one, two, \"three\"\n",
			File{Form: "comma-separated", Lines: []Line{a(2, "A dog runs ."), b(3, `A cat, "big" and fat .`), a(5, `one, two, "three"`)}}},
		"csv without header": {"x.csv", "a.jpg,one, two\n\"b.jpg\" , \"cat\"\na.jpg,\"Hi\", he said\n",
			File{Form: "comma-separated", Lines: []Line{a(1, "one, two"), b(2, "cat"), a(3, `"Hi", he said`)}}},
		"csv with tab in the text":   {"x.csv", "a.jpg,one\ttwo\n", File{Form: "comma-separated", Lines: []Line{a(1, "one two")}}},
		"tsv with comma in the name": {"x.txt", "a,b.jpg\ttwo\n", File{Form: "tab-separated", Lines: []Line{{File: "a,b.jpg", Text: "two", Line: 1}}}},
		"csv, many columns": {"x.csv", "id,filepath,title,description,split\n1,a.jpg,Dog,\"big, brown\",train\n2,b.jpg,,cat,test\n",
			File{Form: "comma-separated", Empty: 1, Lines: []Line{
				{File: "a.jpg", Text: "Dog", Split: "train", Line: 2}, {File: "a.jpg", Text: "big, brown", Split: "train", Line: 2},
				{File: "b.jpg", Text: "cat", Split: "test", Line: 3}}}},
		"csv, caption first": {"x.csv", "text,image\n\"dog, big\",a.jpg\n", File{Form: "comma-separated", Lines: []Line{a(2, "dog, big")}}},
		"unknown second column": {"x.csv", "file,what\na.jpg,dog\n",
			File{Form: "comma-separated", Lines: []Line{a(2, "dog")}}},
		"Flickr30k results.csv": {"results.csv", "image_name| comment_number| comment\na.jpg| 0| Two, \"young\" guys .\n",
			File{Form: "bar-separated", Lines: []Line{a(2, `Two, "young" guys .`)}}},
		"semicolons": {"x.csv", "Datei;file;caption\n1;a.jpg;\"Hund; braun\"\n", File{Form: "semicolon-separated", Lines: []Line{a(2, "Hund; braun")}}},
		"JSON lines": {"x.jsonl", "{\"image\":\"a.jpg\",\"caption\":\"dog\"}\n\n{\"file_name\": \"b.jpg\", \"text\": [\"cat\", \" \", \"two  cats\"], \"lang\": \"en\", \"split\":\"test\"}\n",
			File{Form: "JSON", Empty: 1, Lines: []Line{a(1, "dog"),
				{File: "b.jpg", Text: "cat", Lang: "en", Split: "test", Line: 3}, {File: "b.jpg", Text: "two cats", Lang: "en", Split: "test", Line: 3}}}},
		"JSON lines without captions in some": {"x", `{"file":"a.jpg"}` + "\n" + `{"file":"a.jpg","caption":null}` + "\n" + `{"file":"a.jpg","captions":[]}` + "\n" + `{"File":null,"path":"b.jpg","Caption":"cat"}`,
			File{Form: "JSON", Empty: 3, Lines: []Line{b(4, "cat")}}},
		"JSON over several lines": {"x", "{\n  \"file\": \"a.jpg\",\n  \"caption\": \"dog\"\n}\n{\"file\": \"b.jpg\", \"caption\": \"cat\"}",
			File{Form: "JSON", Lines: []Line{a(1, "dog"), b(5, "cat")}}},
		"JSON list": {"x.json", "[\n{\"image\":\"a.jpg\",\"caption\":\"dog\"},\n{\"image\":\"b.jpg\",\"caption\":\"cat\"}\n]",
			File{Form: "JSON", Lines: []Line{a(2, "dog"), b(3, "cat")}}},
		"COCO": {"captions_val2014.json", "{\"info\":{\"images\":3},\n\"images\":[{\"license\":1,\"file_name\":\"a.jpg\",\"id\":7},\n{\"file_name\":\"b.jpg\",\"id\":\"x\"}],\n\"annotations\":[\n{\"image_id\":\"x\",\"id\":1,\"caption\":\"A cat.\\n\"},\n{\"image_id\":7,\"id\":2,\"caption\":\"A dog.\"}]}",
			File{Form: "COCO JSON", Lines: []Line{b(5, "A cat."), a(6, "A dog.")}}},
		"COCO, annotations first": {"x", `{"annotations":[{"image_id":7,"caption":"dog","language":"en"}],"images":[{"file_name":"a.jpg","id":7,"split":"val"}]}`,
			File{Form: "COCO JSON", Lines: []Line{{File: "a.jpg", Text: "dog", Lang: "en", Split: "val", Line: 1}}}},
		"RSICD": {"dataset_rsicd.json", `{"images":[{"filename":"a.jpg","imgid":0,"sentences":[{"tokens":["many"],"raw":"many planes .","imgid":0,"sentid":0},{"tokens":["an","airport"]}],"split":"train","sentids":[0,1]}],"dataset":"rsicd"}`,
			File{Form: "Karpathy JSON", Lines: []Line{{File: "a.jpg", Text: "many planes .", Split: "train", Line: 1}, {File: "a.jpg", Text: "an airport", Split: "train", Line: 1}}}},
		"Karpathy's COCO": {"dataset_coco.json", `{"dataset":"coco","images":[{"filepath":"val2014","filename":"a.jpg","cocoid":3,"split":"restval","sentences":[{"raw":"dog"}]}]}`,
			File{Form: "Karpathy JSON", Lines: []Line{{File: "val2014/a.jpg", Text: "dog", Split: "restval", Line: 1}}}},
	} {
		t.Run(name, func(t *testing.T) {
			c.want.Path = c.path
			got, err := read(c.path, strings.NewReader(c.content), captionKind)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	for name, c := range map[string]struct{ path, content, want string }{
		"empty":              {"x.tsv", "", "read captions from x.tsv: nothing in it"},
		"blank":              {"x.tsv", "\n \n\r\n", "read captions from x.tsv: nothing in it"},
		"header only":        {"x.csv", "file,caption\n", "nothing in it"},
		"all empty":          {"x.tsv", "a.jpg\t\nb.jpg\t\n", "nothing in it: all 2 captions are empty"},
		"picture":            {"x.jpg", "\xFF\xD8\xFF\xE0\x00\x10JFIF\x00", "read captions from x.jpg: not a text file"},
		"UTF-16, no mark":    {"x.tsv", utf16LE("a.jpg\tdog\n"), "not a text file"},
		"prose":              {"x.txt", "\nHello there\n", `x.txt:2: neither a tab nor a comma between file and caption in "Hello there"`},
		"line without tab":   {"x.tsv", "a.jpg\tdog\nb.jpg cat\n", `x.tsv:2: no tab between file and caption in "b.jpg cat"`},
		"line without comma": {"x.csv", "a.jpg,dog\n\nb.jpg cat\n", `x.csv:3: no comma between file and caption in "b.jpg cat"`},
		"no name":            {"x.csv", "a.jpg,dog\n,cat\n", "x.csv:2: no file name before the caption"},
		"no caption column":  {"x.csv", "file,width,height\na.jpg,1,2\n", `x.csv:1: no column for the caption in the header "file,width,height"; it may be called caption, captions, text`},
		"too few fields":     {"x.csv", "file,caption,split\na.jpg,dog\n", "x.csv:2: 2 fields, but the header has 3"},
		"too many fields":    {"x.csv", "file,caption,split\na.jpg,dog, big,val\n", "x.csv:2: 4 fields, but the header has 3 (put text that holds a comma in double quotes)"},
		"open quote":         {"x.csv", "a.jpg,dog\nb.jpg,\"cat\nc.jpg,cow\n", "x.csv:2: a double quote opens a field and nothing closes it"},
		"quote opened twice": {"x.csv", "a.jpg,\"dog\nb.jpg,\"cat\"\n", "x.csv:1: text follows the double quote that closes a field over several lines"},
		"endless line":       {"x.tsv", "a.jpg\tdog\nb.jpg\t" + strings.Repeat("x", maxRecord), "x.tsv:2: more than 1048576 bytes in one row"},
		"cut JSON":           {"x.json", "{\"images\":[{\"id\":1,\n\"file_name\":\"a", "x.json:1: the JSON ends in the middle"},
		"cut JSON lines":     {"x.jsonl", "{\"file\":\"a.jpg\",\"caption\":\"a\"}\n{\"file\":", "x.jsonl:2: the JSON ends in the middle"},
		"bad JSON":           {"x.jsonl", "{\"file\":\"a.jpg\",\"caption\":\"a\"}\n{\"file\" \"b.jpg\"}\n", "x.jsonl:2: not valid JSON: "},
		"JSON, no name":      {"x.jsonl", `{"caption":"a","image_id":3}`, `x.jsonl:1: no file name among the fields "caption, image_id"`},
		"JSON, name of 3":    {"x.jsonl", `{"caption":"a","image":3}`, `x.jsonl:1: the field "image" is "3", not a file name`},
		"JSON, caption of 3": {"x.jsonl", `{"image":"a.jpg","caption":[3]}`, `x.jsonl:1: the field "caption" of "a.jpg" is "3", not text`},
		"JSON numbers":       {"x.json", `[{"image":"a.jpg","caption":"x"},3]`, `x.json:1: want an object, got "3"`},
		"JSON, then text":    {"x.json", "{\"image\":\"a.jpg\",\"caption\":\"x\"}\n7\n", "x.json:2: want an object, got 7"},
		"COCO instances":     {"x.json", `{"images":[{"file_name":"a.jpg","id":1}],"annotations":[{"image_id":1,"category_id":3}]}`, "nothing in it: all 1 captions are empty"},
		"COCO, strange id":   {"x.json", "{\"images\":[{\"file_name\":\"a.jpg\",\"id\":1}],\n\"annotations\":[{\"image_id\":2,\"caption\":\"x\"}]}", `x.json:2: an annotation of image_id "2", which is the id of no image`},
		"COCO, no name":      {"x.json", `{"images":[{"id":1}]}`, `x.json:1: an image without a file name; its fields are "id"`},
		"images not a list":  {"x.json", `{"images":{"id":1}}`, `x.json:1: "images" is not a list of objects`},
		"images of strings":  {"x.json", `{"images":["a.jpg"],"caption":"x"}`, `x.json:1: want an object, got "\"a.jpg\""`},
	} {
		_, err := read(c.path, strings.NewReader(c.content), captionKind)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v\nwant one with %s", name, err, c.want)
		}
	}
}

func TestReadErrorsCanBeTold(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "x.tsv")
	var line *LineError
	for content, is := range map[string]func(error) bool{
		"":            func(err error) bool { return errors.Is(err, ErrNone) },
		"\x00":        func(err error) bool { return errors.Is(err, ErrNotText) },
		"a\tb\nc\n":   func(err error) bool { return errors.As(err, &line) && line.Line == 2 && line.Path == path },
		"a.jpg\tb\n":  func(err error) bool { return err == nil },
		"{\"a\":tru}": func(err error) bool { return errors.As(err, &line) && line.Line == 1 },
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(path); !is(err) {
			t.Errorf("%q: error %v", content, err)
		}
	}
	if _, err := Read(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: error %v", err)
	}
	if _, err := Read(dir); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("folder: error %v", err)
	}
}

func TestReadLabels(t *testing.T) {
	want := []Line{{File: "a.jpg", Text: "beach"}, {File: "a.jpg", Text: "sea side"}, {File: "b.jpg", Text: "farm, land"}}
	for name, content := range map[string]string{
		"tsv":        "a.jpg\tbeach\na.jpg\tsea side\nb.jpg\tfarm, land\n",
		"csv":        "filename,label\na.jpg,beach\na.jpg,sea side\nb.jpg,\"farm, land\"\n",
		"several":    "file,title,tag,category\na.jpg,x,beach,sea side\nb.jpg,x,\"farm, land\",\n",
		"JSON lines": `{"image":"a.jpg","labels":["beach","sea side"],"caption":"x"}` + "\n" + `{"image":"b.jpg","label":"farm, land"}`,
	} {
		got, err := read("labels", strings.NewReader(content), labelKind)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(want, got.Lines, cmpopts.IgnoreFields(Line{}, "Line")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if _, err := read("x.tsv", strings.NewReader("a.jpg beach\n"), labelKind); err == nil || !strings.Contains(err.Error(), "neither a tab nor a comma between file and label") {
		t.Errorf("error %v", err)
	}
}

func TestLongCaptionsAreCut(t *testing.T) {
	got, err := read("x.tsv", strings.NewReader("a.jpg\t"+strings.Repeat("日", maxText/2)+"\n"), captionKind)
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Repeat("日", maxText/3); got.Lines[0].Text != want || got.Damaged != 0 {
		t.Errorf("%d bytes, want %d; %d damaged", len(got.Lines[0].Text), len(want), got.Damaged)
	}
}

func TestReadSharedSets(t *testing.T) {
	shared := filepath.Join("..", "..", "..", "shared", "data")
	if _, err := os.Stat(shared); err != nil {
		t.Skip("../shared is not there; put the shared folder beside the repository, then: go test ./index/captions")
	}
	for path, want := range map[string]int{"flickr8k/test.tsv": 5000, "flickr8k/train.tsv": 29985, "originals/captions.tsv": 500, "ucm/test.tsv": 1050} {
		f, err := Read(filepath.Join(shared, path))
		if err != nil {
			t.Error(err)
			continue
		}
		if got := len(f.Lines) + f.Empty; got != want || f.Damaged != 0 {
			t.Errorf("%s: %d captions, %d damaged; want %d, 0", path, got, f.Damaged, want)
		}
	}
	for path, want := range map[string]int{"scene15/labels.tsv": 3047, "eurosat/labels.tsv": 6000, "ucm/test_labels.tsv": 210} {
		f, err := ReadLabels(filepath.Join(shared, path))
		if err != nil {
			t.Error(err)
			continue
		}
		if len(f.Lines) != want {
			t.Errorf("%s: %d labels, want %d", path, len(f.Lines), want)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{
		"a.jpg\tone\nb.jpg\t\"two\"\n", "image,caption\na.jpg,\"x\ny\"\n", "image_name| comment\na.jpg| x\n", "file;caption\na;b\n",
		`{"image":"a.jpg","caption":["x",{"raw":"y"}]}`, `[{"image":"a.jpg","caption":"x"}]`,
		`{"images":[{"id":1,"file_name":"a"}],"annotations":[{"image_id":1,"caption":"x"}]}`,
		`{"images":[{"filepath":"v","filename":"a","sentences":[{"tokens":["x"]}]}]}`, utf16LE("\ufeffa\tb"), "\xEF\xBB\xBF",
	} {
		f.Add([]byte(s), false)
		f.Add([]byte(s), true)
	}
	f.Fuzz(func(t *testing.T, data []byte, labels bool) {
		k := captionKind
		if labels {
			k = labelKind
		}
		got, err := read("x", strings.NewReader(string(data)), k)
		if err != nil {
			return
		}
		if len(got.Lines) == 0 {
			t.Fatal("no lines and no error")
		}
		checkLines(t, got.Lines)
	})
}

func checkLines(t *testing.T, lines []Line) {
	t.Helper()
	last := 1
	for _, l := range lines {
		text, replaced := clean(l.Text)
		if l.File == "" || l.Text == "" || text != l.Text || replaced || l.Line < last {
			t.Fatalf("line %+v after line %d", l, last)
		}
		last = l.Line
	}
}

// utf16LE encodes characters of the basic plane.
func utf16LE(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteByte(byte(r))
		b.WriteByte(byte(r >> 8))
	}
	return b.String()
}

func swap(s string) string {
	b := []byte(s)
	for i := 0; i+1 < len(b); i += 2 {
		b[i], b[i+1] = b[i+1], b[i]
	}
	return string(b)
}
