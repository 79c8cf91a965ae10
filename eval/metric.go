package eval

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Metric is a measure by its name in reports: "recall@5", "mrr@10", "hits@1", "ann_recall@10" or MedianRank.
type Metric string

// MedianRank is the only metric of which less is better.
const MedianRank Metric = "median_rank"

// metricsOf returns the metrics of a task in the order of its table.
func metricsOf(task Task) []Metric {
	recall, mrr := series("recall", 1, 5, 10), series("mrr", 1, 3, 5, 10, 20)
	switch task {
	case Retrieval:
		return slices.Concat(recall, mrr, []Metric{MedianRank})
	case InBatch:
		return mrr
	case ZeroShot:
		return series("hits", 1, 3, 5, 10)
	}
	return slices.Concat(recall, mrr)
}

func series(kind string, depths ...int) []Metric {
	metrics := make([]Metric, len(depths))
	for i, k := range depths {
		metrics[i] = Metric(fmt.Sprintf("%s@%d", kind, k))
	}
	return metrics
}

// gain returns what queries add, by their rank (0: not found), to the mean that a metric is; nil for MedianRank.
func (m Metric) gain() func(rank int) float64 {
	kind, depth, _ := strings.Cut(string(m), "@")
	k, err := strconv.Atoi(depth)
	if err != nil {
		return nil
	}
	return func(rank int) float64 {
		switch {
		case rank < 1 || rank > k:
			return 0
		case kind == "mrr":
			return 1 / float64(rank)
		}
		return 1
	}
}
