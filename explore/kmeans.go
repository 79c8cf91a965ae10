package explore

import (
	"context"
	"math/rand/v2"

	"clipsearch/internal/vec"
)

// cluster is some rows around a middle of unit norm.
type cluster struct {
	middle []float32
	rows   []int
}

// kMeans puts rows of unit norm into at most k clusters by their inner products: spherical k-means, Dhillon and Modha 2001,
// begun with far-apart rows as k-means++ does, Arthur and Vassilvitskii 2007. The same rows give the same clusters.
func kMeans(ctx context.Context, rows [][]float32, k int) ([]cluster, error) {
	k = min(k, len(rows))
	if k == 0 {
		return nil, nil
	}
	clusters := begin(rows, k)
	for range rounds {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for i := range clusters {
			clusters[i].rows = clusters[i].rows[:0]
		}
		for i, row := range rows {
			c := nearest(clusters, row)
			clusters[c].rows = append(clusters[c].rows, i)
		}
		for i := range clusters {
			clusters[i].center(rows)
		}
	}
	return clusters, nil
}

// begin draws k rows, those far from what was drawn likelier.
func begin(rows [][]float32, k int) []cluster {
	rng := rand.New(rand.NewPCG(3, 4))
	clusters := []cluster{{middle: rows[rng.IntN(len(rows))]}}
	away := make([]float64, len(rows)) // 1 less the similarity to the nearest that was drawn
	for i, row := range rows {
		away[i] = 1 - float64(vec.Dot(row, clusters[0].middle))
	}
	for len(clusters) < k {
		sum := 0.0
		for _, d := range away {
			sum += d * d
		}
		at, left := 0, rng.Float64()*sum
		for at < len(rows)-1 && left > away[at]*away[at] {
			left -= away[at] * away[at]
			at++
		}
		middle := rows[at]
		clusters = append(clusters, cluster{middle: middle})
		for i, row := range rows {
			away[i] = max(0, min(away[i], 1-float64(vec.Dot(row, middle))))
		}
	}
	return clusters
}

// nearest returns the cluster whose middle is most like a row.
func nearest(clusters []cluster, row []float32) int {
	best, most := 0, float32(-2)
	for i, c := range clusters {
		if s := vec.Dot(c.middle, row); s > most {
			best, most = i, s
		}
	}
	return best
}

// center moves the middle to the mean of the rows; a cluster without any stays where it is.
func (c *cluster) center(rows [][]float32) {
	mean := make([]float32, len(c.middle))
	for _, i := range c.rows {
		for j, x := range rows[i] {
			mean[j] += x
		}
	}
	if vec.Normalize(mean) > 0 {
		c.middle = mean
	}
}
