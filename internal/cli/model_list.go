package cli

import (
	"encoding/json"
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/dustin/go-humanize"

	"clipsearch/encode/checkpoint"
)

// recommendation is a checkpoint that can be pulled.
type recommendation struct {
	Name    string
	Bytes   uint64 // of the download
	Quality string // as published
	Licence string // as its publisher states it
}

// recommendations lists checkpoints worth having, small ones first. ImageNet is zero-shot top-1 accuracy: OpenAI's from the
// CLIP paper (Radford et al. 2021, table 11), LAION's from their model cards. Sizes are those of the weights in single
// precision. doc/models.md says which of these could be looked up.
func recommendations() []recommendation {
	const openAI = "MIT (github.com/openai/CLIP)"
	return []recommendation{
		{betterModel, 605e6, "ImageNet 63.2 %; a good start", openAI},
		{"laion/CLIP-ViT-B-32-laion2B-s34B-b79K", 605e6, "ImageNet 66.6 %", "MIT"},
		{"openai/clip-vit-base-patch16", 599e6, "ImageNet 68.6 %; 4 times the work", openAI},
		{"laion/CLIP-ViT-B-16-laion2B-s34B-b88K", 599e6, "ImageNet 70.2 %; 4 times the work", "MIT"},
		{"openai/clip-vit-large-patch14", 1711e6, "ImageNet 75.3 %; 18 times the work", openAI},
		{"openai/clip-vit-large-patch14-336", 1712e6, "ImageNet 76.2 %; 43 times the work", openAI},
		{"flax-community/clip-rsicd-v2", 605e6, "aerial pictures: RSICD Hits@1 88.3 %", "none stated"},
	}
}

// listModels prints the checkpoints that --model can name, and those that can be pulled.
func listModels(p Process, opts modelFlags, places places) error {
	found, err := checkpoint.List(places.models)
	if err != nil {
		return err
	}
	more := slices.DeleteFunc(recommendations(), func(r recommendation) bool {
		return slices.ContainsFunc(found, func(f checkpoint.Found) bool { return f.Name == r.Name })
	})
	if opts.json {
		return encodeModels(p, found, more)
	}
	if len(found) == 0 {
		fmt.Fprintf(p.Stderr, "clipsearch: no models in %s or the Hugging Face cache, and none in this build\n", places.models.Models)
	}
	w := tabwriter.NewWriter(p.Stdout, 0, 4, 2, ' ', 0)
	for _, f := range found {
		fmt.Fprintf(w, "%s\t%s\t%s\n", printable(f.Name), f.Source, printable(f.Dir))
	}
	if err := w.Flush(); err != nil || len(more) == 0 {
		return err
	}
	if len(found) > 0 {
		fmt.Fprintln(p.Stdout)
	}
	fmt.Fprintln(p.Stdout, "to be had with clipsearch model pull NAME:")
	for _, r := range more {
		fmt.Fprintf(w, "%s\t%s\t%s\tlicence: %s\n", r.Name, humanize.Bytes(r.Bytes), r.Quality, r.Licence)
	}
	return w.Flush()
}

// encodeModels writes the same as JSON, an object a line.
func encodeModels(p Process, found []checkpoint.Found, more []recommendation) error {
	encoder := json.NewEncoder(p.Stdout)
	about := make(map[string]recommendation)
	for _, r := range recommendations() {
		about[r.Name] = r
	}
	for _, f := range found {
		line := map[string]any{"name": f.Name, "dir": f.Dir, "source": string(f.Source), "installed": true}
		if r, ok := about[f.Name]; ok {
			line["quality"], line["licence"] = r.Quality, r.Licence
		}
		if err := encoder.Encode(line); err != nil {
			return err
		}
	}
	for _, r := range more {
		line := map[string]any{"name": r.Name, "source": "to be pulled", "installed": false, "bytes": r.Bytes, "quality": r.Quality, "licence": r.Licence}
		if err := encoder.Encode(line); err != nil {
			return err
		}
	}
	return nil
}
