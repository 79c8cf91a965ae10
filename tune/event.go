package tune

import "time"

// Event tells how far a run is.
type Event struct {
	Step, Steps int
	Learned     []Learned     // since the last event
	Rate        float64       // learning rate of the last step
	Measured    *Measurement  // a validation that has just ended; nil: none
	Speed       float64       // samples a second, since the start or the resumption
	Left        time.Duration // estimate
	Note        string        // for people: what was done about something; "": nothing
}

// tell fills in how far the run is and passes the event on.
func (l *loop) tell(e Event) {
	if l.Watch == nil {
		return
	}
	e.Step, e.Steps = l.step, l.Plan.Steps
	elapsed := time.Since(l.began)
	if done := l.step - l.start; done > 0 {
		e.Speed = float64(l.result.Samples) / elapsed.Seconds()
		e.Left = time.Duration(float64(elapsed) / float64(done) * float64(l.Plan.Steps-l.step))
	}
	if l.Plan.Limit > 0 {
		e.Left = min(e.Left, l.Plan.Limit-elapsed)
	}
	l.Watch(e)
}
