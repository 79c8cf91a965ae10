package tune

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// Plan says how a run goes. Its fields are the JSON of reports and of recipe files; the zero value of most switches off what
// they are for.
type Plan struct {
	Steps    int     `json:"steps"`     // of the whole run
	Batch    int     `json:"batch"`     // samples a step learns from
	Copies   int     `json:"copies"`    // of each picture in a batch, each cut and described anew; 0 is 1
	Replace  bool    `json:"replace"`   // draw with replacement, instead of each picture once an epoch
	Epoch    int     `json:"epoch"`     // steps between two validations
	Patience int     `json:"patience"`  // validations without a better one after which the run ends; 0: never
	Rate     float64 `json:"rate"`      // the highest learning rate
	Floor    float64 `json:"floor"`     // the last learning rate, as a share of Rate
	Warmup   int     `json:"warmup"`    // steps in which the rate rises from 0
	Schedule string  `json:"schedule"`  // Cosine, Linear or Constant: how it falls afterwards
	WordDrop float64 `json:"word_drop"` // probability with which a word is left out
	Seed     uint64  `json:"seed"`

	// Limit ends the run after some time; the learning rate then follows the clock where that is ahead of the steps, and the run
	// cannot be repeated exactly.
	Limit time.Duration `json:"limit,omitempty"`
}

// The schedules.
const (
	Cosine   = "cosine"
	Linear   = "linear"
	Constant = "constant"
)

// Check says what no plan can have.
func (p Plan) Check() error {
	for _, n := range []struct {
		name  string
		value int
		least int
	}{
		{"steps", p.Steps, 1}, {"batch", p.Batch, 2}, {"copies", p.Copies, 0}, {"epoch", p.Epoch, 1},
		{"patience", p.Patience, 0}, {"warmup", p.Warmup, 0},
	} {
		if n.value < n.least {
			return fmt.Errorf("%s is %d; it is %d or more", n.name, n.value, n.least)
		}
	}
	for _, n := range []struct {
		name        string
		value, most float64
	}{
		{"rate", p.Rate, 1}, {"floor", p.Floor, 1}, {"word_drop", p.WordDrop, 1},
	} {
		if !(n.value >= 0 && n.value <= n.most) {
			return fmt.Errorf("%s is %v; it is within 0 and %v", n.name, n.value, n.most)
		}
	}
	if p.Rate == 0 {
		return errors.New("rate is 0; nothing would be learned")
	}
	if p.Limit < 0 {
		return fmt.Errorf("limit is %v; it is a time", p.Limit)
	}
	switch p.Schedule {
	case Cosine, Linear, Constant:
		return nil
	}
	return fmt.Errorf("schedule is %q; it is %s, %s or %s", p.Schedule, Cosine, Linear, Constant)
}

// rate returns the learning rate of a step, counted from 0, when a share of the run is done: by steps or by the clock.
func (p Plan) rate(step int, done float64) float64 {
	if step < p.Warmup {
		return p.Rate * float64(step+1) / float64(p.Warmup)
	}
	start := float64(p.Warmup) / float64(p.Steps)
	left := 1 - min(1, max(0, (done-start)/max(1e-9, 1-start)))
	switch p.Schedule {
	case Cosine:
		left = (1 - math.Cos(math.Pi*left)) / 2
	case Constant:
		left = 1
	}
	return p.Rate * (p.Floor + (1-p.Floor)*left)
}
