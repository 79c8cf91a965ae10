package encode

import (
	"errors"
	"fmt"

	"clipsearch/encode/checkpoint"
)

// current returns what runs the towers now.
func (m *Model) current() backend {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.backend
}

// on does f with the model's backend. If a device's memory does not suffice even for one item, it does f with the CPU instead,
// and so does everyone from then on.
func on[T any](m *Model, f func(b backend) (T, error)) (T, error) {
	for {
		b := m.current()
		result, err := f(b)
		switch {
		case errors.Is(err, ErrMemory) && b.Device() != "cpu" && !m.trained:
			if fallErr := m.fallBack(b, err); fallErr != nil {
				return result, errors.Join(err, fallErr)
			}
		case errors.Is(err, ErrClosed) && m.current() != b:
			// b was replaced meanwhile.
		default:
			return result, err
		}
	}
}

// fallBack puts the CPU in the place of b, whose memory did not suffice, with the weights of the checkpoint that the model was
// opened from.
func (m *Model) fallBack(b backend, cause error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.backend != b { // somebody else was faster
		return nil
	}
	c, err := checkpoint.Open(m.info.Dir)
	if err != nil {
		return err
	}
	defer c.Close() // read only, and the backend copies the weights
	if c.ID != m.info.ID {
		return fmt.Errorf("model %s is another one now", m.info.Dir)
	}
	if err := b.Close(); err != nil {
		return err
	}
	cpu, err := openBackend(c, m.options.onCPU())
	if err != nil {
		return err
	}
	m.backend = cpu
	m.info.Device, m.info.Precision = cpu.Device(), cpu.Precision()
	m.options.warn(cause)
	return nil
}

// onCPU returns the options that open the same model on the CPU; the precision is the CPU's own choice.
func (o Options) onCPU() Options {
	o.Device, o.Precision = "cpu", ""
	return o
}

// warn says why the CPU takes a device's place.
func (o Options) warn(cause error) {
	if o.Warn != nil {
		o.Warn(fmt.Sprintf("the CPU goes on in the device's place, which is slower: %v", cause))
	}
}
