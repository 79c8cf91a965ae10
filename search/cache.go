package search

import (
	"container/list"
	"sync"
)

// vectorCache keeps the vectors of the texts and pictures that were searched by last, so that a repeated query, the next
// page or another filter skips the tower. It is safe for concurrent use; its vectors are shared and must not be changed.
type vectorCache struct {
	mu    sync.Mutex
	limit int // entries
	order *list.List
	byKey map[string]*list.Element
}

type cached struct {
	key    string
	vector []float32 // [D], unit norm
}

func newVectorCache(limit int) *vectorCache {
	return &vectorCache{limit: limit, order: list.New(), byKey: map[string]*list.Element{}}
}

// get returns the vector kept for a key, nil if there is none.
func (c *vectorCache) get(key string) []float32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, ok := c.byKey[key]
	if !ok {
		return nil
	}
	c.order.MoveToFront(element)
	return element.Value.(cached).vector
}

// put keeps a vector and drops the one used longest ago where there are too many.
func (c *vectorCache) put(key string, vector []float32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if element, ok := c.byKey[key]; ok {
		element.Value = cached{key, vector}
		c.order.MoveToFront(element)
		return
	}
	c.byKey[key] = c.order.PushFront(cached{key, vector})
	if c.order.Len() > c.limit {
		oldest := c.order.Back()
		c.order.Remove(oldest)
		delete(c.byKey, oldest.Value.(cached).key)
	}
}
