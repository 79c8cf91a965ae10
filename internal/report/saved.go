package report

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A folder of reports holds one folder a report, NAME:
//
//	about.json    an About: what a list needs, at most 32 KB
//	report.html   a Page
//	report.json   the same figures for programs
//
// NAME is TIME-KIND-SUBJECT, such as 20261126T054200Z-eval-flickr8k: the time in UTC, so that names sort by age. A report's
// folder appears whole, by renaming one whose name begins with ".".

// The files of a report.
const (
	aboutFile = "about.json"
	HTMLFile  = "report.html"
	JSONFile  = "report.json"
)

// aboutVersion is that of about.json.
const aboutVersion = 1

// maxAbout bounds about.json, bytes.
const maxAbout = 32 << 10

// mostHeadlines is how many figures a list shows of a report.
const mostHeadlines = 6

// Kind says what made a report.
type Kind string

// The kinds.
const (
	Eval Kind = "eval"
	Tune Kind = "tune"
)

// About is what a list of reports shows of one. Its texts are as foreign as the file that they are read from.
type About struct {
	Version  int        `json:"version"` // filled in by Save
	Kind     Kind       `json:"kind"`
	Title    string     `json:"title"`
	Created  time.Time  `json:"created"` // to the second, UTC
	Dataset  string     `json:"dataset"` // absolute path
	Model    Model      `json:"model"`
	Headline []Headline `json:"headline"` // of more than six the first are kept
}

// Model is the model that was measured or trained.
type Model struct {
	ID  string `json:"id"`
	Dir string `json:"dir"`
}

// Headline is one of a report's main figures; Lo and Hi are nil where it has no interval.
type Headline struct {
	Name  string   `json:"name"`
	Value float64  `json:"value"`
	Lo    *float64 `json:"lo,omitempty"`
	Hi    *float64 `json:"hi,omitempty"`
}

// Saved is a report in a folder.
type Saved struct {
	Name string
	About
}

// Folder returns where reports are kept, below the program's data folder ($XDG_DATA_HOME/clipsearch).
func Folder(data string) string { return filepath.Join(data, "reports") }

// namePattern is what reports are called.
var namePattern = regexp.MustCompile(`^[0-9]{8}T[0-9]{6}Z-(eval|tune)-[a-z0-9-]{1,60}$`)

// nameTime is the layout of a name's beginning.
const nameTime = "20060102T150405Z"

// newName returns the name of a report.
func newName(a About) string {
	var subject strings.Builder
	for _, r := range strings.ToLower(filepath.Base(a.Dataset)) {
		switch {
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
			subject.WriteRune(r)
		case subject.Len() > 0 && !strings.HasSuffix(subject.String(), "-"):
			subject.WriteByte('-')
		}
	}
	s := strings.Trim(subject.String()[:min(subject.Len(), 50)], "-")
	if s == "" {
		s = "pictures"
	}
	return a.Created.UTC().Format(nameTime) + "-" + string(a.Kind) + "-" + s
}

// Save puts a report into a folder, which is made if need be, and returns its name. html writes the page; figures is
// written as JSON.
func Save(folder string, a About, html func(io.Writer) error, figures any) (name string, err error) {
	a.Version, a.Created = aboutVersion, a.Created.UTC().Truncate(time.Second)
	a.Headline = a.Headline[:min(len(a.Headline), mostHeadlines)]
	name = newName(a)
	if !namePattern.MatchString(name) {
		return "", fmt.Errorf("save report: %q is no name for one", name)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	temp := filepath.Join(folder, "."+name+"."+strconv.FormatUint(rand.Uint64(), 36))
	if err := os.Mkdir(temp, 0o755); err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(temp))
		}
	}()
	asJSON := func(v any) func(io.Writer) error {
		return func(w io.Writer) error { return json.NewEncoder(w).Encode(v) }
	}
	for file, write := range map[string]func(io.Writer) error{aboutFile: asJSON(a), HTMLFile: html, JSONFile: asJSON(figures)} {
		if err := writeFile(filepath.Join(temp, file), write); err != nil {
			return "", fmt.Errorf("save report: %w", err)
		}
	}
	return publish(folder, temp, name)
}

// publish gives a finished report its name, or that with a number where two were made in one second.
func publish(folder, temp, name string) (string, error) {
	for n := 1; ; n++ {
		numbered := name
		if n > 1 {
			numbered += "-" + strconv.Itoa(n)
		}
		err := os.Rename(temp, filepath.Join(folder, numbered)) // fails where there is one, since that is not empty
		if err == nil || n == 1000 || !errors.Is(err, fs.ErrExist) {
			return numbered, err
		}
	}
}

// writeFile writes a file to the disk.
func writeFile(path string, write func(io.Writer) error) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if err := write(f); err != nil {
		return err
	}
	return f.Sync()
}

// List returns the reports in a folder, the newest first; none if there is no such folder. What is no report, or cannot be
// read, is left out.
func List(folder string) ([]Saved, error) {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []Saved
	for _, entry := range entries {
		about, err := readAbout(folder, entry.Name())
		if err == nil {
			all = append(all, Saved{entry.Name(), about})
		}
	}
	slices.Reverse(all) // they came by name, so by age
	return all, nil
}

// readAbout reads what a list needs of a report.
func readAbout(folder, name string) (About, error) {
	f, err := open(folder, name, aboutFile)
	if err != nil {
		return About{}, err
	}
	defer f.Close() // only read
	data, err := io.ReadAll(io.LimitReader(f, maxAbout+1))
	if err != nil {
		return About{}, err
	}
	var a About
	if err := json.Unmarshal(data, &a); err != nil {
		return About{}, err
	}
	if a.Version != aboutVersion || len(data) > maxAbout || len(a.Headline) > mostHeadlines {
		return About{}, fmt.Errorf("report %s: version %d of %d bytes", name, a.Version, len(data))
	}
	return a, nil
}

// Open opens a file of a report, HTMLFile or JSONFile; fs.ErrNotExist if there is no such report or file.
func Open(folder, name, file string) (*os.File, error) {
	if file != HTMLFile && file != JSONFile {
		return nil, fs.ErrNotExist
	}
	return open(folder, name, file)
}

// open opens a regular file of a report.
func open(folder, name, file string) (*os.File, error) {
	if !namePattern.MatchString(name) {
		return nil, fs.ErrNotExist
	}
	path := filepath.Join(folder, name, file)
	info, err := os.Lstat(path) // a link could lead anywhere, a pipe would wait
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fs.ErrNotExist
	}
	return os.Open(path)
}
