package cli

import (
	"crypto/rand"
	"fmt"
	"net"
	"net/netip"
	"os"
)

// minToken is how long a token of the user's own must be: nobody guesses 16 letters through a network.
const minToken = 16

// tokenFor returns the token that a server on a host needs: none on this machine's loopback, else the environment's, else one
// made up for this time.
func tokenFor(p Process, host string) (string, error) {
	if isLoopback(host) {
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
		fmt.Fprintf(p.Stderr, "clipsearch: other machines can open this page; whoever has the link sees all pictures\nclipsearch: %s\n", url)
	} else if !quiet {
		fmt.Fprintf(p.Stderr, "clipsearch: %s (stop with Ctrl-C)\n", url)
	}
	return url
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
