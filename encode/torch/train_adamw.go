//go:build native

package torch

import (
	"math"
	"runtime"
	"sync"
)

// moments are the state of AdamW, as long as the weights.
type moments struct{ first, second []float32 }

// step moves weights by one step: the gradient is multiplied with factor first; rate is the learning rate, count the number of
// this step from 1, and decay the share of AdamW.Decay that these weights have, 0 or 1.
func (a AdamW) step(weights, gradient []float32, m moments, factor, rate float64, count int64, decay float64) {
	var (
		b1, b2 = float32(a.Beta1), float32(a.Beta2)
		scale  = float32(factor)
		eps    = float32(a.Epsilon)
		keep   = float32(1 - rate*a.Decay*decay)
		size   = float32(rate / (1 - math.Pow(a.Beta1, float64(count))))
		root   = float32(1 / math.Sqrt(1-math.Pow(a.Beta2, float64(count))))
	)
	spread(len(weights), func(from, to int) {
		w, g, first, second := weights[from:to], gradient[from:to], m.first[from:to], m.second[from:to]
		for i := range w {
			d := g[i] * scale
			f := b1*first[i] + (1-b1)*d
			v := b2*second[i] + (1-b2)*d*d
			first[i], second[i] = f, v
			w[i] = w[i]*keep - size*f/(float32(math.Sqrt(float64(v)))*root+eps)
		}
	})
}

// average moves the running average of weights towards them by a share.
func average(mean, weights []float32, share float64) {
	part := float32(share)
	spread(len(mean), func(from, to int) {
		m, w := mean[from:to], weights[from:to]
		for i := range m {
			m[i] += part * (w[i] - m[i])
		}
	})
}

// squares returns the sum of the squares of x.
func squares(x []float32) float64 {
	const block = 1 << 12 // summed in the order of the vector, so that the result does not depend on the number of cores
	sums := make([]float64, (len(x)+block-1)/block)
	spread(len(sums), func(from, to int) {
		for i := from; i < to; i++ {
			var sum float64
			for _, v := range x[i*block : min((i+1)*block, len(x))] {
				sum += float64(v) * float64(v)
			}
			sums[i] = sum
		}
	})
	var sum float64
	for _, s := range sums {
		sum += s
	}
	return sum
}

// spread calls f for ranges that cover 0 to n, one a core.
func spread(n int, f func(from, to int)) {
	share := (n + runtime.GOMAXPROCS(0) - 1) / runtime.GOMAXPROCS(0)
	var wait sync.WaitGroup
	for from := 0; from < n; from += share {
		wait.Go(func() { f(from, min(from+share, n)) })
	}
	wait.Wait()
}
