package cli

import (
	"flag"
	"strings"

	"clipsearch/search"
)

// promptFlags adds the flags about what texts are encoded as, and the labels.
func (opts *searchFlags) promptFlags(f *flag.FlagSet) {
	q := &opts.query
	f.Func("prompt", "", func(template string) error {
		q.Prompts = append(q.Prompts, template)
		return nil
	})
	f.BoolFunc("no-prompt", "", func(string) error {
		q.Prompts = []string{"{q}"}
		return nil
	})
	f.Func("label", "", func(labels string) error {
		for label := range strings.SplitSeq(labels, ",") {
			if label = strings.TrimSpace(label); label != "" {
				q.Labels = append(q.Labels, label)
			}
		}
		return nil
	})
	f.Uint64Var(&q.Seed, "seed", 0, "")
}

// sizeFlags adds the filters of extent.
func (opts *searchFlags) sizeFlags(f *flag.FlagSet) {
	filter := &opts.query.Filter
	size := func(to *search.Size) func(string) error {
		return func(s string) (err error) {
			*to, err = search.ParseSize(s)
			return err
		}
	}
	f.Func("min-size", "", size(&filter.MinSize))
	f.Func("max-size", "", size(&filter.MaxSize))
	f.Func("orientation", "", func(s string) error {
		filter.Orientation = search.Orientation(s)
		return nil
	})
}

// completeWeights sets a leg's weight to 1 where only the other's is given; where none is, the model's apply. Two zeros
// leave nothing to search with.
func completeWeights(f *flag.FlagSet, q *search.Query) error {
	given := map[string]bool{}
	f.Visit(func(one *flag.Flag) { given[one.Name] = true })
	switch text, vector := given["text-weight"], given["vector-weight"]; {
	case text && vector && q.TextWeight == 0 && q.VectorWeight == 0:
		return usagef("search: both weights are 0")
	case text && !vector:
		q.VectorWeight = 1
	case vector && !text:
		q.TextWeight = 1
	}
	return nil
}
