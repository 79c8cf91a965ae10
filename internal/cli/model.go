package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/dustin/go-humanize"

	"clipsearch/encode/checkpoint"
)

const modelHelp = `Usage: clipsearch model list
       clipsearch model pull NAME[@REVISION]|ADDRESS [--revision REVISION]
       clipsearch model info NAME|DIR
       clipsearch model verify NAME|DIR
       clipsearch model add DIR [--name NAME]
       clipsearch model convert NAME|DIR OUT [--dtype f32|f16|bf16|int8]
       clipsearch model init DIR --arch ARCH [--seed N] [--dtype f32|f16|bf16]

Handles checkpoints: folders in Hugging Face's CLIP layout or OpenCLIP's. list shows those that can be named, and some that
can be had; pull downloads one from the Hugging Face hub, goes on where it was broken off, and checks every file against its
hash; nothing else in this program uses the network. info shows one; verify reads every weight and checks it; add copies one
into the models folder; convert writes one to the folder OUT with its weights in another precision (int8 takes a quarter of
f32's place; this program alone reads it); init makes one with random weights, for training and for benchmarks.

  --json                list, info: one JSON object (a line each for list)
  --revision REVISION   pull: the branch, tag or commit (default main)
  --quiet               pull: no progress
  --name NAME           add: the name to give it (default: its folder's)
  --arch ARCH           init: ` + "%s" + `
  --seed N              init: of the random weights (default 1)
  --dtype T             convert, init: of the weights in the file (default f32)

pull goes by the environment: HF_ENDPOINT names a mirror, HF_TOKEN is sent to the hub and nobody else, HF_HUB_OFFLINE=1
forbids the network, HF_HUB_CACHE or HF_HOME says where downloads are (default ~/.cache/huggingface/hub), HTTPS_PROXY is used.

Exit status: 0 done, 1 failed, 2 usage, 130 interrupted (what has come is kept).

  clipsearch model pull openai/clip-vit-base-patch32
`

// modelHelp's list of architectures is filled in when it is shown.
func modelUsage() string { return fmt.Sprintf(modelHelp, strings.Join(architectureNames(), ", ")) }

// architectureNames lists what model init can make.
func architectureNames() []string {
	var names []string
	for _, a := range checkpoint.Architectures() {
		names = append(names, a.Name)
	}
	return names
}

// modelFlags are the flags of the model command.
type modelFlags struct {
	json, quiet       bool
	name, arch, dtype string
	revision          string
	seed              uint64
}

func runModel(ctx context.Context, p Process, args []string) error {
	var opts modelFlags
	f := newFlags("model")
	f.BoolVar(&opts.json, "json", false, "")
	f.BoolVar(&opts.quiet, "quiet", false, "")
	f.StringVar(&opts.revision, "revision", "", "")
	f.StringVar(&opts.name, "name", "", "")
	f.StringVar(&opts.arch, "arch", "", "")
	f.StringVar(&opts.dtype, "dtype", "f32", "")
	f.Uint64Var(&opts.seed, "seed", 1, "")
	rest, err := f.parse(args)
	if err != nil {
		return err
	}
	if len(rest) == 0 {
		return usagef("model: say what to do: list, pull, info, verify, add, convert or init; clipsearch help model explains them")
	}
	verb, rest := rest[0], rest[1:]
	places := findPlaces(p)
	if verb == "list" && len(rest) == 0 {
		return listModels(p, opts, places)
	}
	if verb == "convert" {
		return convertModel(ctx, p, opts, places, rest)
	}
	if len(rest) != 1 {
		return usagef("model %s takes one checkpoint; clipsearch help model explains it", verb)
	}
	switch verb {
	case "pull":
		return pullModel(ctx, p, opts, places, rest[0])
	case "info":
		return showModel(p, opts, places, rest[0])
	case "verify":
		return verifyModel(ctx, p, places, rest[0])
	case "add":
		return addModel(ctx, p, opts, places, rest[0])
	case "init":
		return initModel(ctx, p, opts, rest[0])
	}
	return usagef("model: there is no %q; it is list, pull, info, verify, add, convert or init", verb)
}

// openCheckpoint opens the checkpoint that a name or folder stands for.
func openCheckpoint(places places, name string) (*checkpoint.Checkpoint, error) {
	dir, err := checkpoint.Resolve(name, places.models)
	if err != nil {
		return nil, err
	}
	return checkpoint.Open(dir)
}

// modelInfo is what model info --json prints.
type modelInfo struct {
	ID        string         `json:"id"`
	Dir       string         `json:"dir"`
	Layout    string         `json:"layout"`
	Weights   string         `json:"weights_sha256"`
	Params    int64          `json:"params"`
	Dims      int            `json:"dims"`
	Image     map[string]any `json:"image"`
	Text      map[string]any `json:"text"`
	Pixels    map[string]any `json:"preprocessing"`
	Tokenizer map[string]any `json:"tokenizer"`
	Files     []string       `json:"files"`
	DTypes    map[string]int `json:"tensors"` // by how they are stored: F32, F16, BF16, I8
}

