package cli

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFlagsStandAnywhere(t *testing.T) {
	tests := []struct {
		name string
		args []string
		rest []string
		k    int
		json bool
	}{
		{"before", []string{"-k", "5", "--json", "dogs"}, []string{"dogs"}, 5, true},
		{"after", []string{"dogs", "--json", "-k=5"}, []string{"dogs"}, 5, true},
		{"between", []string{"dogs", "-k", "5", "snow", "--json"}, []string{"dogs", "snow"}, 5, true},
		{"ended", []string{"-k", "5", "--", "--json", "-k"}, []string{"--json", "-k"}, 5, false},
		{"ended late", []string{"dogs", "--", "--json"}, []string{"dogs", "--json"}, 20, false},
		{"none", nil, nil, 20, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := newFlags("search")
			k, asJSON := f.Int("k", 20, ""), f.Bool("json", false, "")
			rest, err := f.parse(test.args)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.rest, rest); diff != "" {
				t.Errorf("arguments (-want +got):\n%s", diff)
			}
			if *k != test.k || *asJSON != test.json {
				t.Errorf("k %d, json %v; want %d, %v", *k, *asJSON, test.k, test.json)
			}
		})
	}
}

func TestFlagErrorsNameTheFlag(t *testing.T) {
	const help = "; clipsearch help search shows the flags"
	for args, want := range map[string]string{
		"--nope":     "search: there is no flag --nope" + help,
		"--jsn":      "search: there is no flag --jsn, did you mean --json?" + help,
		"-n":         "search: there is no flag -n" + help,
		"-k":         "search: a value is missing after -k" + help,
		"--mode":     "search: a value is missing after --mode" + help,
		"-k=x":       `search: invalid value "x" for -k: parse error` + help,
		"--index=x":  `search: invalid value "x" for --index: it is exact or hnsw` + help,
		"--json=who": `search: invalid boolean value "who" for --json: parse error` + help,
	} {
		f := newFlags("search")
		f.Int("k", 20, "")
		f.String("mode", "", "")
		new(common).indexFlag(f)
		f.Bool("json", false, "")
		_, err := f.parse([]string{args})
		if err == nil || err.Error() != want || exitCode(err) != exitUsage {
			t.Errorf("%s gives %v, want %s", args, err, want)
		}
	}
}
