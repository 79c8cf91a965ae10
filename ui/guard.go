package ui

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// guard lets through only requests to this very server, by those who know its token if it has one, and writes from its own
// pages, and adds the headers that every
// answer has.
func (s *site) guard(hosts hostCheck, gate gate, next http.Handler) http.Handler {
	origins := http.NewCrossOriginProtection()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Content-Security-Policy", "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; "+
			"base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
		header.Set("X-Content-Type-Options", "nosniff")
		header.Set("Referrer-Policy", "same-origin")
		header.Set("Cross-Origin-Resource-Policy", "same-origin") // other sites cannot show or probe the pictures
		header.Set("Cross-Origin-Opener-Policy", "same-origin")
		switch {
		case !hosts.allow(r.Host):
			s.refuse(w, r, fmt.Sprintf(wrongHost, visible(r.Host)))
		case origins.Check(r) != nil, isForeign(r) && (isAPI(r) || !isVisit(r)):
			s.refuse(w, r, wrongOrigin)
		case gate.opens(r):
			gate.open(w, r)
		case !gate.admits(r):
			s.refuse(w, r, noToken)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// isAPI reports whether a request is one of the API.
func isAPI(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/api/") }

// isForeign reports whether another site's page made a request. Browsers let it do that for reading, though not see the
// answer; but it could see how long the answer takes, which tells what folders there are.
func isForeign(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
	default:
		return true
	}
	origin := r.Header.Get("Origin")
	return origin != "" && origin != "http://"+r.Host && origin != "https://"+r.Host
}

// isVisit reports whether a browser makes a request in order to show the answer as a page of its own, as it does for a link. A page of
// another site that had ours loaded as a picture, script or frame would learn nothing from it, but could keep us busy.
func isVisit(r *http.Request) bool {
	mode, dest := r.Header.Get("Sec-Fetch-Mode"), r.Header.Get("Sec-Fetch-Dest")
	return (mode == "" || mode == "navigate") && (dest == "" || dest == "document")
}

// refuse answers a request that is not let through.
func (s *site) refuse(w http.ResponseWriter, r *http.Request, text string) {
	if isAPI(r) {
		writeJSON(w, http.StatusForbidden, map[string]string{"error": text})
		return
	}
	s.message(w, r, http.StatusForbidden, text)
}

// hostCheck knows the names of this server. It is what stands between the library and DNS rebinding: a web site may point
// its name at 127.0.0.1, but the browser still sends that name.
type hostCheck struct {
	name string // that the server listens on, lower case
	any  bool   // it listens on every address
	port string
}

// newHostCheck returns the check for a server that listens on address.
func newHostCheck(address string) (hostCheck, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return hostCheck{}, fmt.Errorf("listen address %q: %w", address, err)
	}
	ip, err := netip.ParseAddr(host)
	return hostCheck{name: strings.ToLower(host), any: host == "" || err == nil && ip.IsUnspecified(), port: port}, nil
}

// allow reports whether a Host header names this server: by a loopback name or address or by what it listens on, with its
// port. A server that listens everywhere allows every address, never a name: addresses cannot be rebound.
func (c hostCheck) allow(header string) bool {
	host, port, err := net.SplitHostPort(header)
	if err != nil {
		host, port = strings.Trim(header, "[]"), "80"
	}
	if port != c.port || host == "" {
		return false
	}
	host = strings.ToLower(host)
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return host == "localhost" || host == c.name
	}
	return ip.IsLoopback() || c.any || host == c.name
}
