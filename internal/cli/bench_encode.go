package cli

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"clipsearch/encode"
	"clipsearch/index/store"
)

// encodeBench is what bench encode reports; its JSON is part of the CLI contract. Rates are those of medians.
type encodeBench struct {
	Model     string      `json:"model"`
	Device    string      `json:"device"`
	Precision string      `json:"precision"`
	Ceiling   float64     `json:"ceiling_gflops"` // of the product of two large square matrices in the same run
	Images    []towerRate `json:"images"`
	Texts     []towerRate `json:"texts"`
	Query     queryTime   `json:"query"`
}

// towerRate is the speed of a tower at one batch size.
type towerRate struct {
	Batch  int     `json:"batch"`
	Tokens int     `json:"tokens,omitempty"`                // of each text
	Millis float64 `json:"ms"`                              // on the device, of one batch
	Rate   float64 `json:"per_second"`                      // the device alone
	GFLOPs float64 `json:"gflops"`                          // of the tower's matrix products
	Layers float64 `json:"layers_gflops,omitempty"`         // the tower's fully connected layers by themselves, at this batch
	EndTo  float64 `json:"end_to_end_per_second,omitempty"` // prepared pictures or words in, vectors out
	Error  string  `json:"error,omitempty"`
}

// queryTime is the time of a single text, from words to vector.
type queryTime struct {
	Tokens int     `json:"tokens"`
	P50    float64 `json:"p50_ms"`
	P95    float64 `json:"p95_ms"`
}

// benchQuery has 7 tokens in CLIP's vocabulary, start and end included.
const benchQuery = "dogs playing in the snow"

// defaultBatches are the batch sizes that are measured on a CPU and on other devices.
var defaultBatches = map[bool][]int{true: {1, 16, 32, 64}, false: {1, 64, 256, 1024, 2048}}

func runBenchEncode(ctx context.Context, p Process, args []string) (err error) {
	var opts common
	f := newFlags("bench encode")
	opts.modelFlags(f)
	batch := f.String("batch", "", "")
	threads := f.Int("threads", 0, "")
	f.BoolVar(&opts.json, "json", false, "")
	rest, err := f.parse(args)
	if err != nil {
		return err
	}
	batches, err := batchSizes(*batch)
	switch {
	case err != nil:
		return err
	case len(rest) > 0:
		return usagef("bench encode: it takes no arguments; the model is given with --model")
	case *threads < 0:
		return usagef("bench encode: --threads is at least 1")
	}
	dir, err := findModel(p, opts.model, findPlaces(p), store.Model{})
	if err != nil {
		return err
	}
	model, err := encode.Open(dir, encode.Options{Device: opts.device, Precision: opts.precision, Threads: *threads, Warn: p.warn})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, model.Close()) }()
	if batches == nil {
		batches = defaultBatches[model.Info().Device == "cpu"]
	}
	report, err := measureModel(ctx, model, batches)
	if err != nil {
		return err
	}
	if opts.json {
		return json.NewEncoder(p.Stdout).Encode(report)
	}
	return printEncodeBench(p.Stdout, report)
}

// batchSizes reads a list such as 16,32; nil for "".
func batchSizes(list string) ([]int, error) {
	if list == "" {
		return nil, nil
	}
	var sizes []int
	for part := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 1 || n > 1<<16 {
			return nil, usagef("bench encode: --batch is %q; it is numbers of pictures such as 16,32", list)
		}
		sizes = append(sizes, n)
	}
	return sizes, nil
}

// measureModel measures both towers.
func measureModel(ctx context.Context, model *encode.Model, batches []int) (encodeBench, error) {
	info := model.Info()
	report := encodeBench{Model: info.ID, Device: info.Device, Precision: info.Precision}
	timer, ok := model.Timer()
	if !ok {
		return report, errors.New("this model's towers cannot be measured")
	}
	side := 2048
	if info.Device != "cpu" {
		side = 8192
	}
	product, err := timer.TimeProduct(ctx, side)
	if err != nil {
		return report, err
	}
	report.Ceiling = gflops(product)
	for _, batch := range batches {
		rate, err := measureImages(ctx, model, timer, batch)
		if err != nil && (ctx.Err() != nil || !errors.Is(err, encode.ErrMemory)) {
			return report, err
		}
		if err != nil {
			rate.Error = err.Error()
		}
		report.Images = append(report.Images, rate)
	}
	for _, batch := range []int{1, 64} {
		for _, tokens := range []int{7, 20, info.Context} {
			t, err := timer.TimeTexts(ctx, batch, tokens)
			if err != nil {
				return report, err
			}
			report.Texts = append(report.Texts, rateOf(t, batch, tokens))
		}
	}
	report.Query, err = measureQuery(ctx, model)
	return report, err
}

// measureImages measures the image tower at one batch size.
func measureImages(ctx context.Context, model *encode.Model, timer encode.Timer, batch int) (towerRate, error) {
	rate := towerRate{Batch: batch}
	t, err := timer.TimeImages(ctx, batch)
	if err != nil {
		return rate, err
	}
	rate = rateOf(t, batch, 0)
	layers, err := timer.TimeLayers(ctx, batch)
	if err != nil {
		return rate, err
	}
	var flops float64
	var took time.Duration
	for _, layer := range layers {
		flops, took = flops+layer.FLOPs, took+median(layer.Times)
	}
	rate.Layers = flops / took.Seconds() / 1e9
	rate.EndTo, err = measureEndToEnd(ctx, model, batch)
	return rate, err
}

// measureEndToEnd returns how many prepared pictures a second become vectors when batches follow each other.
func measureEndToEnd(ctx context.Context, model *encode.Model, batch int) (float64, error) {
	img := noisePicture(model.InputSize())
	inputs := make([][]uint8, 4*batch)
	for i := range inputs {
		inputs[i] = model.Prepare(img)
	}
	if _, err := model.EncodePixels(ctx, inputs[:batch]); err != nil {
		return 0, err
	}
	began, done := time.Now(), 0
	for done == 0 || time.Since(began) < time.Second {
		if _, err := model.EncodePixels(ctx, inputs); err != nil {
			return 0, err
		}
		done += len(inputs)
	}
	return float64(done) / time.Since(began).Seconds(), nil
}

// measureQuery measures what a person waits for.
func measureQuery(ctx context.Context, model *encode.Model) (queryTime, error) {
	var times []time.Duration
	for range 30 {
		began := time.Now()
		if _, err := model.EncodeTexts(ctx, []string{benchQuery}); err != nil {
			return queryTime{}, err
		}
		times = append(times, time.Since(began))
	}
	times = times[5:] // the first ones find nothing in the caches
	return queryTime{Tokens: 7, P50: micros(times, .5) / 1e3, P95: micros(times, .95) / 1e3}, nil
}

// rateOf returns the rate of a timing.
func rateOf(t encode.Timing, batch, tokens int) towerRate {
	took := median(t.Times)
	return towerRate{
		Batch: batch, Tokens: tokens, Millis: took.Seconds() * 1e3,
		Rate: float64(batch) / took.Seconds(), GFLOPs: gflops(t),
	}
}

// gflops returns the rate of operations of a timing.
func gflops(t encode.Timing) float64 { return t.FLOPs / median(t.Times).Seconds() / 1e9 }

// median returns the median of times.
func median(times []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(times))
	return sorted[len(sorted)/2]
}
