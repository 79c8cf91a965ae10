package cli

import (
	"crypto/rand"
	"fmt"
	"html"
	"net"
	"net/netip"
	"os"
	"path/filepath"
)

// minToken is how long a token of the user's own must be: nobody guesses 16 letters through a network.
const minToken = 16

// tokenFor returns the token that a server on a host needs: none on this machine's loopback, unless it is to be private, else
// the environment's, else one made up for this time.
func tokenFor(p Process, host string, private bool) (string, error) {
	if isLoopback(host) && !private {
		return "", nil
	}
	if token := p.Getenv("CLIPSEARCH_TOKEN"); token != "" {
		if len(token) < minToken {
			return "", usagef("serve: $CLIPSEARCH_TOKEN has %d characters; whoever knows it sees all pictures, so it must have at least %d", len(token), minToken)
		}
		return token, nil
	}
	return rand.Text(), nil
}

// announce says where the page is. Where other machines can open it, that is the link with the token, which is said even
// if nothing else is to be: without it nobody gets in.
func announce(p Process, listener net.Listener, token string, quiet bool) (url string) {
	url = "http://" + reachableAt(listener.Addr().String()) + "/"
	if token != "" {
		url += "?token=" + token
		who := "other machines can open this page; "
		if host, _, err := net.SplitHostPort(listener.Addr().String()); err == nil && isLoopback(host) {
			who = ""
		}
		fmt.Fprintf(p.Stderr, "clipsearch: %swhoever has the link sees all pictures\nclipsearch: %s\n", who, url)
	} else if !quiet {
		fmt.Fprintf(p.Stderr, "clipsearch: %s (stop with Ctrl-C)\n", url)
	}
	return url
}

// openPage shows a page in the browser; done is called once the server ends. A secret link takes the way by a file that only
// its owner can read: all users of a machine can see what programs are started with.
func openPage(url string, secret bool) (done func(), err error) {
	if !secret {
		return func() {}, showOutside(url)
	}
	dir, err := os.MkdirTemp("", "clipsearch-link-")
	if err != nil {
		return func() {}, err
	}
	done = func() { os.RemoveAll(dir) } // what is left is of no use without the server
	file := filepath.Join(dir, "open.html")
	if err := os.WriteFile(file, linkPage(url), 0o600); err != nil {
		return done, err
	}
	return done, showOutside(file)
}

// linkPage returns a page that goes on to an address at once.
func linkPage(url string) []byte {
	url = html.EscapeString(url)
	return fmt.Appendf(nil, "<!doctype html><meta charset=utf-8><meta http-equiv=refresh content=\"0;url=%s\"><a href=\"%s\">clipsearch</a>\n", url, url)
}

// reachableAt returns an address that others can open, for one to listen on.
func reachableAt(address string) string {
	listening, err := netip.ParseAddrPort(address)
	if err != nil || !listening.Addr().IsUnspecified() {
		return address
	}
	port := fmt.Sprint(listening.Port())
	addresses, err := net.InterfaceAddrs()
	if err == nil {
		for _, a := range addresses {
			if network, ok := a.(*net.IPNet); ok && network.IP.To4() != nil && !network.IP.IsLoopback() && !network.IP.IsLinkLocalUnicast() {
				return net.JoinHostPort(network.IP.String(), port)
			}
		}
	}
	name, err := os.Hostname()
	if err != nil {
		name = "127.0.0.1"
	}
	return net.JoinHostPort(name, port)
}
