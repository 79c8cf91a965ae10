package search

import (
	"fmt"
	"sync"
	"testing"
)

func TestVectorCacheDropsTheOldest(t *testing.T) {
	c := newVectorCache(2)
	c.put("a", []float32{1})
	c.put("b", []float32{2})
	c.get("a")
	c.put("c", []float32{3})
	c.put("c", []float32{4})
	for key, want := range map[string]float32{"a": 1, "b": 0, "c": 4} {
		if got := c.get(key); want == 0 && got != nil || want != 0 && (got == nil || got[0] != want) {
			t.Errorf("%s is %v, want %v", key, got, want)
		}
	}
	if c.order.Len() != 2 || len(c.byKey) != 2 {
		t.Errorf("%d entries, %d keys; want 2", c.order.Len(), len(c.byKey))
	}
}

func TestVectorCacheConcurrently(t *testing.T) {
	c := newVectorCache(8)
	var users sync.WaitGroup
	for i := range 4 {
		users.Go(func() {
			for j := range 200 {
				key := fmt.Sprint((i + j) % 12)
				if c.get(key) == nil {
					c.put(key, []float32{1})
				}
			}
		})
	}
	users.Wait()
}
