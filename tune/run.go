package tune

import (
	"context"
	"errors"
	"fmt"
	"time"

	"clipsearch/encode/checkpoint"
)

// Learned is what one step found.
type Learned struct {
	Step  int64   // from 1
	Loss  float64 // before the step
	Norm  float64 // of the gradient, before it was cut
	Scale float64 // logit scale's logarithm, before the step
}

// Weights are named arrays of numbers.
type Weights []checkpoint.Tensor

// Trainer holds a model's weights and moves them. Steps may run on while Step has returned; Learned waits for them.
type Trainer interface {
	// Step moves the weights along the gradient of a batch's loss, micro samples at a time (0: all).
	Step(ctx context.Context, b *Batch, rate float64, micro int) error
	// Learned returns what the steps since the last call found; ErrDiverged if a loss is no number.
	Learned(ctx context.Context) ([]Learned, error)
	// Weights returns the checkpoint's weights as they are now, or their running average.
	Weights(ctx context.Context, averaged bool) (Weights, error)
	// State and Restore are for going on later, exactly here.
	State(ctx context.Context) (steps int64, state Weights, err error)
	Restore(ctx context.Context, steps int64, state Weights) error
}

// Validator measures weights.
type Validator interface {
	Validate(ctx context.Context, w Weights) (Scores, error)
}

// Scores are what a validation found. Score is what decides which weights are the best: more is better.
type Scores struct {
	Score   float64            `json:"score"`
	Figures map[string]float64 `json:"figures,omitempty"`
}

// Job is all that a run needs.
type Job struct {
	Plan      Plan
	Sets      []Set
	Tokenizer Tokenizer
	Context   int // tokens of a text
	Side      int // px of the image tower's input
	Micro     int // samples that go through the towers at once; 0: all
	Lag       int // steps that may run before what they found is read; 0: none
	Trainer   Trainer
	Validator Validator // nil: the last weights are kept
	Folder    string    // where the run keeps its state; "": nowhere
	Resume    bool      // go on from the state in Folder
	Averaged  bool      // the running average is what is measured and kept
	Watch     func(Event)
}

// Event tells how far a run is.
type Event struct {
	Step, Steps int
	Learned     []Learned     // since the last event
	Rate        float64       // learning rate of the last step
	Measured    *Measurement  // a validation that has just ended; nil: none
	Speed       float64       // samples a second, since the start or the resumption
	Left        time.Duration // estimate
	Note        string        // for people: what was done about something; "": nothing
}

// Measurement is one validation.
type Measurement struct {
	Step int     `json:"step"`
	Loss float64 `json:"loss"` // mean since the last one
	Rate float64 `json:"rate"`
	Scores
	Best bool `json:"best"` // none was better before
}

// Result is what a run ends with.
type Result struct {
	History
	Best    Weights       // of the best validation; without a validator the last ones
	Steps   int           // done
	Samples int64         // seen by this process
	Elapsed time.Duration // of this process, validations included
	Waited  time.Duration // for batches to be made
	Micro   int           // what Job.Micro came down to
	Stopped string        // why it ended before all steps: "" if it did not
}

// History is how a run went.
type History struct {
	Curve        []Point       `json:"curve"`
	Measurements []Measurement `json:"measurements"`
}

// Point is a piece of the loss curve.
type Point struct {
	Step int     `json:"step"`
	Loss float64 `json:"loss"`
	Norm float64 `json:"norm"`
	Rate float64 `json:"rate"`
}

// Run trains as the job says. It returns what it has found also with an error: ErrDiverged keeps the best weights so far, and
// so does the end of ctx, before which the state is saved.
func Run(ctx context.Context, job Job) (*Result, error) {
	if err := job.Plan.Check(); err != nil {
		return nil, err
	}
	d, err := newData(job.Sets)
	if err != nil {
		return nil, err
	}
	l := &loop{Job: job, data: d, began: time.Now(), validated: time.Now()}
	l.result.Micro = job.Micro
	l.patience = job.Plan.Patience
	if err := l.begin(ctx); err != nil {
		return nil, err
	}
	err = l.train(ctx)
	l.result.Steps, l.result.Elapsed = l.step, time.Since(l.began)
	return &l.result, err
}

