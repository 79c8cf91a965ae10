//go:build native

package imgio

import (
	"sync"
	"sync/atomic"
	"time"
)

// maxAlone is how long a failed decode waits to be repeated alone. A decode that hangs must not hold up all others.
const maxAlone = 2 * time.Second

// vipsGate counts who is inside libvips, and lets one in alone: libvips keeps one log of errors for all threads, which
// each operation clears, so of two decodes that fail at once one may read the other's message, and the other none.
type vipsGate struct {
	door    sync.RWMutex // held for reading only while passing, for writing to be alone
	inside  atomic.Int64
	entered atomic.Int64 // ever
}

var gate vipsGate

// enter returns how many have entered so far, the caller included, and whether it is alone now.
func (g *vipsGate) enter() (number int64, alone bool) {
	g.door.RLock()
	defer g.door.RUnlock()
	return g.entered.Add(1), g.inside.Add(1) == 1
}

func (g *vipsGate) leave() { g.inside.Add(-1) }

// withOwnError calls decode, and if it fails while others were inside, again alone, which brings the same error with its
// own message. Failures are rare, and what fails does so again in the same time.
func withOwnError[T any](g *vipsGate, decode func() (T, error)) (T, error) {
	number, alone := g.enter()
	result, err := decode()
	alone = alone && g.entered.Load() == number
	g.leave()
	if err == nil || alone {
		return result, err
	}
	g.door.Lock()
	defer g.door.Unlock()
	for end := time.Now().Add(maxAlone); g.inside.Load() > 0 && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	return decode()
}
