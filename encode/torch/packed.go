//go:build native

package torch

// Packed weights lie in memory as oneDNN multiplies with them. Given others it copies them into that order at every call, which is
// a quarter of a single query's time in its layers in bf16 and half of it in f32. Rows of a layer are packed, and run, as the places of a convolution
// whose kernel is one place large: for its weights every libtorch since 1.13 packs and takes them under the same signature, for
// those of a linear layer only libtorch 2 does. With many rows that is up to an eighth slower than what is packed at each call, so
// that the image tower has none.

// packed returns the stack with the weights of its layers packed, in the place of the others, where that can be done.
func (st stack) packed(l *loader) stack {
	if l.err != nil || l.device != deviceCPU || !canPack(l.kind) {
		return st
	}
	last := len(st.blocks) - 1
	st.query, st.keysValues = l.pack(st.query), l.pack(st.keysValues)
	for i := range st.blocks {
		b := &st.blocks[i]
		whole := []*linear{&b.qkv, &b.out, &b.fc1, &b.fc2}
		if i == last { // its parts are packed
			l.drop(b.qkv.weight)
			b.qkv, whole = linear{}, whole[1:]
		}
		for _, layer := range whole {
			*layer = l.pack(*layer)
		}
	}
	return st
}

// pack returns a layer with its weights packed; those it is given are not to be used any more.
func (l *loader) pack(layer linear) linear {
	packed := linear{weight: l.packed(layer.weight), bias: layer.bias, packed: true}
	l.drop(layer.weight)
	return packed
}

// canPack reports whether this libtorch multiplies with packed weights of a type on this CPU: it is tried.
func canPack(kind int32) bool {
	var s scope
	defer s.close()
	layer := linear{weight: s.packed(s.empty(kind, deviceCPU, 16, 16)), bias: s.empty(kind, deviceCPU, 16), packed: true}
	s.linear(s.empty(kind, deviceCPU, 1, 16), layer)
	return s.err == nil
}
