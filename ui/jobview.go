package ui

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"clipsearch/internal/jobs"
)

// jobsView returns the work that there is, the newest first.
func (s *site) jobsView() jobsView {
	var v jobsView
	all := s.jobs.List()
	for _, job := range all {
		v.live = v.live || !job.State.Final()
	}
	for _, job := range all[:min(len(all), jobsShown)] {
		v.jobs = append(v.jobs, jobViewOf(job))
	}
	return v
}

// jobViewOf returns the view of a job.
func jobViewOf(job jobs.Job) jobView {
	p := job.Progress
	v := jobView{
		id: strconv.FormatUint(job.ID, 10), title: jobTitle(job.Task), state: jobStates()[job.State], done: p.Done, total: p.Total, phase: visible(p.Phase),
	}
	if job.Error != "" {
		v.error = sentence(job.Error)
	}
	mine := job.Origin == jobs.Here
	v.pause = mine && (job.State == jobs.Waiting || job.State == jobs.Running)
	v.resume = mine && (job.State == jobs.Paused || job.State == jobs.Interrupted)
	v.cancel = mine && (v.pause || v.resume || job.State == jobs.Pausing)
	if p.Total > 0 {
		v.count = fmt.Sprintf(jobCount, humanize.Comma(p.Done), humanize.Comma(p.Total))
	}
	if p.Failed > 0 {
		v.count += ", " + fmt.Sprintf(jobFailed, humanize.Comma(p.Failed))
	}
	var timing []string
	if job.State == jobs.Running && p.Rate > 0 {
		timing = append(timing, fmt.Sprintf(jobRate, p.Rate))
		if p.Left != nil {
			timing = append(timing, fmt.Sprintf(jobLeft, lasting(*p.Left)))
		}
	}
	if p.Elapsed > 0 {
		timing = append(timing, fmt.Sprintf(jobElapsed, lasting(p.Elapsed)))
	}
	if p.Decode+p.Encode > 0 {
		timing = append(timing, fmt.Sprintf(jobSplit, lasting(p.Decode), lasting(p.Encode)))
	}
	v.timing = strings.Join(timing, " · ")
	return v
}

// jobTitle says what a task is about.
func jobTitle(task jobs.Task) string {
	switch task.Kind {
	case jobs.Verify:
		return jobVerify
	case jobs.Rebuild:
		return jobRebuild
	case jobs.Compact:
		return jobCompact
	}
	var names []string
	for _, folder := range task.Folders {
		names = append(names, visible(filepath.Base(folder)))
	}
	if len(names) == 0 {
		return jobIndexAll
	}
	return fmt.Sprintf(jobIndex, strings.Join(names, ", "))
}

// lasting returns seconds as people read them.
func lasting(seconds float64) string {
	d := time.Duration(seconds * float64(time.Second))
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < 90*time.Second:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 90*time.Minute:
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
	return fmt.Sprintf("%.1f h", d.Hours())
}
