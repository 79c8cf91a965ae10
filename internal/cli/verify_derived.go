package cli

import (
	"context"
	"path/filepath"

	"clipsearch/index/store"
	"clipsearch/index/text"
	"clipsearch/index/vector"
)

// derivedProblems opens what is derived from a library as a search would, from its folder of the cache, and says where
// it disagrees with the library. The snapshots' checksums are the store's to check.
func derivedProblems(ctx context.Context, cache string, st *store.Store) ([]store.Problem, error) {
	var all []store.Problem
	for _, check := range []func(context.Context, string, *store.Store) ([]string, error){
		checkWords, checkVectors,
	} {
		found, err := check(ctx, cache, st)
		if err != nil {
			return nil, err
		}
		for _, what := range found {
			all = append(all, store.Problem{What: what})
		}
	}
	return all, nil
}

// checkWords checks the caption index, if there is one on this machine: as each change of the library is one of it, the
// copies of a library that went different ways may have one that suits only one of them.
func checkWords(ctx context.Context, cache string, st *store.Store) ([]string, error) {
	return text.Check(ctx, filepath.Join(cache, textFolder), st)
}

// checkVectors checks the vector index that the library's file has, or one made anew.
func checkVectors(ctx context.Context, _ string, st *store.Store) ([]string, error) {
	vectors, err := vector.Load(ctx, st, vector.Auto)
	if err != nil {
		return nil, err
	}
	return vectors.Check(ctx)
}
