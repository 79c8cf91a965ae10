package eval

import "errors"

// What a task lacks.
var (
	// ErrNoCaptions: retrieval, in-batch and search need captioned pictures.
	ErrNoCaptions = errors.New("no picture has a caption")
	// ErrOneCaption: the search task leaves out one caption, so it needs pictures that have another one.
	ErrOneCaption = errors.New("no picture has two different captions")
	// ErrNoLabels: zero-shot needs labelled pictures.
	ErrNoLabels = errors.New("no picture has a label")
	// ErrOneClass: zero-shot needs something to choose from.
	ErrOneClass = errors.New("all pictures have the same label")
)

// What is wrong with how a measurement is asked for.
var (
	// ErrTask: there is no such task.
	ErrTask = errors.New("no such task")
	// ErrPrompt: a prompt has no place for the class.
	ErrPrompt = errors.New("the prompt has no {}, which stands for the class")
)

// What is wrong with a baseline.
var (
	// ErrReport: the bytes are no report.
	ErrReport = errors.New("not a report of eval --json")
	// ErrOtherSet: it was measured on other pictures or captions, so that no query has its counterpart.
	ErrOtherSet = errors.New("measured on another set")
)
