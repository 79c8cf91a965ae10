package checkpoint

import (
	"os"
	"path/filepath"
	"testing"
)

// shared returns a path below ../shared, which lies beside the repository, or
// skips the test.
func shared(t *testing.T, path string) string {
	t.Helper()
	full := filepath.Join("..", "..", "..", "shared", path)
	if _, err := os.Stat(full); err != nil {
		t.Skipf("needs ../shared/%s beside the repository; with it there: go test ./encode/checkpoint", path)
	}
	return full
}

func TestOpenShared(t *testing.T) {
	for _, dir := range []string{"golden/tiny-clip", "models/clip-dev-small"} {
		t.Run(dir, func(t *testing.T) {
			c, err := Open(shared(t, dir))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			t.Log(c.ID, c.Config, c.Pixels)
		})
	}
}
