package hub

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"time"

	"clipsearch/internal/progress"
)

const (
	maxAttempts = 6               // in a row without a single byte: half a minute
	maxAsked    = 3               // for what there is: who has no network should not wait for long
	firstPause  = 1 * time.Second // doubled each time
	longestWait = 5 * time.Minute // that a server may ask for
)

// again repeats try until it succeeds, fails for good, or has failed attempts times without getting further. try returns
// how many bytes it got.
func (c *Client) again(ctx context.Context, meter *progress.Meter, phase string, attempts int, try func() (int64, error)) error {
	meter.Phase(phase)
	for attempt := 1; ; attempt++ {
		got, err := try()
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case !temporary(err):
			return err
		}
		if got > 0 {
			attempt = 1
		}
		pause := backOff(attempt)
		var status *statusError
		if errors.As(err, &status) {
			if status.after > longestWait {
				return fmt.Errorf("%w: %w, and it asks to wait %s", ErrBusy, err, status.after.Round(time.Second))
			}
			pause = max(pause, status.after)
		}
		if attempt == attempts {
			return fmt.Errorf("%w: %d attempts: %w", exhausted(err), attempt, err)
		}
		meter.Phase(fmt.Sprintf("%s: %s, waiting %s", phase, short(err), pause.Round(100*time.Millisecond)))
		if err := c.pause(ctx, pause); err != nil {
			return err
		}
		meter.Phase(phase)
	}
}

// backOff returns how long to wait after that many failed attempts, with a little chance so that many clients don't come
// back together.
func backOff(attempt int) time.Duration {
	d := firstPause << (attempt - 1)
	return d + rand.N(d/4)
}

// temporary reports whether trying again may help: the server says so, or the connection failed.
func temporary(err error) bool {
	var status *statusError
	if errors.As(err, &status) {
		return status.temporary()
	}
	var path *fs.PathError // of our own files
	var certificate *tls.CertificateVerificationError
	return !errors.As(err, &path) && !errors.As(err, &certificate) && !errors.Is(err, ErrAnswer) && !errors.Is(err, ErrHash)
}

// exhausted returns what giving up is called.
func exhausted(err error) error {
	var status *statusError
	if errors.As(err, &status) {
		return ErrBusy
	}
	return ErrBroken
}

// short returns the reason for a pause in a few words.
func short(err error) string {
	var status *statusError
	if errors.As(err, &status) {
		return fmt.Sprintf("HTTP %d", status.code)
	}
	if errors.Is(err, errStalled) {
		return "nothing comes"
	}
	return "connection lost"
}
