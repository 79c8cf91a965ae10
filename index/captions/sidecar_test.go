package captions

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSidecar(t *testing.T) {
	for name, c := range map[string]struct {
		content string
		want    []Line
	}{
		"one line":  {"A dog.\n", []Line{{Text: "A dog.", Line: 1}}},
		"more text": {"\n  A   dog.\r\nAnother line.\r\n", []Line{{Text: "A dog.", Line: 2}}},
		"stamp": {"A calculator.  6x7=42\nde.utf8=Ein Rechner.\npt_BR.utf8=Uma calculadora.\nca@valencia.utf8=Una x=y.\nsr@latin.utf8=\nson.utf8= a \nfr.utf8\nnote=x\n", []Line{
			{Text: "A calculator. 6x7=42", Line: 1}, {Text: "Ein Rechner.", Lang: "de", Line: 2}, {Text: "Uma calculadora.", Lang: "pt_BR", Line: 3},
			{Text: "Una x=y.", Lang: "ca@valencia", Line: 4}, {Text: "a", Lang: "son", Line: 6}}},
		"translations only": {"de.utf8=Hund\n", []Line{{Text: "Hund", Lang: "de", Line: 1}}},
		"UTF-16":            {utf16LE("\ufeffübel\r\nde.utf8=ü\r\n"), []Line{{Text: "übel", Line: 1}, {Text: "ü", Lang: "de", Line: 2}}},
		"not UTF-8":         {"caf\xe9\n", []Line{{Text: "caf\uFFFD", Line: 1}}},
		"empty":             {"", nil},
		"blank":             {" \n\t\n", nil},
		"too long":          {strings.Repeat("x", 3*maxSidecar), []Line{{Text: strings.Repeat("x", maxText), Line: 1}}},
	} {
		t.Run(name, func(t *testing.T) {
			picture := filepath.Join(t.TempDir(), "my.dog.jpg")
			write(t, strings.TrimSuffix(picture, ".jpg")+".txt", c.content)
			got, err := Sidecar(picture)
			if err != nil {
				t.Fatal(err)
			}
			for i := range c.want {
				c.want[i].File = picture
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestNoSidecar(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "folder.txt"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "text.txt"), "not a caption of itself")
	for _, name := range []string{"none.jpg", "folder.png", "text.txt", "none", filepath.Join("no", "such.jpg")} {
		if lines, err := Sidecar(filepath.Join(dir, name)); lines != nil || err != nil {
			t.Errorf("%s: %v, %v; want nothing", name, lines, err)
		}
	}
	write(t, filepath.Join(dir, "binary.txt"), "\x7fELF\x00")
	if _, err := Sidecar(filepath.Join(dir, "binary.png")); !errors.Is(err, ErrNotText) || !strings.Contains(err.Error(), "binary.txt") {
		t.Errorf("binary file: error %v", err)
	}
}

func FuzzSidecar(f *testing.F) {
	f.Add("A dog.\nde.utf8=Ein Hund.\n")
	f.Add(utf16LE("\ufeffA dog.\n"))
	f.Fuzz(func(t *testing.T, content string) {
		lines, err := readSidecar(strings.NewReader(content), "a.png")
		if err == nil {
			checkLines(t, lines)
		}
	})
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
