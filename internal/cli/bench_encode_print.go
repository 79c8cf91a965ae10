package cli

import (
	"fmt"
	"image"
	"io"
	"math/rand/v2"
	"text/tabwriter"
)

// printEncodeBench writes a report for people.
func printEncodeBench(out io.Writer, r encodeBench) error {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "%s on %s in %s; the largest matrix product runs at %.0f GFLOP/s\n\n", r.Model, r.Device, r.Precision, r.Ceiling)
	fmt.Fprint(w, "batch\tms\timages/s\tGFLOP/s\tof its layers alone\tend to end images/s\t\n")
	for _, t := range r.Images {
		if t.Error != "" {
			fmt.Fprintf(w, "%d\t%s\t\t\t\t\t\n", t.Batch, t.Error)
			continue
		}
		fmt.Fprintf(w, "%d\t%.1f\t%.1f\t%.0f\t%.0f %%\t%.1f\t\n", t.Batch, t.Millis, t.Rate, t.GFLOPs, 100*t.GFLOPs/t.Layers, t.EndTo)
	}
	fmt.Fprint(w, "\ntexts\ttokens\tms\ttexts/s\tGFLOP/s\t\n")
	for _, t := range r.Texts {
		fmt.Fprintf(w, "%d\t%d\t%.1f\t%.1f\t%.0f\t\n", t.Batch, t.Tokens, t.Millis, t.Rate, t.GFLOPs)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\none query of %d tokens, from words to vector: %.1f ms (p95 %.1f)\n", r.Query.Tokens, r.Query.P50, r.Query.P95)
	return err
}

// noisePicture returns a square of random colours: nothing in it is zero, which some processors multiply faster.
func noisePicture(side int) *image.RGBA {
	random := rand.New(rand.NewPCG(1, 2))
	img := image.NewRGBA(image.Rect(0, 0, side, side))
	for i := range img.Pix {
		img.Pix[i] = uint8(random.Uint32())
	}
	return img
}
