package checkpoint

import (
	"path/filepath"
	"slices"
)

// shardIndex is model.safetensors.index.json: which shard holds which tensor.
type shardIndex struct {
	Shards map[string]string `json:"weight_map"`
}

// openWeights opens the file or the shards that hold the weights.
func openWeights(dir string, form weightsForm) (weightFiles, error) {
	path := filepath.Join(dir, form.file)
	if form.index {
		return openShards(dir, path, form)
	}
	f, err := openWeightsFile(path, form.parse)
	if err != nil {
		return nil, err
	}
	return weightFiles{f}, nil
}

// openShards opens the shards that an index names and checks that they hold
// what it says.
func openShards(dir, path string, form weightsForm) (files weightFiles, err error) {
	data, err := readText(path)
	if err != nil {
		return nil, err
	}
	index, names, err := parseShardIndex(path, data)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			files.Close()
			files = nil
		}
	}()
	for _, name := range names {
		f, err := openWeightsFile(filepath.Join(dir, name), form.parse)
		if err != nil {
			return files, err
		}
		files = append(files, f)
		for _, tensor := range sortedKeys(f.entries) {
			if index.Shards[tensor] != name {
				return files, tensorFaultf(f.path, tensor, "%w: %s does not list it for this file", ErrMisfit, form.file)
			}
		}
	}
	for _, tensor := range sortedKeys(index.Shards) {
		f := files[slices.Index(names, index.Shards[tensor])]
		if _, ok := f.entries[tensor]; !ok {
			return files, tensorFaultf(f.path, tensor, "%w: it is missing, though %s says it is here", ErrMisfit, form.file)
		}
	}
	return files, nil
}

// parseShardIndex reads an index and returns the names of its shards, sorted. A
// shard lies beside its index.
func parseShardIndex(path string, data []byte) (shardIndex, []string, error) {
	var index shardIndex
	if err := parseJSON(path, data, &index); err != nil {
		return index, nil, err
	}
	var names []string
	for _, tensor := range sortedKeys(index.Shards) {
		name := index.Shards[tensor]
		if name == "" || name == "." || name == ".." || filepath.Base(name) != name {
			return index, nil, tensorFaultf(path, tensor, "%w: %q is not the name of a file beside the index", ErrCorrupt, name)
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return index, nil, faultf(path, "%w: its weight_map lists no tensors", ErrCorrupt)
	}
	slices.Sort(names)
	return index, slices.Compact(names), nil
}
