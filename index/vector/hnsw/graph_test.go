package hnsw

import "testing"

func TestRecallGenerated(t *testing.T) {
	rows := clustered(3200, 64, 40, 1)
	s := newCoded(rows[:3000])
	g, err := Build(t.Context(), s, 3000, nil, Config{})
	if err != nil {
		t.Fatal(err)
	}
	if got := recall(t, g, s, rows[3000:], 64, 10, nil); got < 0.99 {
		t.Errorf("recall@10 %v", got)
	}
}
