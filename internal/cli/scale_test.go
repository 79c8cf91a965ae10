//go:build linux && !native

// Nothing here depends on the native build, whose processes spend half a second each on loading libtorch: this runs without.

package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"clipsearch/search"
)

// scaleEnv makes TestScaleQueries search the library of its environment; it is when the process was started, in ns since 1970.
const scaleEnv = "CLIPSEARCH_SCALE_STARTED"

// scaleFigures is what a process that searches measures: times in milliseconds.
type scaleFigures struct {
	First float64 // from the start of the process to the first answer
	Both  float64 // to the first answer of both legs
	CPU   float64 // processor time of all threads until then
	P50   float64 // of a hybrid query whose vector is ready
	P95   float64
	Query float64 // processor time a query
	Anon  int64   // RssAnon after the queries, MB
}

// TestScale imports a library of 200,000 documents with CLIPSEARCH_SOAK=1 and holds what a person waits for to its limits;
// without, it is 2,000 documents, and both legs must answer.
func TestScale(t *testing.T) {
	if testing.Short() {
		t.Skip("imports a library; run without -short")
	}
	soak, documents := os.Getenv("CLIPSEARCH_SOAK") == "1", 2000
	if soak {
		documents = 200_000
	}
	h := newHousehold(t)
	h.env = append(h.env, "CLIPSEARCH_LIBRARY="+filepath.Join(h.dir, "big"))
	writeScaleData(t, h.dir, documents, newVocabulary(rand.New(rand.NewPCG(1, 2))))
	began := time.Now()
	importing := exec.Command("clipsearch", "import", "vectors.npy", "--ids", "ids.txt", "--captions", "captions.tsv", "--model-id", "random", "--quiet")
	importing.Dir, importing.Env = h.dir, h.env
	if out, err := importing.CombinedOutput(); err != nil {
		t.Fatalf("import: %v\n%s", err, out)
	}
	info, err := os.Stat(filepath.Join(h.dir, "big"))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("import: %v; %d bytes a document", time.Since(began).Round(time.Millisecond), info.Size()/int64(documents))
	warm := h.figures()
	if err := os.RemoveAll(filepath.Join(h.dir, ".cache")); err != nil {
		t.Fatal(err)
	}
	fresh := h.figures()
	t.Logf("warm: %+v", warm)
	t.Logf("without the cache: %+v", fresh)
	for _, limit := range []struct {
		what      string
		got, most float64
	}{
		{"ms to the first answer of both legs, warm", warm.Both, 1000},
		{"ms to the first answer without the cache", fresh.First, 1000},
		{"ms to the first answer of both legs without the cache", fresh.Both, 8000},
		{"ms a query, median", warm.P50, 10},
		{"ms a query, 95th percentile", warm.P95, 25},
		{"MB of memory", float64(warm.Anon), 350},
	} {
		if soak && limit.got > limit.most {
			t.Errorf("%.1f %s, want at most %g", limit.got, limit.what, limit.most)
		}
	}
}

// figures searches the library in a process of its own.
func (h *household) figures() (f scaleFigures) {
	h.t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestScaleQueries$")
	cmd.Env = append(h.env, fmt.Sprintf("%s=%d", scaleEnv, time.Now().UnixNano()))
	out, err := cmd.Output()
	if err == nil {
		err = json.NewDecoder(bytes.NewReader(out)).Decode(&f)
	}
	if err != nil {
		h.t.Fatalf("%v: %s", err, out)
	}
	return f
}

// readyEncoder has the vector of every text ready.
type readyEncoder struct{ rng *rand.Rand }

func (e readyEncoder) EncodeTexts(ctx context.Context, texts []string) (vectors [][]float32, err error) {
	for range texts {
		vectors = append(vectors, randomUnit(e.rng))
	}
	return vectors, nil
}

func (e readyEncoder) EncodeImage(ctx context.Context, data []byte) ([]float32, error) {
	return randomUnit(e.rng), nil
}

// TestScaleQueries is the process that searches: by one to five words of the captions' distribution and a random vector.
func TestScaleQueries(t *testing.T) {
	started, err := strconv.ParseInt(os.Getenv(scaleEnv), 10, 64)
	if err != nil {
		t.Skip("run by TestScale in a process of its own")
	}
	ctx := context.Background()
	lib, err := openLibrary(ctx, Process{Args: []string{"search"}, Getenv: os.Getenv}, "", reading)
	if err != nil {
		t.Fatal(err)
	}
	defer lib.Close()
	words, vectors, err := lib.legs(ctx, search.ModeHybrid)
	if err != nil {
		t.Fatal(err)
	}
	engine := search.New(search.Deps{Store: lib.store, Text: words, Vectors: vectors, Encoder: readyEncoder{rand.New(rand.NewPCG(5, 6))}})
	sinceStart := func() float64 { return float64(time.Now().UnixNano()-started) / 1e6 }

	var f scaleFigures
	hybrid := search.Query{Text: "bababa bebaba", K: search.DefaultK, All: true, Fusion: search.FusionRRF, TextWeight: 1, VectorWeight: 1} // random vectors are all weak
	first := ask(t, engine, hybrid)
	f.First = sinceStart()
	if first.Partial {
		if err := words.Wait(ctx); err != nil {
			t.Fatal(err)
		}
		first = ask(t, engine, hybrid)
	}
	f.Both, f.CPU = sinceStart(), processorTime(t)
	checkBothLegs(t, first)
	f.P50, f.P95 = percentiles(t, engine)
	f.Query = (processorTime(t) - f.CPU) / (warmUp + queries)
	f.Anon = rssAnon(t)
	if err := json.NewEncoder(os.Stdout).Encode(f); err != nil {
		t.Fatal(err)
	}
}

func ask(t *testing.T, engine *search.Engine, q search.Query) *search.Result {
	t.Helper()
	result, err := engine.Search(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

// checkBothLegs fails the test unless some hits are ranked by words and some by vectors.
func checkBothLegs(t *testing.T, r *search.Result) {
	t.Helper()
	byText, byVector := 0, 0
	for _, hit := range r.Hits {
		if hit.Ranks.Text > 0 {
			byText++
		}
		if hit.Ranks.Vector > 0 {
			byVector++
		}
	}
	if byText == 0 || byVector == 0 || r.Partial || len(r.Notes) > 0 {
		t.Fatalf("%d hits by words, %d by vectors, partial %v, notes %q", byText, byVector, r.Partial, r.Notes)
	}
}

// warmUp queries are not timed, queries are.
const warmUp, queries = 50, 1000

// percentiles returns the 50th and 95th percentile of the milliseconds that queries take, one after the other.
func percentiles(t *testing.T, engine *search.Engine) (p50, p95 float64) {
	v := newVocabulary(rand.New(rand.NewPCG(3, 4)))
	var took []float64
	for i := range warmUp + queries {
		q := search.Query{Text: v.sentence(1 + i%5), K: search.DefaultK}
		began := time.Now()
		ask(t, engine, q)
		if i >= warmUp {
			took = append(took, time.Since(began).Seconds()*1000)
		}
	}
	slices.Sort(took)
	return took[queries/2], took[queries*95/100]
}

// processorTime returns what this process has used of all cores, in milliseconds.
func processorTime(t *testing.T) float64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return float64(used.Utime.Nano()+used.Stime.Nano()) / 1e6
}

// rssAnon returns the process's resident memory without mapped files, in MB.
func rssAnon(t *testing.T) int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := bytes.Cut(status, []byte("RssAnon:"))
	var kb int64
	if _, err := fmt.Sscan(string(after), &kb); err != nil {
		t.Fatal(err)
	}
	return kb >> 10
}
