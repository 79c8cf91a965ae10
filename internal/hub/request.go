package hub

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Client talks to one hub. The zero value is ready; its fields do not change. Safe for concurrent use.
type Client struct {
	// Endpoint is the hub's address; "" for DefaultEndpoint.
	Endpoint string
	// Token is sent to Endpoint and nowhere else: not to another host, scheme or port, not after a redirect to one, and not
	// without encryption but to this machine. "" for none.
	Token string
	// Agent is the User-Agent; "" for Go's.
	Agent string
	// Stall is how long a server may send nothing before the connection is given up; 0 for 30 s.
	Stall time.Duration
	// Transport carries the requests; nil for one of its own, which goes through the proxy that the environment names.
	Transport http.RoundTripper

	sleep func(ctx context.Context, d time.Duration) error // nil: really
}

// maxRedirects is how often a request may be sent elsewhere; the hub's go through two at most.
const maxRedirects = 10

// endpoint returns the hub's address without a slash at its end.
func (c *Client) endpoint() string {
	if c.Endpoint == "" {
		return DefaultEndpoint
	}
	return strings.TrimRight(c.Endpoint, "/")
}

// stall returns how long to wait for the server.
func (c *Client) stall() time.Duration {
	if c.Stall == 0 {
		return 30 * time.Second
	}
	return c.Stall
}

// transport returns what carries the requests. Redirects are followed by get, since none of Go's rules keeps the token to
// one origin.
func (c *Client) transport() http.RoundTripper {
	if c.Transport != nil {
		return c.Transport
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.ResponseHeaderTimeout = c.stall()
	t.DisableCompression = true // ranges count in the file's own bytes
	t.DisableKeepAlives = false
	return t
}

// get asks for address from byte on (0: all of it) and follows redirects. An answer other than 200, or 206 for a part, is a
// *statusError. The caller closes the body.
func (c *Client) get(ctx context.Context, transport http.RoundTripper, address string, from int64) (*http.Response, error) {
	at, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("%w: the address %.200q", ErrAnswer, address)
	}
	home := true // nothing has led away from the endpoint
	for range maxRedirects {
		home = home && c.isHome(at)
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
		if err != nil {
			return nil, err
		}
		if c.Agent != "" {
			request.Header.Set("User-Agent", c.Agent)
		}
		if home && c.Token != "" && mayCarrySecrets(at) {
			request.Header.Set("Authorization", "Bearer "+c.Token)
		}
		if from > 0 {
			request.Header.Set("Range", fmt.Sprintf("bytes=%d-", from))
		}
		response, err := transport.RoundTrip(request)
		if err != nil {
			return nil, err
		}
		switch response.StatusCode {
		case http.StatusOK, http.StatusPartialContent, http.StatusRequestedRangeNotSatisfiable:
			return response, nil
		case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
			next, err := redirect(at, response.Header.Get("Location"))
			response.Body.Close() // a redirect's body says nothing
			if err != nil {
				return nil, err
			}
			at = next
		default:
			response.Body.Close()
			return nil, newStatusError(response, time.Now())
		}
	}
	return nil, fmt.Errorf("%w: more than %d redirects", ErrAnswer, maxRedirects)
}

// redirect returns where location leads from an address: never from https to http, nor to what is neither.
func redirect(from *url.URL, location string) (*url.URL, error) {
	to, err := from.Parse(location)
	if err != nil || location == "" || to.Host == "" || to.Scheme != "https" && to.Scheme != "http" {
		return nil, fmt.Errorf("%w: a redirect to %.200q", ErrAnswer, location)
	}
	if from.Scheme == "https" && to.Scheme == "http" {
		return nil, fmt.Errorf("%w: a redirect from https to http, %.200q", ErrAnswer, to.Redacted())
	}
	to.User = nil
	return to, nil
}

// isHome reports whether an address has the endpoint's scheme, host and port.
func (c *Client) isHome(at *url.URL) bool {
	home, err := url.Parse(c.endpoint())
	return err == nil && home.Scheme == at.Scheme && strings.EqualFold(home.Hostname(), at.Hostname()) && port(home) == port(at)
}

// port returns the port of an address.
func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	return map[string]string{"http": "80", "https": "443"}[u.Scheme]
}

// sendsToken reports whether the endpoint gets the token.
func (c *Client) sendsToken() bool {
	home, err := url.Parse(c.endpoint())
	return err == nil && mayCarrySecrets(home)
}

// mayCarrySecrets reports whether nobody on the way can read along.
func mayCarrySecrets(u *url.URL) bool {
	host := u.Hostname()
	return u.Scheme == "https" || host == "localhost" || host == "127.0.0.1" || host == "::1"
}

// pause waits, or returns why it was interrupted.
func (c *Client) pause(ctx context.Context, d time.Duration) error {
	if c.sleep != nil {
		return c.sleep(ctx, d)
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
