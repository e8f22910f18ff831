package teams

import (
	"slices"
	"sync"
)

// recent keeps the latest values by key, at most [remembered]. The zero value
// is empty; safe for concurrent use. What it lost costs a question to Teams.
type recent[V any] struct {
	mu     sync.Mutex
	values map[string]V
	order  []string // oldest first
}

func (r *recent[V]) put(key string, v V) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.values == nil {
		r.values = map[string]V{}
	}
	if _, known := r.values[key]; !known {
		if len(r.order) == remembered {
			delete(r.values, r.order[0])
			r.order = r.order[1:]
		}
		r.order = append(r.order, key)
	}
	r.values[key] = v
}

func (r *recent[V]) get(key string) (V, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v, ok := r.values[key]
	return v, ok
}

func (r *recent[V]) drop(key string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.values[key]; !ok {
		return
	}
	delete(r.values, key)
	r.order = slices.DeleteFunc(r.order, func(k string) bool { return k == key })
}
