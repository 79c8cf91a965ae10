package cli

import (
	"net"
	"strings"
	"testing"
)

func TestTokenFor(t *testing.T) {
	for _, test := range []struct{ host, given, want string }{
		{"127.0.0.1", "", ""}, {"localhost", "", ""}, {"::1", "", ""}, {"127.0.0.1", "sixteen letters!", ""},
		{"0.0.0.0", "sixteen letters!", "sixteen letters!"}, {"", "sixteen letters!", "sixteen letters!"}, {"192.168.1.5", "", "made up"},
	} {
		p := Process{Getenv: func(string) string { return test.given }}
		got, err := tokenFor(p, test.host)
		if test.want == "made up" {
			if again, _ := tokenFor(p, test.host); len(got) < 26 || got == again {
				t.Errorf("%s: tokens %q and %q", test.host, got, again)
			}
		} else if err != nil || got != test.want {
			t.Errorf("%s: token %q, %v, want %q", test.host, got, err, test.want)
		}
	}
	if _, err := tokenFor(Process{Getenv: func(string) string { return "short" }}, "0.0.0.0"); err == nil {
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
	if announce(Process{Stderr: &said}, listener, "", true); said.String() != "" {
		t.Errorf("quiet says %q", said.String())
	}
}