func showModel(p Process, opts modelFlags, places places, name string) (err error) {
	c, err := openCheckpoint(places, name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	info := describeModel(c)
	if opts.json {
		return json.NewEncoder(p.Stdout).Encode(info)
	}
	return printModel(p, c, info)
}

// describeModel collects what there is to say of a checkpoint.
func describeModel(c *checkpoint.Checkpoint) modelInfo {
	v, t := c.Config.Vision, c.Config.Text
	info := modelInfo{
		ID: c.ID, Dir: c.Dir, Layout: c.Layout, Weights: c.WeightsSHA256, Params: c.Config.Params(), Dims: c.Config.Dims, Files: c.Files,
		Image: map[string]any{
			"size": v.ImageSize, "patch": v.Patch, "width": v.Width, "layers": v.Layers, "heads": v.Heads, "mlp": v.MLP, "activation": v.Activation,
		},
		Text: map[string]any{
			"vocabulary": t.Vocab, "context": t.Context, "width": t.Width, "layers": t.Layers, "heads": t.Heads, "mlp": t.MLP, "activation": t.Activation,
		},
		Pixels:    map[string]any{"resize": c.Pixels.Resize, "squash": c.Pixels.Squash, "crop": c.Pixels.Crop, "mean": c.Pixels.Mean, "std": c.Pixels.Std},
		Tokenizer: map[string]any{"tokens": c.Tokenizer.Size(), "start": c.Tokenizer.Start(), "end": c.Tokenizer.End()},
		DTypes:    make(map[string]int),
	}
	for dtype, n := range c.Storage() {
		info.DTypes[dtype.String()] += n
	}
	return info
}

// printModel writes a checkpoint's description for people.
func printModel(p Process, c *checkpoint.Checkpoint, info modelInfo) error {
	v, t := c.Config.Vision, c.Config.Text
	w := tabwriter.NewWriter(p.Stdout, 0, 4, 2, ' ', 0)
	row := func(name, format string, args ...any) { fmt.Fprintf(w, "%s\t%s\n", name, fmt.Sprintf(format, args...)) }
	row("id", "%s", info.ID)
	row("folder", "%s (%s layout)", printable(info.Dir), info.Layout)
	row("parameters", "%s", humanize.Comma(info.Params))
	row("vectors", "%d dimensions", info.Dims)
	row("image tower", "%d px, patch %d, width %d, %d layers, %d heads, %s", v.ImageSize, v.Patch, v.Width, v.Layers, v.Heads, v.Activation)
	row("text tower", "%d tokens, width %d, %d layers, %d heads, %s", t.Context, t.Width, t.Layers, t.Heads, t.Activation)
	row("vocabulary", "%d tokens", c.Tokenizer.Size())
	scaled := fmt.Sprintf("shorter side to %d px", c.Pixels.Resize)
	if c.Pixels.Squash {
		scaled = fmt.Sprintf("both sides to %d px", c.Pixels.Resize)
	}
	row("pictures", "%s, centre crop %d px", scaled, c.Pixels.Crop)
	row("tensors", "%s", counted("", "", info.DTypes))
	for _, file := range info.Files {
		row("file", "%s", printable(file))
	}
	return w.Flush()
}

// verifyModel checks a checkpoint, values included.
func verifyModel(ctx context.Context, p Process, places places, name string) (err error) {
	c, err := openCheckpoint(places, name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if err := c.VerifyFiles(ctx); err != nil {
		return err
	}
	if err := c.Verify(ctx); err != nil {
		return err
	}
	_, err = fmt.Fprintf(p.Stdout, "%s: %d tensors (%s), all as they should be; %s\n",
		printable(c.Dir), len(c.Names()), counted("", "", describeModel(c).DTypes), c.ID)
	return err
}

// addModel copies a checkpoint into the models folder.
func addModel(ctx context.Context, p Process, opts modelFlags, places places, dir string) error {
	name := opts.name
	if name == "" {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return err
		}
		name = filepath.Base(abs)
	}
	if name == noModel {
		return usagef("model add: --model none stands for no model; choose another name with --name")
	}
	to, err := checkpoint.Add(ctx, dir, places.models, name)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(p.Stdout, to)
	return err
}

// initModel makes a checkpoint with random weights.
func initModel(ctx context.Context, p Process, opts modelFlags, dir string) error {
	arch, err := checkpoint.ArchitectureNamed(opts.arch)
	if err != nil {
		return usagef("model init: --arch is one of %s", strings.Join(architectureNames(), ", "))
	}
	dtype, err := checkpoint.ParseDType(opts.dtype)
	if err != nil || dtype == checkpoint.Int8 { // which is for trained weights
		return usagef("model init: --dtype is f32, f16 or bf16")
	}
	if err := checkpoint.Create(ctx, dir, arch.Config, opts.seed, dtype); err != nil {
		return err
	}
	_, err = fmt.Fprintln(p.Stdout, dir)
	return err
}
