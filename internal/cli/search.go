package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"clipsearch/internal/regular"
	"clipsearch/search"
)

const searchHelp = `Usage: clipsearch search [flags] QUERY

Finds pictures by the words of their captions and names, by what they show, or both. In QUERY a "quoted phrase" must
occur in the caption, -word must not, and "2:beach + dog - people" adds and subtracts what pictures show.

  --mode MODE           hybrid (default), text (captions and names) or vector (what the picture shows)
  -k N                  how many hits (default 20)
  --all                 also what is much weaker than the best hits of this query
  --text TEXT, --image FILE, --like ID, --not TEXT
                        add a text, a picture, an indexed picture, or subtract a text; each may be repeated
  --weight W            weight of the term before it (default 1)
  --prompt TEMPLATE     encode texts so, with {q} for the words; may be repeated, the vectors are added
                        (default "{q}" and "a picture of {q}")
  --no-prompt           encode texts as typed
  --fusion linear|rrf   how the two rankings become one (default linear)
  --text-weight W       weight of the words, and
  --vector-weight W     of what pictures show (default as measured for the model; if one is given, the other is 1)
  --sort ORDER          relevance (default), date, name, folder or random
  --seed N              another random order for each N
  --dedupe              one picture of each group of near-duplicates
  --explain             why each hit is there
  --label A,B,C         how likely each label is for each hit; may be repeated
  --folder DIR          only pictures in DIR or below; one that does not exist here is looked for in the indexed folders
  --type TYPE           only jpeg, png, webp, …; may be repeated
  --since D, --until D  only pictures taken then; 2019, 2019-05 or 2019-05-31
  --min-size PX, --max-size PX
                        only pictures of that size; 1080 (both sides) or 1920x1080, however they are held
  --orientation O       only landscape, portrait or square pictures
  --tag TAG             only pictures with this label; may be repeated
  --lang LANG           only pictures with a caption in this language, such as de
  --has-caption         only pictures with a caption
` + libraryHelp + modelFlagsHelp + kindHelp + `  --json                one JSON object a hit, a line each; where a path is
                        not UTF-8, path_bytes has it in base64
  --paths, -0           paths alone, ended by a newline or (-0) by a NUL
  --quiet               no notes

Exit status: 0 done (also when nothing is found), 1 failed, 2 usage, 4 no library, 5 library in use, 6 the model does
not fit the library, 7 a vector is needed and this program has no native backend.

  clipsearch search "dogs in the snow" -k 5
`

// searchFlags are the flags of the search command.
type searchFlags struct {
	common
	query        search.Query
	mode         string
	fusion       string
	order        string
	since, until string
	types, tags  list
	paths, nul   bool
}

func runSearch(ctx context.Context, p Process, args []string) (err error) {
	opts, err := parseSearch(p, args)
	if err != nil {
		return err
	}
	lib, err := openLibrary(ctx, p, opts.library, reading)
	if err != nil {
		return err
	}
	lib.searchBy(opts.kind)
	defer func() { err = errors.Join(err, lib.Close()) }()
	engine, err := lib.engine(ctx, p, opts.common, opts.query.Mode)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, engine.Close()) }()
	if err := engine.waitForWords(ctx, opts.query); err != nil {
		return err
	}
	result, err := engine.Search(ctx, opts.query)
	if refused := engine.encoder.refused(opts.model != ""); refused != nil {
		return refused
	}
	if err != nil {
		return searchError(err)
	}
	return printResult(p, opts, result)
}

// searchError turns what was wrong with a query into a usage error.
func searchError(err error) error {
	if errors.Is(err, search.ErrEmptyQuery) || errors.Is(err, search.ErrBadQuery) {
		return usagef("search: %v", err)
	}
	return err
}

