package scan

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// gitFiles lets git list the files below root that no pattern leaves out, our ignore files apart. It is the oracle.
func gitFiles(t *testing.T, root string, exclude []string) []string {
	t.Helper()
	args := []string{"-C", root, "ls-files", "--others", "-z", "--exclude-per-directory=" + IgnoreFile}
	for _, line := range exclude {
		args = append(args, "--exclude="+line)
	}
	out, err := exec.Command("git", args...).Output()
	if err != nil {
		t.Fatalf("git %q: %v", args, err)
	}
	var names []string
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		if name != "" && filepath.Base(name) != IgnoreFile {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// repository makes an empty git repository, or skips the test.
func repository(t *testing.T) string {
	t.Helper()
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("git is the oracle of this test; install it (make test does) and run: go test ./internal/scan")
	}
	root := t.TempDir()
	if out, err := exec.Command("git", "init", "-q", root).CombinedOutput(); err != nil {
		t.Fatalf("git init: %v\n%s", err, out)
	}
	return root
}

// fill writes files below root.
func fill(t *testing.T, root string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// walkAll lists all files below root as Walk sees them.
func walkAll(t *testing.T, root string, exclude []string) []string {
	t.Helper()
	got, err := Walk(context.Background(), []string{root}, Options{Picture: func(string) bool { return true }, Exclude: patterns(exclude...)})
	if err != nil {
		t.Fatal(err)
	}
	names := relatives(t, root, got.Files)
	slices.Sort(names)
	return names
}

// TestIgnoreFilesAsGitReadsThem gives each case the same files, and git the last word.
func TestIgnoreFilesAsGitReadsThem(t *testing.T) {
	files := []string{
		"a.jpg", "b.jpg", "ab.jpg", "a b.jpg", "a ", "!a.jpg", "#a.jpg", "[a].jpg", "a\\b.jpg", "é.jpg", "\xff.jpg", "-.jpg", "].jpg", "^.jpg",
		"raw/a.jpg", "raw/keep.jpg", "raw/deep/a.jpg", "raw/deep/keep.jpg", "x/raw/a.jpg", "x/y/raw/a.jpg", "x/y/z/b.jpg", "raw.jpg/a.jpg", "X/A.jpg",
	}
	tests := []struct {
		name    string
		ignore  map[string]string // folder → lines of its ignore file
		exclude []string
	}{
		{name: "nothing"},
		{name: "a name anywhere", ignore: map[string]string{"": "a.jpg"}},
		{name: "a name at the root", ignore: map[string]string{"": "/a.jpg"}},
		{name: "folders only", ignore: map[string]string{"": "raw/\nraw.jpg/\na.jpg/"}},
		{name: "an anchored folder", ignore: map[string]string{"": "/raw/"}},
		{name: "a slash in the middle anchors", ignore: map[string]string{"": "y/raw\nx/raw"}},
		{name: "asterisk", ignore: map[string]string{"": "a*.jpg"}},
		{name: "asterisk stays in a folder", ignore: map[string]string{"": "x/*/a.jpg"}},
		{name: "question mark", ignore: map[string]string{"": "?.jpg"}},
		{name: "question mark is a byte", ignore: map[string]string{"": "??.jpg"}},
		{name: "classes", ignore: map[string]string{"": "[a-b].jpg\nx/[[:alpha:]]/"}},
		{name: "complements", ignore: map[string]string{"": "[!a-b].jpg"}},
		{name: "complement with a caret", ignore: map[string]string{"": "[^a-b].jpg"}},
		{name: "bracket, hyphen and caret in classes", ignore: map[string]string{"": "[]^-].jpg"}},
		{name: "quoted bracket", ignore: map[string]string{"": `\[a\].jpg`}},
		{name: "quoted backslash", ignore: map[string]string{"": `a\\b.jpg`}},
		{name: "malformed class", ignore: map[string]string{"": "[a\na.jpg"}},
		{name: "unknown class", ignore: map[string]string{"": "[[:letter:]].jpg\nb.jpg"}},
		{name: "backslash last", ignore: map[string]string{"": "a\\\nb.jpg"}},
		{name: "negation", ignore: map[string]string{"": "raw/*\n!keep.jpg"}},
		{name: "negation below an excluded folder does nothing", ignore: map[string]string{"": "raw/\n!raw/keep.jpg"}},
		{name: "negation first", ignore: map[string]string{"": "!a.jpg\na.jpg"}},
		{name: "quoted exclamation mark", ignore: map[string]string{"": `\!a.jpg`}},
		{name: "comment and quoted hash", ignore: map[string]string{"": "#b.jpg\n\\#a.jpg"}},
		{name: "spaces at the end", ignore: map[string]string{"": "a.jpg   \nb.jpg"}},
		{name: "a quoted space at the end", ignore: map[string]string{"": `a\ `}},
		{name: "spaces inside", ignore: map[string]string{"": "a b.jpg"}},
		{name: "tabs count", ignore: map[string]string{"": "a.jpg\t"}},
		{name: "carriage returns", ignore: map[string]string{"": "a.jpg\r\nraw/\r\n"}},
		{name: "byte order mark", ignore: map[string]string{"": "\ufeffa.jpg\n"}},
		{name: "globstar first", ignore: map[string]string{"": "**/raw"}},
		{name: "globstar first with a path", ignore: map[string]string{"": "**/raw/a.jpg"}},
		{name: "globstar last", ignore: map[string]string{"": "raw/**\n!raw/deep/"}},
		{name: "globstar in the middle", ignore: map[string]string{"": "x/**/raw"}},
		{name: "globstar inside a name", ignore: map[string]string{"": "x/**w\nra**/a.jpg\nx/?/**w\nx/?**/b.jpg"}},
		{name: "three asterisks", ignore: map[string]string{"": "x/***/raw"}},
		{name: "globstar alone", ignore: map[string]string{"": "**"}},
		{name: "everything but", ignore: map[string]string{"": "*\n!*/\n!keep.jpg"}},
		{name: "everything at the root but a folder", ignore: map[string]string{"": "/*\n!/raw"}},
		{name: "slash alone", ignore: map[string]string{"": "/\n!\n//\n"}},
		{name: "case counts", ignore: map[string]string{"": "A.jpg"}},
		{name: "bytes", ignore: map[string]string{"": "\xff.jpg\n"}},
		{name: "nested", ignore: map[string]string{"raw": "a.jpg", "x/y": "/raw"}},
		{name: "nested ones take back", ignore: map[string]string{"": "a.jpg", "raw": "!a.jpg"}},
		{name: "nested paths start there", ignore: map[string]string{"x": "y/raw\n/raw/"}},
		{name: "nested negation cannot reach upwards", ignore: map[string]string{"": "raw/", "raw": "!*"}},
		{name: "the command line", exclude: []string{"raw/", "/b.jpg"}},
		{name: "the command line comes first", exclude: []string{"!a.jpg", "b.jpg"}, ignore: map[string]string{"": "a.jpg\n!b.jpg", "raw": "a.jpg"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			root := repository(t)
			all := make(map[string]string)
			for _, name := range files {
				all[name] = ""
			}
			for folder, lines := range test.ignore {
				all[filepath.ToSlash(filepath.Join(folder, IgnoreFile))] = lines
			}
			fill(t, root, all)
			var exclude []string // Walk names malformed ones in its error, git ignores them
			exclude = append(exclude, test.exclude...)
			if diff := cmp.Diff(gitFiles(t, root, exclude), walkAll(t, root, exclude)); diff != "" {
				t.Errorf("files (-git +walk):\n%s", diff)
			}
		})
	}
}

// TestRandomIgnoreFilesAsGitReadsThem lets chance write ignore files, each in a folder of its own.
func TestRandomIgnoreFilesAsGitReadsThem(t *testing.T) {
	root := repository(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	names := []string{"a", "b", "aa", "ab", "-", "]", "[", "!a", " a", "a ", "B"}
	pieces := []string{"a", "b", "aa", "*", "**", "?", "/", "/", "[ab]", "[!a]", "[a-b]", "[]-]", "[[:alpha:]]", "[", "]", "-", "!", `\a`, `\*`, `\\`, " ", "#"}
	files := make(map[string]string)
	for i := range 300 {
		folder := fmt.Sprintf("case%03d/", i)
		for _, name := range names {
			files[folder+name] = ""
			files[folder+"d/"+name] = ""
			files[folder+"a.d/e/"+name] = ""
		}
		files[folder+IgnoreFile] = lines(random, pieces)
		if random.IntN(3) == 0 {
			files[folder+"d/"+IgnoreFile] = lines(random, pieces)
		}
	}
	fill(t, root, files)
	want := byCase(gitFiles(t, root, nil))
	got := byCase(walkAll(t, root, nil))
	for i := range 300 {
		folder := fmt.Sprintf("case%03d", i)
		if diff := cmp.Diff(want[folder], got[folder]); diff != "" {
			t.Errorf("%q and %q (-git +walk):\n%s", files[folder+"/"+IgnoreFile], files[folder+"/d/"+IgnoreFile], diff)
		}
	}
}

// lines returns up to three random patterns.
func lines(random *rand.Rand, pieces []string) string {
	var b strings.Builder
	for range 1 + random.IntN(3) {
		for range 1 + random.IntN(5) {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// byCase groups paths by their first part.
func byCase(names []string) map[string][]string {
	all := make(map[string][]string)
	for _, name := range names {
		folder, rest, _ := strings.Cut(name, "/")
		all[folder] = append(all[folder], rest)
	}
	return all
}

// FuzzPattern holds that no line stops the matcher, and that a quoted name matches itself alone.
func FuzzPattern(f *testing.F) {
	f.Add("**/a*[!b-c]?\\ ", "x/abc")
	f.Add("[[:alpha:]-]", "a")
	f.Add("*a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaa")
	f.Fuzz(func(t *testing.T, line, text string) {
		r, err := parseRules("", []string{line})
		if err == nil {
			r.verdict(text, text, false)
		}
		var quoted strings.Builder
		for i := range len(text) {
			quoted.WriteByte('\\')
			quoted.WriteByte(text[i])
		}
		g, err := compile(quoted.String())
		if err != nil || !g.match(text) || g.match(text+"x") {
			t.Errorf("%q quoted does not match itself alone: %v", text, err)
		}
	})
}
