package cli

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestTokenFor(t *testing.T) {
	for _, test := range []struct {
		host    string
		private bool
		given   string
		want    string
	}{
		{"127.0.0.1", false, "", ""}, {"localhost", false, "", ""}, {"::1", false, "", ""}, {"127.0.0.1", false, "sixteen letters!", ""},
		{"127.0.0.1", true, "sixteen letters!", "sixteen letters!"}, {"localhost", true, "", "made up"},
		{"0.0.0.0", false, "sixteen letters!", "sixteen letters!"}, {"", false, "sixteen letters!", "sixteen letters!"}, {"192.168.1.5", false, "", "made up"},
	} {
		p := Process{Getenv: func(string) string { return test.given }}
		got, err := tokenFor(p, test.host, test.private)
		if test.want == "made up" {
			if again, _ := tokenFor(p, test.host, test.private); len(got) < 26 || got == again {
				t.Errorf("%s: tokens %q and %q", test.host, got, again)
			}
		} else if err != nil || got != test.want {
			t.Errorf("%s: token %q, %v, want %q", test.host, got, err, test.want)
		}
	}
	if _, err := tokenFor(Process{Getenv: func(string) string { return "short" }}, "0.0.0.0", false); err == nil {
		t.Error("a short token is taken")
	}
}

func TestAnnounce(t *testing.T) {
	listener, err := net.Listen("tcp", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	var said strings.Builder
	url := announce(Process{Stderr: &said}, listener, "secret", true)
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	if !strings.HasSuffix(url, ":"+port+"/?token=secret") || strings.Contains(url, "0.0.0.0") || !strings.Contains(said.String(), "other machines can open this page") || !strings.Contains(said.String(), url) {
		t.Errorf("%q says %q", url, said.String())
	}
	said.Reset()
	here, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer here.Close()
	if url := announce(Process{Stderr: &said}, here, "secret", true); strings.Contains(said.String(), "other machines") || !strings.Contains(said.String(), url) {
		t.Errorf("on loopback it says %q", said.String())
	}
	said.Reset()
	if announce(Process{Stderr: &said}, listener, "", true); said.String() != "" {
		t.Errorf("quiet says %q", said.String())
	}
}

// A secret link is in a file that nobody else can read, and in no program's arguments.
func TestOpenPage(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	bin := t.TempDir()
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	said := filepath.Join(bin, "said")
	for _, name := range []string{"xdg-open", "open"} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\necho \"$1\" >"+said+".new\nmv "+said+".new "+said+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	const url = "http://127.0.0.1:7700/?token=secret&x=1"
	done, err := openPage(url, true)
	if err != nil {
		t.Fatal(err)
	}
	var opened string
	for deadline := time.Now().Add(10 * time.Second); opened == "" && time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		data, _ := os.ReadFile(said)
		opened = strings.TrimSpace(string(data))
	}
	page, err := os.ReadFile(opened)
	if err != nil || strings.Contains(opened, "secret") || !strings.Contains(string(page), `0;url=http://127.0.0.1:7700/?token=secret&amp;x=1"`) {
		t.Errorf("opened %q with %q, %v", opened, page, err)
	}
	for path, want := range map[string]os.FileMode{opened: 0o600, filepath.Dir(opened): 0o700 | os.ModeDir} {
		if info, err := os.Stat(path); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v", path, info, err)
		}
	}
	if done(); len(opened) > 0 {
		if _, err := os.Stat(opened); err == nil {
			t.Error("the file is left behind")
		}
	}
}
