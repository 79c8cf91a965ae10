package tune

import (
	"context"
	"errors"
	"fmt"
)

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
