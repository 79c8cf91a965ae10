package progress

import (
	"testing"
	"time"
)

func TestMeterCounts(t *testing.T) {
	var m Meter
	m.Start(10)
	m.Phase("indexing")
	m.Done(3)
	m.Failed()
	m.Encoded(2)
	m.Spend(Encode, time.Now().Add(-time.Second))
	m.started.Store(time.Now().Add(-2 * time.Second).UnixNano())
	s := m.Snapshot()
	if s.Phase != "indexing" || s.Total != 10 || s.Done != 4 || s.Failed != 1 || s.Encoded != 2 {
		t.Errorf("counts are %+v", s)
	}
	if s.Times.Encode < time.Second || s.Times.Decode != 0 {
		t.Errorf("times are %+v", s.Times)
	}
	if s.Rate < 1.5 || s.Rate > 2.1 {
		t.Errorf("rate is %.2f a second after 4 in 2 s", s.Rate)
	}
	if s.Left < 2*time.Second || s.Left > 5*time.Second {
		t.Errorf("%v left for 6 more at 2 a second", s.Left)
	}
}

func TestNilMeterIsSilent(t *testing.T) {
	var m *Meter
	m.Start(1)
	m.Phase("x")
	m.Done(1)
	m.Failed()
	m.Encoded(1)
	m.Spend(Decode, time.Now())
	if s := m.Snapshot(); s != (Snapshot{}) {
		t.Errorf("a nil meter counted %+v", s)
	}
}
