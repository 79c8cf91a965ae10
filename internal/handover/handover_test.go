package handover

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// me is the host of the tests.
var me = Holder{Command: "index", PID: os.Getpid(), Version: "v1"}

// desk returns the desk of a new file, in a runtime folder of its own.
func desk(t *testing.T) Desk {
	t.Helper()
	runtime, err := os.MkdirTemp("", "ho") // short: a socket's address has 103 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(runtime) })
	return deskIn(t, runtime)
}

func deskIn(t *testing.T, runtime string) Desk {
	t.Helper()
	library := filepath.Join(t.TempDir(), "library")
	if err := os.WriteFile(library, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(library)
	if err != nil {
		t.Fatal(err)
	}
	return At(func(name string) string { return map[string]string{"XDG_RUNTIME_DIR": runtime}[name] }, info)
}

// host starts a host that the test's end closes.
func host(t *testing.T, d Desk, handle Handler) *Host {
	t.Helper()
	h, err := d.Host(me, handle)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

func request(args ...string) Request { return Request{Version: "v1", Args: args, Dir: "/"} }

func TestCall(t *testing.T) {
	d := desk(t)
	sent := Request{
		Version: "v1", Args: []string{"search", "caf\xe9", "Grüße"}, Dir: "/home/\xff", Env: map[string]string{"HOME": "/home/\xff"},
		Stdout: 120, Stderr: 80,
	}
	long := strings.Repeat("0123456789", 30_000) // several frames
	host(t, d, func(_ context.Context, got Request, stdout, stderr io.Writer) (int, error) {
		if diff := cmp.Diff(sent, got); diff != "" {
			t.Errorf("request (-sent +got):\n%s", diff)
		}
		io.WriteString(stderr, "one ")
		io.WriteString(stdout, long)
		io.WriteString(stderr, "two")
		return 3, nil
	})
	var stdout, stderr bytes.Buffer
	code, err := d.Call(t.Context(), sent, &stdout, &stderr)
	if code != 3 || err != nil {
		t.Errorf("code %d, error %v", code, err)
	}
	if stdout.String() != long || stderr.String() != "one two" {
		t.Errorf("%d bytes on stdout, %q on stderr", stdout.Len(), stderr.String())
	}
}

func TestManyCalls(t *testing.T) {
	d := desk(t)
	host(t, d, func(_ context.Context, r Request, stdout, _ io.Writer) (int, error) {
		_, err := io.WriteString(stdout, r.Args[0])
		return 0, err
	})
	var calls sync.WaitGroup
	for i := range 3 * maxCommands {
		calls.Go(func() {
			var stdout bytes.Buffer
			name := fmt.Sprint("command ", i)
			if _, err := d.Call(t.Context(), request(name), &stdout, io.Discard); err != nil || stdout.String() != name {
				t.Errorf("%s printed %q, error %v", name, stdout.String(), err)
			}
		})
	}
	calls.Wait()
}

func TestNoHost(t *testing.T) {
	d := desk(t)
	if _, err := d.Call(t.Context(), request("search"), io.Discard, io.Discard); !errors.Is(err, ErrNoHost) {
		t.Errorf("nobody there: %v", err)
	}
	h := host(t, d, nil)
	if _, err := d.Host(me, nil); !errors.Is(err, ErrHosted) {
		t.Errorf("a second host: %v", err)
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Call(t.Context(), request("search"), io.Discard, io.Discard); !errors.Is(err, ErrNoHost) {
		t.Errorf("after Close: %v", err)
	}
	if left := d.existing(); len(left) > 0 {
		t.Errorf("Close leaves %v behind", left)
	}
}

// TestStale leaves what a killed process leaves: a socket and notes that nobody holds.
func TestStale(t *testing.T) {
	d := desk(t)
	dir, err := d.open()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{hostName, readerPrefix + "1"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(`{"command":"index","pid":1}`), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(dir, socketName), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	listener.SetUnlinkOnClose(false)
	listener.Close()
	if _, err := d.Call(t.Context(), request("search"), io.Discard, io.Discard); !errors.Is(err, ErrNoHost) {
		t.Errorf("a dead host: %v", err)
	}
	if holders := d.Holders(); len(holders) > 0 {
		t.Errorf("dead processes hold the library: %v", holders)
	}
	host(t, d, func(context.Context, Request, io.Writer, io.Writer) (int, error) { return 7, nil })
	if code, err := d.Call(t.Context(), request("search"), io.Discard, io.Discard); code != 7 || err != nil {
		t.Errorf("the next host: code %d, error %v", code, err)
	}
}

func TestHolders(t *testing.T) {
	d := desk(t)
	reader := Holder{Command: "export", PID: 17, Version: "v1"}
	claim := d.Announce(reader)
	h := host(t, d, nil)
	if diff := cmp.Diff([]Holder{me, reader}, d.Holders()); diff != "" {
		t.Errorf("holders (-want +got):\n%s", diff)
	}
	if err := errors.Join(h.Close(), claim.Close()); err != nil {
		t.Fatal(err)
	}
	if holders := d.Holders(); len(holders) > 0 {
		t.Errorf("after Close: %v", holders)
	}
}

// TestPrivate holds that no process meets another in a folder that others may enter or have made.
func TestPrivate(t *testing.T) {
	for name, spoil := range map[string]func(place string) error{
		"open to others":  func(place string) error { return os.Chmod(place, 0o755) },
		"a link":          func(place string) error { return errors.Join(os.Remove(place), os.Symlink(t.TempDir(), place)) },
		"a file":          func(place string) error { return errors.Join(os.Remove(place), os.WriteFile(place, nil, 0o600)) },
		"another user's":  func(place string) error { return os.Chown(place, os.Getuid()+1, -1) },
		"nothing (sound)": func(place string) error { return os.Remove(place) },
	} {
		t.Run(name, func(t *testing.T) {
			d := desk(t)
			d.dirs = d.dirs[:1]
			place := filepath.Dir(d.dirs[0])
			if err := os.Mkdir(place, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := spoil(place); errors.Is(err, os.ErrPermission) {
				t.Skip("only root gives files away; run the tests as root")
			} else if err != nil {
				t.Fatal(err)
			}
			h, err := d.Host(me, nil)
			if want := name == "nothing (sound)"; (err == nil) != want {
				t.Errorf("hosting: %v", err)
			}
			if err == nil {
				h.Close()
			} else if !errors.Is(err, ErrNoPlace) {
				t.Errorf("error %v, want ErrNoPlace", err)
			}
		})
	}
}

func TestModes(t *testing.T) {
	d := desk(t)
	host(t, d, nil)
	for path, want := range map[string]os.FileMode{
		filepath.Dir(d.dirs[0]):               os.ModeDir | 0o700,
		d.dirs[0]:                             os.ModeDir | 0o700,
		filepath.Join(d.dirs[0], socketName):  os.ModeSocket | 0o600,
		filepath.Join(d.dirs[0], hostName):    0o600,
		filepath.Join(d.dirs[0], "elsewhere"): 0,
	} {
		info, err := os.Lstat(path)
		if err != nil && want != 0 {
			t.Error(err)
		} else if err == nil && info.Mode() != want {
			t.Errorf("%s has mode %v, want %v", path, info.Mode(), want)
		}
	}
}

// TestFarPlace meets where the runtime folder's name is too long for a socket: in the temporary folder.
func TestFarPlace(t *testing.T) {
	far := filepath.Join(t.TempDir(), strings.Repeat("x", maxSocketPath))
	if err := os.Mkdir(far, 0o700); err != nil {
		t.Fatal(err)
	}
	d := deskIn(t, far)
	host(t, d, func(context.Context, Request, io.Writer, io.Writer) (int, error) { return 0, nil })
	if _, err := d.Call(t.Context(), request("search"), io.Discard, io.Discard); err != nil {
		t.Error(err)
	}
}

func TestCancel(t *testing.T) {
	d := desk(t)
	started := make(chan struct{})
	host(t, d, func(ctx context.Context, _ Request, _, stderr io.Writer) (int, error) {
		close(started)
		<-ctx.Done()
		if errors.Is(context.Cause(ctx), ErrHandedBack) {
			t.Error("the client's end looks like the host's")
		}
		io.WriteString(stderr, "what was done is kept")
		return 130, nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-started; cancel() }()
	var stderr bytes.Buffer
	code, err := d.Call(ctx, request("index"), io.Discard, &stderr)
	if code != 130 || err != nil || stderr.Len() == 0 {
		t.Errorf("code %d, error %v, stderr %q", code, err, stderr.String())
	}
}

// TestDeaf cancels a command that takes no notice.
func TestDeaf(t *testing.T) {
	d := desk(t)
	started, end := make(chan struct{}), make(chan struct{})
	host(t, d, func(context.Context, Request, io.Writer, io.Writer) (int, error) {
		close(started)
		<-end
		return 0, nil
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-started; cancel() }()
	begun := time.Now()
	if _, err := d.Call(ctx, request("index"), io.Discard, io.Discard); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	close(end)
	if took := time.Since(begun); took > 2*cancelWait {
		t.Errorf("it took %v", took)
	}
}

// TestHandBack ends a host that has a command that it can't wait for, one that it can, and one that comes too late.
func TestHandBack(t *testing.T) {
	d := desk(t)
	started, quick := make(chan struct{}, 2), make(chan struct{})
	h := host(t, d, func(ctx context.Context, r Request, _, _ io.Writer) (int, error) {
		started <- struct{}{}
		if r.Args[0] == "quick" {
			<-quick
			return 5, nil
		}
		<-ctx.Done()
		return 0, context.Cause(ctx)
	})
	type outcome struct {
		code int
		err  error
	}
	outcomes := map[string]chan outcome{}
	start := func(name string) {
		ended := make(chan outcome, 1)
		outcomes[name] = ended
		go func() {
			code, err := d.Call(t.Context(), request(name), io.Discard, io.Discard)
			ended <- outcome{code, err}
		}()
	}
	start("quick")
	start("slow")
	<-started
	<-started
	close(quick)
	h.Drain()
	start("late")
	select {
	case got := <-outcomes["slow"]:
		t.Errorf("handed back before the library is free: %v", got)
	case got := <-outcomes["late"]:
		t.Errorf("handed back before the library is free: %v", got)
	case <-time.After(50 * time.Millisecond):
	}
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if got := <-outcomes["quick"]; got.code != 5 || got.err != nil {
		t.Errorf("quick: %v", got)
	}
	for _, name := range []string{"slow", "late"} {
		if got := <-outcomes[name]; !errors.Is(got.err, ErrHandedBack) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestRefused(t *testing.T) {
	d := desk(t)
	host(t, d, func(context.Context, Request, io.Writer, io.Writer) (int, error) { return 0, errors.New("not that") })
	for _, test := range []struct {
		name    string
		request Request
		reason  string
	}{
		{"by the handler", request("rm"), "not that"},
		{"other version", Request{Version: "v2", Args: []string{"search"}, Dir: "/"}, "it is clipsearch v1, this is v2"},
		{"no command", Request{Version: "v1", Dir: "/"}, "malformed request: no command"},
		{"no folder", Request{Version: "v1", Args: []string{"search"}, Dir: "here"}, "malformed request: no folder"},
		{"NUL", request("a\x00b"), "malformed request: a NUL byte"},
		{"wide", Request{Version: "v1", Args: []string{"search"}, Dir: "/", Stdout: maxColumns + 1}, "malformed request: no terminal is that wide"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := d.Call(t.Context(), test.request, io.Discard, io.Discard)
			var refused *RefusedError
			if !errors.As(err, &refused) || refused.Reason != test.reason || refused.Holder != me {
				t.Errorf("error %v", err)
			}
		})
	}
	if _, err := d.Call(t.Context(), request(strings.Repeat("x", maxRequest)), io.Discard, io.Discard); err == nil {
		t.Error("a command line of 4 MiB is no error")
	}
}

// TestOtherProtocol sends what a later program may.
func TestOtherProtocol(t *testing.T) {
	_, err := decodeRequest([]byte(`{"protocol":2,"version":"v9","what":["ever"]}`))
	if err == nil || err.Error() != "it is another version of clipsearch" {
		t.Errorf("error %v", err)
	}
}

// TestNonsense connects to a host with what is no request, and lives.
func TestNonsense(t *testing.T) {
	d := desk(t)
	host(t, d, func(context.Context, Request, io.Writer, io.Writer) (int, error) { return 0, nil })
	for _, sent := range []string{"GET / HTTP/1.1\r\n\r\n", "r\xff\xff\xff\xff", "c\x00\x00\x00\x00", "r\x00\x00\x00\x01{", ""} {
		conn, err := d.dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		io.WriteString(conn, sent)
		conn.CloseWrite()
		answer, _ := io.ReadAll(conn)
		conn.Close()
		if want := "malformed request"; !strings.HasSuffix(string(answer), want) {
			t.Errorf("%q is answered with %q", sent, answer)
		}
	}
	if _, err := d.Call(t.Context(), request("search"), io.Discard, io.Discard); err != nil {
		t.Error(err)
	}
}

// TestSilent meets a host that listens and says nothing, as a stopped process does.
func TestSilent(t *testing.T) {
	d := desk(t)
	dir, err := d.open()
	if err != nil {
		t.Fatal(err)
	}
	claim, err := takeClaim(filepath.Join(dir, hostName), me)
	if err != nil {
		t.Fatal(err)
	}
	defer claim.Close()
	listener, err := listen(filepath.Join(dir, socketName))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	begun := time.Now()
	_, err = d.Call(t.Context(), request("search"), io.Discard, io.Discard)
	var silent *SilentError
	if !errors.As(err, &silent) || silent.Holder != me {
		t.Errorf("error %v", err)
	}
	if took := time.Since(begun); took < AnswerWait || took > 2*AnswerWait {
		t.Errorf("it took %v", took)
	}
}

// TestLostHost ends the connection before and after a part of the result.
func TestLostHost(t *testing.T) {
	for stdout, want := range map[string]error{"": ErrHandedBack, "half": ErrCutShort} {
		d := desk(t)
		dir, err := d.open()
		if err != nil {
			t.Fatal(err)
		}
		listener, err := listen(filepath.Join(dir, socketName))
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			if conn, err := listener.AcceptUnix(); err == nil {
				l := &line{conn: conn}
				l.send(frameAccepted, nil)
				io.WriteString(output{l, frameStdout}, stdout)
				io.WriteString(output{l, frameStderr}, "progress")
				conn.CloseWrite()
				io.ReadAll(conn)
				conn.Close()
			}
		}()
		if _, err := d.Call(t.Context(), request("index"), io.Discard, io.Discard); !errors.Is(err, want) {
			t.Errorf("after %q on stdout: %v, want %v", stdout, err, want)
		}
		listener.Close()
	}
}

// TestStuckClient ends a host whose client doesn't read what it is sent.
func TestStuckClient(t *testing.T) {
	d := desk(t)
	writing := make(chan struct{})
	h := host(t, d, func(_ context.Context, _ Request, stdout, _ io.Writer) (int, error) {
		close(writing)
		_, err := stdout.Write(make([]byte, 64<<20))
		return 0, err
	})
	conn, err := d.dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	payload, err := request("search").encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := writeFrame(conn, frameRequest, payload); err != nil {
		t.Fatal(err)
	}
	<-writing
	begun := time.Now()
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("Close took %v", took)
	}
}
