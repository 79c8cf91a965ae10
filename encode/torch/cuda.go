//go:build native

package torch

/*
#cgo LDFLAGS: -ldl
#define _GNU_SOURCE
#include <dlfcn.h>

// The CUDA runtime is part of the process where libtorch was built with CUDA, and not there elsewhere; gotch offers nothing
// of it. The signatures are those of CUDA's cuda_runtime_api.h. Stream 0 is the one that libtorch uses unless told otherwise.

static int event_create(void **event) {
	int (*f)(void **) = dlsym(RTLD_DEFAULT, "cudaEventCreate");
	return f ? f(event) : -1;
}

static int event_record(void *event) {
	int (*f)(void *, void *) = dlsym(RTLD_DEFAULT, "cudaEventRecord");
	return f ? f(event, 0) : -1;
}

static int event_wait(void *event) {
	int (*f)(void *) = dlsym(RTLD_DEFAULT, "cudaEventSynchronize");
	return f ? f(event) : -1;
}

static int event_between(float *ms, void *from, void *to) {
	int (*f)(float *, void *, void *) = dlsym(RTLD_DEFAULT, "cudaEventElapsedTime");
	return f ? f(ms, from, to) : -1;
}

static int event_free(void *event) {
	int (*f)(void *) = dlsym(RTLD_DEFAULT, "cudaEventDestroy");
	return f ? f(event) : -1;
}
*/
import "C"

import (
	"fmt"
	"time"
	"unsafe"
)

// elapsed returns how long the device is busy with what work gives it: on CUDA between two events in its own queue, so that
// the CPU's way to it does not count unless the device waits for it.
func (m *Model) elapsed(s *scope, work func()) time.Duration {
	if m.device == deviceCPU {
		began := time.Now()
		work()
		return time.Since(began)
	}
	var events [2]unsafe.Pointer
	for i := range events {
		s.cuda("create event", C.event_create(&events[i]))
	}
	defer func() {
		for _, event := range events {
			C.event_free(event)
		}
	}()
	s.cuda("record event", C.event_record(events[0]))
	work()
	s.cuda("record event", C.event_record(events[1]))
	s.cuda("wait for event", C.event_wait(events[1]))
	var ms C.float
	s.cuda("read events", C.event_between(&ms, events[0], events[1]))
	return time.Duration(float64(ms) * float64(time.Millisecond))
}

// cuda makes the scope fail with what a function of the CUDA runtime returned; 0 is success.
func (s *scope) cuda(name string, code C.int) {
	if code != 0 {
		s.fail(name, fmt.Errorf("CUDA error %d", code))
	}
}
