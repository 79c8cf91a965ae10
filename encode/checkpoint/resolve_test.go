package checkpoint

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPlacesFrom(t *testing.T) {
	for _, test := range []struct {
		name string
		env  map[string]string
		home string
		want Places
	}{
		{"nothing set", nil, "/home/a", Places{
			Models: "/home/a/.local/share/clipsearch/models", Hubs: []string{"/home/a/.cache/huggingface/hub"}, Unpacked: "/home/a/.local/share/clipsearch/builtin",
		}},
		{"no home", nil, "", Places{}},
		{"data folder", map[string]string{"XDG_DATA_HOME": "/data"}, "", Places{Models: "/data/clipsearch/models", Unpacked: "/data/clipsearch/builtin"}},
		{"relative data folder", map[string]string{"XDG_DATA_HOME": "data"}, "", Places{}},
		{"all", map[string]string{"HF_HUB_CACHE": "/hub", "HF_HOME": "/hf", "XDG_DATA_HOME": "/data"}, "/home/a",
			Places{
				Models: "/data/clipsearch/models", Unpacked: "/data/clipsearch/builtin",
				Hubs: []string{"/hub", "/hf/hub", "/home/a/.cache/huggingface/hub"},
			}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := PlacesFrom(func(name string) string { return test.env[name] }, test.home)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// somePlaces makes places with models of every kind and returns their root.
func somePlaces(t *testing.T) (Places, string) {
	t.Helper()
	root := t.TempDir()
	clip, bert := []byte(`{"model_type": "clip"}`), []byte(`{"model_type": "bert"}`)
	for path, content := range map[string][]byte{
		"models/small/config.json":                                  clip,
		"models/acme/large/open_clip_config.json":                   []byte(`{}`),
		"models/acme/bert/config.json":                              bert,
		"models/.small.half/config.json":                            clip,
		"models/README":                                             nil,
		"hub/models--openai--clip-b32/refs/main":                    []byte("abc123\n"),
		"hub/models--openai--clip-b32/snapshots/abc123/config.json": clip,
		"hub/models--openai--clip-b32/snapshots/old/config.json":    clip,
		"hub/models--small/refs/main":                               []byte("1"),
		"hub/models--small/snapshots/1/config.json":                 clip,
		"hub/models--acme--partial/refs/main":                       []byte("fff"),
		"hub/models--acme--evil/refs/main":                          []byte("../../../models/small"),
		"hub/models--acme--headless/snapshots/1/config.json":        clip,
		"hub/models--google--bert/refs/main":                        []byte("1"),
		"hub/models--google--bert/snapshots/1/config.json":          bert,
		"hub/datasets--acme--data/refs/main":                        []byte("1"),
		"hub2/models--openai--clip-b32/refs/main":                   []byte("1"),
		"hub2/models--openai--clip-b32/refs/v1":                     []byte("1"),
		"hub2/models--openai--clip-b32/snapshots/1/config.json":     clip,
		"secret/config.json":                                        clip,
	} {
		writeFile(t, filepath.Join(root, path), content)
	}
	hubs := []string{filepath.Join(root, "none"), filepath.Join(root, "hub"), filepath.Join(root, "hub2")}
	return Places{Models: filepath.Join(root, "models"), Hubs: hubs}, root
}

func TestResolve(t *testing.T) {
	places, root := somePlaces(t)
	t.Chdir(filepath.Join(root, "models"))
	for name, want := range map[string]string{
		"openai/clip-b32":             filepath.Join(root, "hub/models--openai--clip-b32/snapshots/abc123"),
		"acme/large":                  "acme/large", // a path from here as well
		"small":                       "small",
		"../secret":                   "../secret", // a path that exists
		".":                           ".",
		"openai/clip-b32@main":        filepath.Join(root, "hub/models--openai--clip-b32/snapshots/abc123"),
		"openai/clip-b32@old":         filepath.Join(root, "hub/models--openai--clip-b32/snapshots/old"), // a commit
		"openai/clip-b32@v1":          filepath.Join(root, "hub2/models--openai--clip-b32/snapshots/1"),  // a tag
		filepath.Join(root, "secret"): filepath.Join(root, "secret"),
	} {
		if got, err := Resolve(name, places); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", name, got, err, want)
		}
	}
	t.Chdir(root)
	for name, want := range map[string]string{
		"small":      filepath.Join(root, "models/small"), // before the hub's
		"acme/large": filepath.Join(root, "models/acme/large"),
	} {
		if got, err := Resolve(name, places); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", name, got, err, want)
		}
	}
}

func TestResolveNotFound(t *testing.T) {
	places, root := somePlaces(t)
	t.Chdir(t.TempDir())
	hub := filepath.Join(root, "hub")
	for _, test := range []struct {
		name   string
		looked []string // what the error lists
	}{
		{"clip-b33", []string{"clip-b33", filepath.Join(root, "models/clip-b33"), filepath.Join(root, "none/models--clip-b33"), filepath.Join(hub, "models--clip-b33")}},
		{"acme/partial", []string{filepath.Join(hub, "models--acme--partial/snapshots/fff")}},
		{"acme/headless", []string{filepath.Join(hub, "models--acme--headless/refs/main")}},
		{"acme/evil", []string{filepath.Join(hub, "models--acme--evil/refs/main")}},
		{"openai/clip-b32@none", []string{filepath.Join(hub, "models--openai--clip-b32/snapshots/none")}},
		{"openai/clip-b32@../old", []string{"looked for openai/clip-b32@../old"}},
		{"../secret", []string{"looked for ../secret"}},
		{"small/../../secret", []string{"looked for small/../../secret"}},
		{"/secret", []string{"looked for /secret"}},
		{"a/b/c", []string{"looked for a/b/c"}},
	} {
		_, err := Resolve(test.name, places)
		checkFault(t, err, ErrNotFound, test.looked...)
	}
	if _, err := Resolve("", places); !errors.Is(err, ErrNotFound) {
		t.Errorf("empty name: error %v, want ErrNotFound", err)
	}
	if _, err := Resolve("a\x00b", places); !isFault(err) {
		t.Errorf("a name that no file can have: error %v", err)
	}
	if err := os.WriteFile("weights.bin", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := Resolve("weights.bin", places)
	checkFault(t, err, ErrNotCheckpoint, "weights.bin", "is a file")
}

func TestList(t *testing.T) {
	places, root := somePlaces(t)
	got, err := List(places)
	if err != nil {
		t.Fatal(err)
	}
	want := []Found{
		{"acme/large", filepath.Join(root, "models/acme/large"), Installed},
		{"small", filepath.Join(root, "models/small"), Installed},
		{"openai/clip-b32", filepath.Join(root, "hub/models--openai--clip-b32/snapshots/abc123"), HubCache},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, f := range got {
		if dir, err := Resolve(f.Name, places); err != nil || dir != f.Dir {
			t.Errorf("Resolve(%s) is %s, %v, List says %s", f.Name, dir, err, f.Dir)
		}
	}
	if got, err := List(Places{}); err != nil || got != nil {
		t.Errorf("no places: %v, %v", got, err)
	}
}
