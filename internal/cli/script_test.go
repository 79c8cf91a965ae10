package cli

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"clipsearch/encode"
)

// TestMain lets the test binary be the program: scripts call it as "clipsearch".
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"clipsearch": func() {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
			defer stop()
			os.Exit(Run(ctx, Process{Args: os.Args[1:], Stdin: os.Stdin, Stdout: os.Stdout, Stderr: messages(), Getenv: os.Getenv, Model: carried()}))
		},
	})
}

// carried returns the model that the program carries in a script: the folder $CARRIED; by default none, so that what a
// script says does not depend on the model in the assets.
func carried() fs.FS {
	if dir := os.Getenv("CARRIED"); dir != "" {
		return os.DirFS(dir)
	}
	return nil
}

// TestScripts runs the command line as a person does: each testdata/script/*.txtar in a folder of its own with an empty
// home. With the encoder it runs those alone that decode pictures or open models: the others say the same in both builds, and
// their hundreds of processes would spend half a second each on loading libtorch.
func TestScripts(t *testing.T) {
	if !encode.HasBackend() {
		runScripts(t, testscript.Params{Dir: "testdata/script"})
		return
	}
	var files []string
	for _, name := range []string{"index", "captions", "search", "model", "builtin"} {
		files = append(files, filepath.Join("testdata", "script", name+".txtar"))
	}
	runScripts(t, testscript.Params{Files: files})
}

// TestBuildScripts runs the scripts about what this build can do: testdata/native with the encoder, testdata/pure without.
func TestBuildScripts(t *testing.T) {
	if encode.HasBackend() {
		runScripts(t, testscript.Params{Dir: "testdata/native"})
	} else {
		runScripts(t, testscript.Params{Dir: "testdata/pure"})
	}
}

// runScripts runs the scripts that params name.
func runScripts(t *testing.T, params testscript.Params) {
	params.Setup = func(env *testscript.Env) error {
		home := filepath.Join(env.WorkDir, "home")
		env.Setenv("HOME", home)
		for _, name := range []string{"XDG_DATA_HOME", "XDG_CACHE_HOME", "CLIPSEARCH_LIBRARY", "CLIPSEARCH_MODEL", "HF_HOME", "HF_HUB_CACHE", "HF_ENDPOINT", "HF_TOKEN", "HF_HUB_OFFLINE", "CARRIED"} {
			env.Setenv(name, "")
		}
		runtime := filepath.Join(env.WorkDir, "run")
		env.Setenv("XDG_RUNTIME_DIR", runtime)
		return errors.Join(os.Mkdir(home, 0o755), os.Mkdir(runtime, 0o700))
	}
	params.Cmds = map[string]func(*testscript.TestScript, bool, []string){
		"picture": makePicture,
		"status":  status,
		"lines":   lines,
		"spoil":   spoil,
		"hub":     startHub,
	}
	testscript.Run(t, params)
}

// spoil is "spoil FILE TEXT": it changes a letter wherever TEXT stands in FILE.
func spoil(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: spoil FILE TEXT")
	}
	path := ts.MkAbs(args[0])
	data, err := os.ReadFile(path)
	ts.Check(err)
	spoiled := bytes.ReplaceAll(data, []byte(args[1]), []byte("#"+args[1][1:]))
	if bytes.Equal(spoiled, data) {
		ts.Fatalf("%q is not in %s", args[1], path)
	}
	ts.Check(os.WriteFile(path, spoiled, 0o600))
}

// colours are those that tests make pictures of.
func colours(name string) (color.RGBA, bool) {
	colour, ok := map[string]color.RGBA{
		"red": {R: 220, G: 20, B: 20, A: 255}, "green": {R: 20, G: 190, B: 30, A: 255}, "blue": {R: 20, G: 40, B: 220, A: 255},
		"white": {R: 255, G: 255, B: 255, A: 255},
	}[name]
	return colour, ok
}

// solid returns a picture of one colour.
func solid(w, h int, colour color.RGBA) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for i := 0; i < len(img.Pix); i += 4 {
		copy(img.Pix[i:], []byte{colour.R, colour.G, colour.B, 255})
	}
	return img
}

// makePicture is "picture FILE WIDTHxHEIGHT COLOUR": it writes a PNG or, by the name, a JPEG of one colour.
func makePicture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: picture FILE WIDTHxHEIGHT COLOUR")
	}
	width, height, ok := strings.Cut(args[1], "x")
	w, errW := strconv.Atoi(width)
	h, errH := strconv.Atoi(height)
	colour, known := colours(args[2])
	if !ok || errW != nil || errH != nil || !known {
		ts.Fatalf("picture: %v", args)
	}
	img := solid(w, h, colour)
	path := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(filepath.Dir(path), 0o755))
	file, err := os.Create(path)
	ts.Check(err)
	defer file.Close()
	if strings.HasSuffix(path, ".jpg") {
		ts.Check(jpeg.Encode(file, img, nil))
	} else {
		ts.Check(png.Encode(file, img))
	}
}

// status is "status CODE COMMAND…": it runs the program and wants that exit code.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status CODE COMMAND…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := err.(interface{ ExitCode() int })
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// lines is "lines N FILE": FILE (or stdout) has N lines.
func lines(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: lines N FILE")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if got := strings.Count(ts.ReadFile(args[1]), "\n"); got != want {
		ts.Fatalf("%s has %d lines, want %d", args[1], got, want)
	}
}
