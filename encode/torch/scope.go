//go:build native

package torch

import (
	"errors"
	"fmt"

	lib "github.com/sugarme/gotch/libtch"
)

// tensor is a handle to one of libtorch's tensors: C memory that Go's collector does not see. nil is no tensor.
type tensor = lib.Ctensor

// A scope owns tensors and remembers the first error. Once one of its operations has failed, the others do nothing and
// return nil, so a formula is written without a check at every step and scope.err is read at the end. All handles that a
// scope owns are freed by close. A scope belongs to one goroutine that is locked to its OS thread.
type scope struct {
	owned []tensor
	err   error
}

// do runs one operation of libtorch that puts its result into out, and owns that result. name is for the error.
func (s *scope) do(name string, operation func(out *tensor)) tensor {
	if s.err != nil {
		return nil
	}
	var out tensor
	operation(&out)
	if out == nil {
		s.fail(name, lastError())
		return nil
	}
	s.owned = append(s.owned, out)
	return out
}

// fail remembers err unless an earlier one is remembered already.
func (s *scope) fail(name string, err error) {
	if err == nil {
		err = errors.New("libtorch gave no result and no reason")
	}
	s.stop(fmt.Errorf("%s: %w", name, err))
}

// stop makes the scope fail with err itself, for example a context's.
func (s *scope) stop(err error) {
	if s.err == nil {
		s.err = err
	}
}

// drop frees one of the scope's tensors before the scope closes. It must not be used again.
func (s *scope) drop(t tensor) {
	for i := len(s.owned) - 1; i >= 0; i-- {
		if s.owned[i] == t {
			s.owned = append(s.owned[:i], s.owned[i+1:]...)
			lib.AtFree(t)
			return
		}
	}
}

// within runs f in a scope of its own and returns f's result, which s then owns; everything else that f made is freed.
func (s *scope) within(f func(inner *scope) tensor) tensor {
	inner := scope{err: s.err}
	defer inner.close()
	result := f(&inner)
	if inner.err != nil {
		s.err = inner.err
		return nil
	}
	inner.release(result)
	s.owned = append(s.owned, result)
	return result
}

// release gives up the ownership of t without freeing it.
func (s *scope) release(t tensor) {
	for i := len(s.owned) - 1; i >= 0; i-- {
		if s.owned[i] == t {
			s.owned = append(s.owned[:i], s.owned[i+1:]...)
			return
		}
	}
}

// close frees all tensors that the scope owns. It may be called twice.
func (s *scope) close() {
	for _, t := range s.owned {
		lib.AtFree(t)
	}
	s.owned = nil
}
