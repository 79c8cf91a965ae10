package eval

import (
	"encoding/json"
	"fmt"
	"io"
)

// wire is a report in JSON. Its tasks, model and queries are part of the CLI contract; pictures and ranks are what a later
// run compares with.
type wire struct {
	Tasks     map[Task]any `json:"tasks"`
	Model     Model        `json:"model"`
	Queries   int          `json:"queries"`
	Set       wireSet      `json:"set"`
	Prompts   []string     `json:"prompts,omitempty"`
	Seed      uint64       `json:"seed"`
	Confusion *Confusion   `json:"confusion,omitempty"`
	Changes   map[Task]any `json:"changes,omitempty"`
	Ranks     []wireRanks  `json:"ranks"`
}

// wireSet says what was measured on.
type wireSet struct {
	Captions int      `json:"captions"`
	Labelled int      `json:"labelled"`
	Pictures []string `json:"pictures"`
}

// wireRanks are the queries of one result.
type wireRanks struct {
	Task Task   `json:"task"`
	Way  string `json:"way,omitempty"`
	Sample
}

// MarshalJSON writes the report by the CLI contract.
func (r *Report) MarshalJSON() ([]byte, error) {
	w := wire{
		Tasks: make(map[Task]any), Model: r.Model, Queries: r.Queries(), Prompts: r.Prompts, Seed: r.Seed, Confusion: r.Confusion,
		Set: wireSet{Captions: r.Set.Captions(), Labelled: r.Set.Labelled(), Pictures: []string{}}, Ranks: []wireRanks{},
	}
	for _, p := range r.Set.Pictures {
		w.Set.Pictures = append(w.Set.Pictures, p.Name)
	}
	for _, result := range r.Results {
		nest(w.Tasks, result.Task, result.Way, result.Figures)
		if len(result.Sample.Rank) > 0 {
			w.Ranks = append(w.Ranks, wireRanks{result.Task, result.Way, result.Sample})
		}
	}
	if len(r.Changes) > 0 {
		w.Changes = make(map[Task]any)
		for _, c := range r.Changes {
			nest(w.Changes, c.Task, c.Way, c.Metrics)
		}
	}
	return json.Marshal(w)
}

// nest puts a value under its task and way.
func nest(tasks map[Task]any, task Task, way string, value any) {
	if way == "" {
		tasks[task] = value
		return
	}
	ways, ok := tasks[task].(map[string]any)
	if !ok {
		ways = make(map[string]any)
		tasks[task] = ways
	}
	ways[way] = value
}

// Baseline is an earlier report, as far as a later one is compared with it.
type Baseline struct {
	Model    Model
	pictures []string
	ranks    []wireRanks
}

// ReadBaseline reads what MarshalJSON wrote. ErrReport if it is not that; the reader's errors.
func ReadBaseline(in io.Reader) (*Baseline, error) {
	data, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	var w wire
	if err := json.Unmarshal(data, &w); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrReport, err)
	}
	if len(w.Ranks) == 0 {
		return nil, fmt.Errorf("%w: it has no ranks", ErrReport)
	}
	for _, ranks := range w.Ranks {
		if err := ranks.check(len(w.Set.Pictures)); err != nil {
			return nil, fmt.Errorf("%w: the ranks of %s %s: %w", ErrReport, ranks.Task, ranks.Way, err)
		}
	}
	return &Baseline{w.Model, w.Set.Pictures, w.Ranks}, nil
}

// check says what is wrong with the queries of a sample on n pictures.
func (s Sample) check(n int) error {
	if len(s.Picture) != len(s.Rank) {
		return fmt.Errorf("%d queries have %d ranks", len(s.Picture), len(s.Rank))
	}
	for i, p := range s.Picture {
		if p < 0 || p >= n || s.Rank[i] < 0 {
			return fmt.Errorf("query %d is about picture %d of %d and has rank %d", i, p, n, s.Rank[i])
		}
	}
	return nil
}
