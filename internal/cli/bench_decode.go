package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"slices"
	"sync"
	"text/tabwriter"
	"time"

	"golang.org/x/sync/errgroup"

	"clipsearch/encode/pixel"
	"clipsearch/index"
	"clipsearch/internal/imgio"
	"clipsearch/internal/regular"
)

// decodeBench is what bench decode reports; its JSON is part of the CLI contract.
type decodeBench struct {
	Size    int          `json:"size"` // px, the side of the tower's input
	Full    bool         `json:"full"` // pictures were decoded at their full size
	Threads int          `json:"threads"`
	Failed  int          `json:"failed"`            // files that could not be read
	Rate    float64      `json:"images_per_second"` // of all threads together
	Pixels  float64      `json:"mp_per_second"`     // of all threads together: megapixels of the files' pictures
	Formats []formatRate `json:"formats"`
}

// formatRate is the speed of one thread with the pictures of one format.
type formatRate struct {
	Format string  `json:"format"`
	Files  int     `json:"files"`
	Rate   float64 `json:"images_per_second"`
	Pixels float64 `json:"mp_per_second"`
	P50    float64 `json:"p50_ms"`
	P95    float64 `json:"p95_ms"`
}

// decodeFor is how long the files are read again and again.
const decodeFor = 2 * time.Second

func runBenchDecode(ctx context.Context, p Process, args []string) error {
	f := newFlags("bench decode")
	size, threads := f.Int("size", 224, ""), f.Int("threads", 0, "")
	full, asJSON := f.Bool("full", false, ""), f.Bool("json", false, "")
	files, err := f.parse(args)
	switch {
	case err != nil:
		return err
	case len(files) == 0:
		return usagef("bench decode: name the picture files to decode")
	case *size < 1 || *size > 4096:
		return usagef("bench decode: --size is %d; it is the side of a model's input in pixels, such as 224", *size)
	case *threads < 0:
		return usagef("bench decode: --threads is at least 1")
	}
	d := decodeRun{spec: pixel.CLIP(*size), opts: index.DecodeOptions(*size), times: map[string][]time.Duration{}, pixels: map[string]float64{}}
	if d.opts.ThumbLong = index.DefaultThumb; *full {
		d.opts.MinShort, d.opts.MinLong = 0, 0
	}
	report, err := d.measure(ctx, p.paths(files), cmp.Or(*threads, runtime.GOMAXPROCS(0)))
	if err != nil {
		return err
	}
	report.Size, report.Full = *size, *full
	if *asJSON {
		return json.NewEncoder(p.Stdout).Encode(report)
	}
	return printDecodeBench(p.Stdout, report)
}

// decodeRun decodes files as indexing does: to the tower's input and a thumbnail.
type decodeRun struct {
	spec pixel.Spec
	opts imgio.Options

	mu     sync.Mutex
	times  map[string][]time.Duration // by format
	pixels map[string]float64         // by format, of all rounds
	failed error                      // of one of the files
}

// measure decodes the files, all of them as often as any other, until enough time has passed.
func (d *decodeRun) measure(ctx context.Context, files []string, threads int) (decodeBench, error) {
	report := decodeBench{Threads: threads}
	began := time.Now()
	for round := 0; round == 0 || time.Since(began) < decodeFor; round++ {
		var g errgroup.Group
		g.SetLimit(threads)
		for _, file := range files {
			if err := ctx.Err(); err != nil {
				return report, err
			}
			g.Go(func() error {
				if err := d.one(file); err != nil {
					d.mu.Lock()
					d.failed = fmt.Errorf("%s: %w", file, err)
					if round == 0 {
						report.Failed++
					}
					d.mu.Unlock()
				}
				return nil
			})
		}
		_ = g.Wait() // d.failed has it
		if report.Failed == len(files) {
			return report, d.failed
		}
	}
	took := time.Since(began).Seconds()
	for format, times := range d.times {
		var sum time.Duration
		for _, t := range times {
			sum += t
		}
		n := float64(len(times))
		report.Rate, report.Pixels = report.Rate+n/took, report.Pixels+d.pixels[format]/1e6/took
		report.Formats = append(report.Formats, formatRate{
			Format: format, Files: len(times), Rate: n / sum.Seconds(), Pixels: d.pixels[format] / 1e6 / sum.Seconds(),
			P50: micros(times, .5) / 1e3, P95: micros(times, .95) / 1e3,
		})
	}
	slices.SortFunc(report.Formats, func(a, b formatRate) int { return cmp.Compare(a.Format, b.Format) })
	return report, nil
}

// one decodes one file.
func (d *decodeRun) one(file string) error {
	data, err := regular.ReadFile(file)
	if err != nil {
		return err
	}
	began := time.Now()
	picture, err := imgio.Decode(data, d.opts)
	if err != nil {
		return err
	}
	d.spec.Planes(picture.Image, make([]uint8, d.spec.Len()))
	took := time.Since(began)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.times[picture.Format] = append(d.times[picture.Format], took)
	d.pixels[picture.Format] += float64(picture.Width) * float64(picture.Height)
	return nil
}

// printDecodeBench writes a report for people.
func printDecodeBench(out io.Writer, r decodeBench) error {
	how := "shrunk while decoding"
	if r.Full {
		how = "at full size"
	}
	fmt.Fprintf(out, "to %d px and a thumbnail, decoded %s, %d threads: %.1f images/s, %.0f MP/s", r.Size, how, r.Threads, r.Rate, r.Pixels)
	if r.Failed > 0 {
		fmt.Fprintf(out, "; %d files could not be read", r.Failed)
	}
	fmt.Fprint(out, "\n\n")
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(w, "one thread\tdecodes\timages/s\tMP/s\tp50 ms\tp95 ms\t\n")
	for _, f := range r.Formats {
		fmt.Fprintf(w, "%s\t%d\t%.1f\t%.0f\t%.1f\t%.1f\t\n", f.Format, f.Files, f.Rate, f.Pixels, f.P50, f.P95)
	}
	return w.Flush()
}
