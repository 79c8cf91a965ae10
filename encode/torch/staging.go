//go:build native

package torch

// staging is memory of the CPU from which a CUDA device takes pictures: pinned, so that it reads them by itself while the CPU
// does something else. The zero value is none.
type staging struct {
	owner *scope
	bytes tensor // u8, [N, 3, S, S]
	count int    // N
}

// stage puts pictures, [3, S, S] of 8 bits each, on the device, [B, 3, S, S], and returns the memory in which they lie until
// the device has fetched them.
func (m *Model) stage(s *scope, pixels [][]uint8, side int64) (tensor, staging) {
	size := int(3 * side * side)
	var held staging
	if m.device == deviceCPU {
		held.bytes = s.empty(kindU8, deviceCPU, int64(len(pixels)), 3, side, side)
	} else {
		held = m.takeStaging(s, len(pixels), side)
	}
	memory := s.memory(held.bytes, len(pixels)*size)
	if s.err != nil {
		return nil, held
	}
	for i, p := range pixels {
		copy(memory[i*size:], p)
	}
	if m.device == deviceCPU {
		return held.bytes, staging{} // the scope's
	}
	x := s.first(held.bytes, 0, int64(len(pixels))) // [B, 3, S, S]
	return s.send(x, m.device, kindU8), held        // [B, 3, S, S]
}

// takeStaging returns memory for at least count pictures that nobody else uses.
func (m *Model) takeStaging(s *scope, count int, side int64) staging {
	for i, free := range m.staging {
		if free.count >= count {
			m.staging = append(m.staging[:i], m.staging[i+1:]...)
			return free
		}
	}
	m.freeStaging() // what is too small now will be so the next time, too
	owner := new(scope)
	bytes := owner.within(func(s *scope) tensor {
		return s.pinned(s.empty(kindU8, deviceCPU, int64(count), 3, side, side))
	})
	if owner.err != nil {
		s.stop(owner.err)
		return staging{}
	}
	return staging{owner, bytes, count}
}

// freeStaging frees what is not in use.
func (m *Model) freeStaging() {
	for _, unused := range m.staging {
		unused.free()
	}
	m.staging = nil
}

// free frees the memory.
func (st staging) free() {
	if st.owner != nil {
		st.owner.close()
	}
}

// unstage takes memory back that the device has read.
func (m *Model) unstage(held staging) {
	if held.owner != nil {
		m.staging = append(m.staging, held)
	}
}
