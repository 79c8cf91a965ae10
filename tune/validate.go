package tune

import (
	"context"
	"fmt"
	"math"
	"time"
)

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
	if err == nil && math.IsNaN(scores.Score) {
		err = ErrDiverged
	}
	if err != nil {
		return fmt.Errorf("measure the weights after step %d: %w", l.step, err)
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
