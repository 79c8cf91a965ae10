package eval

// Task is one kind of measurement, by its name on the command line.
type Task string

// The tasks.
const (
	Retrieval Task = "retrieval" // captions find pictures and pictures find captions among all
	InBatch   Task = "inbatch"   // the same within batches of BatchSize
	ZeroShot  Task = "zeroshot"  // pictures find their class
	Search    Task = "search"    // captions find pictures through the engine
)

// Tasks returns all tasks in the order of reports.
func Tasks() []Task { return []Task{Retrieval, InBatch, ZeroShot, Search} }

// The ways of a task that has several.
const (
	TextToImage = "text_to_image"
	ImageToText = "image_to_text"
)

// Figures are a result's metrics.
type Figures map[Metric]Interval

// Result is what was measured in one way.
type Result struct {
	Task    Task
	Way     string // TextToImage, ImageToText, or a leg of Search; "" for ZeroShot
	Figures Figures
	Sample  Sample // empty for ANN recall
}

// Metrics returns the names of the figures in the order of a table.
func (r Result) Metrics() []Metric {
	if r.Way == ANN {
		return []Metric{annRecall}
	}
	return metricsOf(r.Task)
}

// Model is what made the vectors.
type Model struct {
	ID        string `json:"id"`
	Dir       string `json:"dir,omitempty"`
	Dims      int    `json:"dims"`
	Device    string `json:"device,omitempty"`
	Precision string `json:"precision,omitempty"`
}

// Report is what a run of tasks has found.
type Report struct {
	Model     Model
	Set       Set
	Prompts   []string // of ZeroShot
	Seed      uint64   // of the bootstrap
	Results   []Result
	Confusion *Confusion // of ZeroShot; nil: it was not measured
	Changes   []Change   // against a baseline
}

// add estimates the metrics of a sample.
func (r *Report) add(task Task, way string, s Sample) {
	group, n := groups(s.Picture)
	metrics := metricsOf(task)
	stats := make([]statistic, len(metrics))
	for i, m := range metrics {
		stats[i] = statisticOf(m, s.Rank, group, n)
	}
	figures := make(Figures, len(metrics))
	for i, estimated := range estimate(stats, n, r.Seed) {
		figures[metrics[i]] = estimated
	}
	r.Results = append(r.Results, Result{task, way, figures, s})
}

// Result returns the result of a task in one way, nil if it was not measured.
func (r *Report) Result(task Task, way string) *Result {
	for i := range r.Results {
		if r.Results[i].Task == task && r.Results[i].Way == way {
			return &r.Results[i]
		}
	}
	return nil
}

// Queries returns how many queries the first task had.
func (r *Report) Queries() int {
	if len(r.Results) == 0 {
		return 0
	}
	return len(r.Results[0].Sample.Rank)
}
