package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEveryFlagIsScripted holds that each flag that the help of a command names stands in a script's command line.
func TestEveryFlagIsScripted(t *testing.T) {
	var scripts strings.Builder
	for _, pattern := range []string{"testdata/script/*.txtar", "testdata/native/*.txtar", "testdata/pure/*.txtar"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: %d scripts, %v", pattern, len(paths), err)
		}
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			scripts.Write(data)
		}
	}
	flag := regexp.MustCompile(`(?m)(?:^  |, )(--[a-z-]+|-[a-z0-9])\b`)
	for command, help := range map[string]string{"search": searchHelp, "locate": locateHelp} {
		line := regexp.MustCompile(`(?m)^status \d+ clipsearch ` + command + ` .*$`)
		lines := strings.Join(line.FindAllString(scripts.String(), -1), " \n") + " "
		named := flag.FindAllStringSubmatch(help, -1)
		if len(named) < 5 {
			t.Errorf("the help of %s names %d flags", command, len(named))
		}
		for _, match := range named {
			if !strings.Contains(lines, " "+match[1]+" ") {
				t.Errorf("no script runs clipsearch %s with %s", command, match[1])
			}
		}
	}
}
