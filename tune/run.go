package tune

import (
	"context"
	"errors"
	"time"
)

// Run trains as the job says. It returns what it has found also with an error, the best weights so far among it, unless the job
// itself makes no sense: then the result is nil. When ctx ends the state is saved.
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
	if err = l.begin(ctx); err == nil {
		err = l.train(ctx)
	}
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

// begin measures what there is before the first step, or goes on from a saved state: with the validation, if that was interrupted.
func (l *loop) begin(ctx context.Context) error {
	if l.Resume {
		if err := l.restore(ctx); err != nil || !l.owes() {
			return err
		}
		return l.endEpoch(ctx)
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
			err = errors.Join(err, l.leave(context.WithoutCancel(ctx)))
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

// leave saves the state, with what the last steps found.
func (l *loop) leave(ctx context.Context) error {
	if err := l.read(ctx); err != nil {
		return err
	}
	return l.save(ctx)
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

// owes reports whether a validation was due after the last step and is not among the results.
func (l *loop) owes() bool {
	if n := len(l.result.Measurements); n > 0 && l.result.Measurements[n-1].Step == l.step {
		return false
	}
	return l.step == l.Plan.Steps || l.Plan.Limit == 0 && l.step%l.Plan.Epoch == 0
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