// parseSearch reads the command line into a query.
func parseSearch(p Process, args []string) (*searchFlags, error) {
	opts := &searchFlags{query: search.Query{K: search.DefaultK}}
	q := &opts.query
	f := newFlags("search")
	opts.libraryFlag(f)
	opts.indexFlag(f)
	opts.modelFlags(f)
	opts.outputFlags(f)
	f.StringVar(&opts.mode, "mode", "", "")
	f.IntVar(&q.K, "k", search.DefaultK, "")
	f.BoolVar(&q.All, "all", false, "")
	f.StringVar(&opts.fusion, "fusion", "", "")
	f.Float64Var(&q.TextWeight, "text-weight", 0, "")
	f.Float64Var(&q.VectorWeight, "vector-weight", 0, "")
	f.StringVar(&opts.order, "sort", "", "")
	f.BoolVar(&q.Dedupe, "dedupe", false, "")
	f.BoolVar(&q.Explain, "explain", false, "")
	f.StringVar(&q.Filter.Folder, "folder", "", "")
	f.Var(&opts.types, "type", "")
	f.StringVar(&opts.since, "since", "", "")
	f.StringVar(&opts.until, "until", "", "")
	f.Var(&opts.tags, "tag", "")
	f.StringVar(&q.Filter.Lang, "lang", "", "")
	f.BoolVar(&q.Filter.HasCaption, "has-caption", false, "")
	f.BoolVar(&opts.paths, "paths", false, "")
	f.BoolVar(&opts.nul, "0", false, "")
	termFlags(p, f.FlagSet, &q.Terms)
	opts.promptFlags(f.FlagSet)
	opts.sizeFlags(f.FlagSet)
	words, err := f.parse(args)
	if err != nil {
		return nil, err
	}
	switch {
	case len(words) > 1:
		return nil, usagef("search: one query, please; put it in quotes: clipsearch search %q", words[0]+" "+words[1])
	case len(words) == 1:
		q.Text = words[0]
	}
	if err := completeWeights(f.FlagSet, q); err != nil {
		return nil, err
	}
	return opts, opts.complete(p)
}

// complete fills the query with the flags that are not its own types.
func (opts *searchFlags) complete(p Process) (err error) {
	q := &opts.query
	q.Mode, q.Fusion, q.Sort = search.Mode(opts.mode), search.Fusion(opts.fusion), search.Sort(opts.order)
	q.Filter.Types, q.Filter.Tags = opts.types, opts.tags
	if info, statErr := os.Stat(p.path(q.Filter.Folder)); statErr == nil && info.IsDir() {
		if q.Filter.Folder, err = filepath.Abs(p.path(q.Filter.Folder)); err != nil { // as the shell's user means it
			return err
		}
	}
	if q.Filter.Since, err = search.ParseSince(opts.since); err != nil {
		return searchError(err)
	}
	if q.Filter.Until, err = search.ParseUntil(opts.until); err != nil {
		return searchError(err)
	}
	return nil
}

// termFlags adds the flags that make the query's terms, in the order they stand in.
func termFlags(p Process, f *flag.FlagSet, terms *[]search.Term) {
	add := func(term search.Term) error {
		*terms = append(*terms, term)
		return nil
	}
	f.Func("text", "", func(s string) error { return add(search.Term{Kind: search.TermText, Text: s, Weight: 1}) })
	f.Func("not", "", func(s string) error { return add(search.Term{Kind: search.TermText, Text: s, Weight: -1}) })
	f.Func("image", "", func(path string) error {
		data, err := regular.ReadFile(p.path(path))
		if err != nil {
			return err
		}
		return add(search.Term{Kind: search.TermImage, Image: data, Weight: 1})
	})
	f.Func("like", "", func(s string) error {
		id, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			return fmt.Errorf("%q is no id; search --json shows them", s)
		}
		return add(search.Term{Kind: search.TermLike, ID: id, Weight: 1})
	})
	f.Func("weight", "", func(s string) error {
		w, err := strconv.ParseFloat(s, 64)
		if err != nil || w == 0 || len(*terms) == 0 {
			return errors.New("it is a number, not 0, after --text, --image, --like or --not")
		}
		(*terms)[len(*terms)-1].Weight *= w
		return nil
	})
}