// loop is a run in progress.
type loop struct {
	Job
	data      *data
	result    Result
	began     time.Time
	start     int // the step at which this process began
	step      int // steps done
	best      float64
	patience  int           // validations left
	validated time.Time     // when the last validation ended
	saved     time.Time     // when the state was last saved
	saving    time.Duration // how long that took
	loss      float64       // summed since the last validation
	losses    int
	rates     []float64 // of the steps whose losses were not read yet
}

// begin measures what there is before the first step, or goes on from a saved state.
func (l *loop) begin(ctx context.Context) error {
	if l.Resume {
		return l.restore(ctx)
	}
	if l.Validator == nil {
		return nil
	}
	return l.validate(ctx)
}

// train does the steps.
func (l *loop) train(ctx context.Context) (err error) {
	d := &drawer{plan: l.Plan, data: l.data, tokenizer: l.Tokenizer, context: l.Context, side: l.Side}
	ahead, stop := prefetch(ctx, d, l.step, l.Plan.Steps)
	defer stop()
	defer func() {
		if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
			err = errors.Join(err, l.save(context.WithoutCancel(ctx)))
		}
	}()
	for l.step < l.Plan.Steps && l.result.Stopped == "" {
		waiting := time.Now()
		batch, ok := <-ahead
		if err := ctx.Err(); !ok || err != nil {
			return err
		}
		l.result.Waited += time.Since(waiting)
		if err := l.advance(ctx, batch); err != nil {
			return err
		}
		if l.overtime() {
			l.result.Stopped = "the time was up"
		}
		if l.due() || l.step == l.Plan.Steps || l.result.Stopped != "" {
			if err := l.endEpoch(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// validations is how many a run that is limited by the clock has, at most.
const validations = 25

// due reports whether it is time to validate.
func (l *loop) due() bool {
	if l.Plan.Limit > 0 {
		return time.Since(l.validated) >= l.Plan.Limit/validations
	}
	return l.step%l.Plan.Epoch == 0
}

// overtime reports whether the run's time is up.
func (l *loop) overtime() bool {
	return l.Plan.Limit > 0 && time.Since(l.began) >= l.Plan.Limit
}

// progress returns the share of the run that is done, by steps or by the clock.
func (l *loop) progress() float64 {
	done := float64(l.step) / float64(l.Plan.Steps)
	if l.Plan.Limit > 0 {
		done = max(done, time.Since(l.began).Seconds()/l.Plan.Limit.Seconds())
	}
	return done
}

// advance does one step, in smaller parts if it does not fit.
func (l *loop) advance(ctx context.Context, batch *Batch) error {
	rate := l.Plan.rate(l.step, l.progress())
	for {
		err := l.Trainer.Step(ctx, batch, rate, l.result.Micro)
		if err == nil {
			break
		}
		if !errors.Is(err, ErrMemory) || !l.halve(len(batch.Texts)) {
			return err
		}
	}
	l.step++
	l.result.Samples += int64(len(batch.Texts))
	l.rates = append(l.rates, rate)
	if len(l.rates) > l.Lag {
		return l.read(ctx)
	}
	return nil
}

// halve makes the parts of a batch half as large; false: they are 1 already.
func (l *loop) halve(batch int) bool {
	micro := l.result.Micro
	if micro <= 0 || micro > batch {
		micro = batch
	}
	if micro == 1 {
		return false
	}
	l.result.Micro = (micro + 1) / 2
	l.tell(Event{Note: fmt.Sprintf("out of memory: going on with %d samples at a time", l.result.Micro)})
	return true
}

// read takes what the last steps found into the curve.
func (l *loop) read(ctx context.Context) error {
	learned, err := l.Trainer.Learned(ctx)
	if err != nil {
		return err
	}
	rates := l.rates
	l.rates = nil
	for i, found := range learned {
		l.loss += found.Loss
		l.losses++
		rate := 0.0
		if i < len(rates) {
			rate = rates[i]
		}
		l.result.Curve = append(l.result.Curve, Point{int(found.Step), found.Loss, found.Norm, rate})
	}
	e := Event{Learned: learned}
	if len(rates) > 0 {
		e.Rate = rates[len(rates)-1]
	}
	l.tell(e)
	return nil
}

// endEpoch validates, saves and decides whether to go on.
func (l *loop) endEpoch(ctx context.Context) error {
	if err := l.read(ctx); err != nil {
		return err
	}
	if l.Validator != nil {
		if err := l.validate(ctx); err != nil {
			return err
		}
	} else if err := l.keep(ctx); err != nil {
		return err
	}
	if l.Plan.Patience > 0 && l.patience == 0 && l.step < l.Plan.Steps {
		l.result.Stopped = fmt.Sprintf("no better validation in %d", l.Plan.Patience)
	}
	if l.result.Stopped == "" && time.Since(l.saved) < costOfSaving*l.saving {
		return nil
	}
	return l.save(ctx)
}

// costOfSaving bounds the time that a run spends on saving its state to one part in so many, however short its epochs are.
const costOfSaving = 20

// validate measures the weights and keeps them if they are the best.
func (l *loop) validate(ctx context.Context) error {
	weights, err := l.Trainer.Weights(ctx, l.Averaged)
	if err != nil {
		return err
	}
	scores, err := l.Validator.Validate(ctx, weights)
	if err != nil {
		return err
	}
	m := Measurement{Step: l.step, Scores: scores, Best: len(l.result.Measurements) == 0 || scores.Score > l.best}
	if l.losses > 0 {
		m.Loss = l.loss / float64(l.losses)
	}
	if n := len(l.result.Curve); n > 0 {
		m.Rate = l.result.Curve[n-1].Rate
	}
	l.loss, l.losses = 0, 0
	if m.Best {
		l.best, l.result.Best, l.patience = scores.Score, weights, l.Plan.Patience
	} else if l.patience > 0 {
		l.patience--
	}
	l.result.Measurements = append(l.result.Measurements, m)
	l.validated = time.Now()
	l.tell(Event{Measured: &m})
	return nil
}

// keep takes the weights as the best without measuring them.
func (l *loop) keep(ctx context.Context) (err error) {
	l.result.Best, err = l.Trainer.Weights(ctx, l.Averaged)
	return err
}

// tell fills in how far the run is and passes the event on.
func (l *loop) tell(e Event) {
	if l.Watch == nil {
		return
	}
	e.Step, e.Steps = l.step, l.Plan.Steps
	elapsed := time.Since(l.began)
	if done := l.step - l.start; done > 0 {
		e.Speed = float64(l.result.Samples) / elapsed.Seconds()
		e.Left = time.Duration(float64(elapsed) / float64(done) * float64(l.Plan.Steps-l.step))
	}
	if l.Plan.Limit > 0 {
		e.Left = min(e.Left, l.Plan.Limit-elapsed)
	}
	l.Watch(e)
}

// depth is how many batches are made before they are wanted.
const depth = 3

// prefetch makes batches for steps [from, to) in order. stop ends it and waits for its end.
func prefetch(ctx context.Context, d *drawer, from, to int) (batches <-chan *Batch, stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	out := make(chan *Batch, depth)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer close(out)
		for step := from; step < to && ctx.Err() == nil; step++ {
			select {
			case out <- d.batch(step):
			case <-ctx.Done():
			}
		}
	}()
	return out, func() { cancel(); <-ended }
}
