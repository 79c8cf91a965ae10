package checkpoint

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"unicode/utf8"
)

// A pickle is a program for a stack machine. This one knows the instructions
// that torch.save writes (protocols 2 to 5) and, of all that a pickle may name
// or call, only what makes a table of tensors; nothing of the pickle is ever
// run. Opcodes: Python's Lib/pickletools.py.

// The values on the machine's stack: nil, bool, int64, float64, string and
type (
	pyTuple []any
	pyList  struct{ items []any }
	pyDict  struct {
		keys   []any // in order of insertion
		values []any
	}
	pyGlobal struct{ module, name string }
	// pyStorage is a persistent object: a run of numbers in another file.
	pyStorage struct {
		dtype string // safetensors' name
		key   string // the file's
		count int    // of elements
	}
	// pyTensor is a view of a storage; offset and strides count elements.
	pyTensor struct {
		storage pyStorage
		offset  int
		shape   []int
		strides []int
	}
	pyMark struct{}
)

// errPickle is a pickle that breaks its own rules.
var errPickle = errors.New("pickle")

// unpickle runs a pickle and returns the value it leaves.
func unpickle(data []byte) (any, error) {
	m := &pickleMachine{data: data, memo: map[uint64]any{}}
	for {
		at := m.at
		op, err := m.byte()
		if err == nil && op == opStop {
			var v any
			if v, err = m.pop(); err == nil {
				return v, nil
			}
		}
		if err == nil {
			err = m.step(op)
		}
		if err != nil {
			return nil, fmt.Errorf("at byte %d: %w", at, err)
		}
	}
}

// pickleMachine is the state of a run.
type pickleMachine struct {
	data  []byte
	at    int // the next byte of data
	stack []any
	memo  map[uint64]any
}

// The instructions.
const (
	opMark            = '('
	opStop            = '.'
	opPop             = '0'
	opPopMark         = '1'
	opBinFloat        = 'G'
	opBinInt          = 'J'
	opBinInt1         = 'K'
	opBinInt2         = 'M'
	opNone            = 'N'
	opBinPersID       = 'Q'
	opReduce          = 'R'
	opBinUnicode      = 'X'
	opAppend          = 'a'
	opBuild           = 'b'
	opGlobal          = 'c'
	opAppends         = 'e'
	opBinGet          = 'h'
	opLongBinGet      = 'j'
	opBinPut          = 'q'
	opLongBinPut      = 'r'
	opSetItem         = 's'
	opTuple           = 't'
	opSetItems        = 'u'
	opEmptyDict       = '}'
	opEmptyList       = ']'
	opEmptyTuple      = ')'
	opProto           = 0x80
	opTuple1          = 0x85
	opTuple2          = 0x86
	opTuple3          = 0x87
	opNewTrue         = 0x88
	opNewFalse        = 0x89
	opLong1           = 0x8a
	opShortBinUnicode = 0x8c
	opBinUnicode8     = 0x8d
	opStackGlobal     = 0x93
	opMemoize         = 0x94
	opFrame           = 0x95
)

// step runs one instruction.
func (m *pickleMachine) step(op byte) error {
	switch op {
	case opProto:
		return m.proto()
	case opFrame:
		_, err := m.uint(8)
		return err
	case opNone, opNewTrue, opNewFalse, opBinInt, opBinInt1, opBinInt2, opLong1, opBinFloat,
		opBinUnicode, opShortBinUnicode, opBinUnicode8:
		return m.constant(op)
	case opMark, opEmptyDict, opEmptyList, opEmptyTuple, opTuple, opTuple1, opTuple2, opTuple3:
		return m.container(op)
	case opPop, opPopMark:
		return m.discard(op)
	case opBinPut, opLongBinPut, opMemoize, opBinGet, opLongBinGet:
		return m.memory(op)
	case opAppend, opAppends, opSetItem, opSetItems:
		return m.fill(op)
	case opGlobal, opStackGlobal:
		return m.global(op)
	case opBinPersID:
		return m.persistent()
	case opReduce:
		return m.reduce()
	case opBuild:
		_, err := m.pop() // attributes of an OrderedDict: "_metadata" of a state dict
		return err
	}
	return fmt.Errorf("%w: instruction 0x%02x is none that a table of tensors needs", ErrUnsupported, op)
}

func (m *pickleMachine) proto() error {
	version, err := m.byte()
	if err == nil && (version < 2 || version > 5) {
		return fmt.Errorf("%w: pickle protocol %d", ErrUnsupported, version)
	}
	return err
}

// constant pushes a number, a string, or one of Python's constants.
func (m *pickleMachine) constant(op byte) error {
	var v any
	var err error
	switch op {
	case opNone:
	case opNewTrue, opNewFalse:
		v = op == opNewTrue
	case opBinInt:
		var n uint64
		n, err = m.uint(4)
		v = int64(int32(n))
	case opBinInt1:
		v, err = m.int(1)
	case opBinInt2:
		v, err = m.int(2)
	case opLong1:
		v, err = m.long()
	case opBinFloat:
		var b []byte
		if b, err = m.bytes(8); err == nil {
			v = math.Float64frombits(binary.BigEndian.Uint64(b))
		}
	case opShortBinUnicode:
		v, err = m.text(1)
	case opBinUnicode:
		v, err = m.text(4)
	case opBinUnicode8:
		v, err = m.text(8)
	}
	m.push(v)
	return err
}

// container pushes an empty container, a mark, or a tuple of what is on the stack.
func (m *pickleMachine) container(op byte) error {
	var v any
	var err error
	switch op {
	case opMark:
		v = pyMark{}
	case opEmptyDict:
		v = &pyDict{}
	case opEmptyList:
		v = &pyList{}
	case opEmptyTuple:
		v = pyTuple{}
	case opTuple:
		var items []any
		items, err = m.popMark()
		v = pyTuple(items)
	default:
		var items []any
		items, err = m.popN(int(op-opTuple1) + 1)
		v = pyTuple(items)
	}
	m.push(v)
	return err
}

func (m *pickleMachine) discard(op byte) error {
	var err error
	if op == opPop {
		_, err = m.popRaw()
	} else {
		_, err = m.popMark()
	}
	return err
}

// memory stores the top of the stack, or pushes what was stored.
func (m *pickleMachine) memory(op byte) error {
	var key uint64
	var err error
	switch op {
	case opMemoize:
		key = uint64(len(m.memo))
	case opBinPut, opBinGet:
		key, err = m.uint(1)
	default:
		key, err = m.uint(4)
	}
	if err != nil {
		return err
	}
	if op == opBinGet || op == opLongBinGet {
		v, ok := m.memo[key]
		if !ok {
			return fmt.Errorf("%w: nothing was stored as %d", errPickle, key)
		}
		m.push(v)
		return nil
	}
	v, err := m.pop()
	if err == nil {
		m.push(v)
		m.memo[key] = v
	}
	return err
}

// fill adds to the list or dictionary below what it adds.
func (m *pickleMachine) fill(op byte) error {
	var items []any
	var err error
	switch op {
	case opAppend:
		items, err = m.popN(1)
	case opSetItem:
		items, err = m.popN(2)
	default:
		items, err = m.popMark()
	}
	if err != nil {
		return err
	}
	target, err := m.pop()
	if err != nil {
		return err
	}
	m.push(target)
	switch t := target.(type) {
	case *pyList:
		if op == opAppend || op == opAppends {
			t.items = append(t.items, items...)
			return nil
		}
	case *pyDict:
		if (op == opSetItem || op == opSetItems) && len(items)%2 == 0 {
			for i := 0; i < len(items); i += 2 {
				t.keys, t.values = append(t.keys, items[i]), append(t.values, items[i+1])
			}
			return nil
		}
	}
	return fmt.Errorf("%w: cannot add %d values to %s", errPickle, len(items), pyKind(target))
}

// global pushes what a module calls a name; calling it is reduce's affair.
func (m *pickleMachine) global(op byte) error {
	var g pyGlobal
	var err error
	if op == opGlobal {
		if g.module, err = m.line(); err == nil {
			g.name, err = m.line()
		}
	} else {
		var pair []any
		if pair, err = m.popN(2); err == nil {
			var ok1, ok2 bool
			g.module, ok1 = pair[0].(string)
			g.name, ok2 = pair[1].(string)
			if !ok1 || !ok2 {
				err = fmt.Errorf("%w: a global's name is not a string", errPickle)
			}
		}
	}
	if err != nil {
		return err
	}
	if _, isStorage := storageTypes[g]; !isStorage && !callable[g] {
		return fmt.Errorf("%w: it names %.80q, which a table of tensors does not need (nothing was run)", ErrUnsupported, g.module+"."+g.name)
	}
	m.push(g)
	return nil
}

// storageTypes are the classes that say of which type a storage's numbers are.
var storageTypes = map[pyGlobal]string{
	{"torch", "DoubleStorage"}: "F64", {"torch", "FloatStorage"}: "F32",
	{"torch", "HalfStorage"}: "F16", {"torch", "BFloat16Storage"}: "BF16",
	{"torch", "LongStorage"}: "I64", {"torch", "IntStorage"}: "I32",
	{"torch", "ShortStorage"}: "I16", {"torch", "CharStorage"}: "I8",
	{"torch", "ByteStorage"}: "U8", {"torch", "BoolStorage"}: "BOOL",
}

// The functions that reduce knows.
var (
	orderedDict      = pyGlobal{"collections", "OrderedDict"}
	rebuildTensor    = pyGlobal{"torch._utils", "_rebuild_tensor_v2"}
	rebuildParameter = pyGlobal{"torch._utils", "_rebuild_parameter"}
	callable         = map[pyGlobal]bool{orderedDict: true, rebuildTensor: true, rebuildParameter: true}
)

// reduce stands for a call: it makes what the known functions make.
func (m *pickleMachine) reduce() error {
	pair, err := m.popN(2)
	if err != nil {
		return err
	}
	args, ok := pair[1].(pyTuple)
	if !ok {
		return fmt.Errorf("%w: a call's arguments are %s", errPickle, pyKind(pair[1]))
	}
	switch pair[0] {
	case orderedDict:
		if len(args) > 0 {
			return fmt.Errorf("%w: an OrderedDict made of arguments", ErrUnsupported)
		}
		m.push(&pyDict{})
		return nil
	case rebuildTensor:
		t, err := newPyTensor(args)
		m.push(t)
		return err
	case rebuildParameter:
		if len(args) == 3 {
			if t, ok := args[0].(*pyTensor); ok {
				m.push(t)
				return nil
			}
		}
	}
	return fmt.Errorf("%w: a call that a table of tensors does not need (nothing was run)", ErrUnsupported)
}

// persistent replaces ("storage", type, key, location, count) by its storage.
func (m *pickleMachine) persistent() error {
	v, err := m.pop()
	if err != nil {
		return err
	}
	id, _ := v.(pyTuple)
	if len(id) != 5 || id[0] != "storage" {
		return fmt.Errorf("%w: a persistent object that is not a tensor's storage", ErrUnsupported)
	}
	class, ok1 := id[1].(pyGlobal)
	key, ok2 := id[2].(string)
	count, ok3 := pyInt(id[4])
	dtype, ok4 := storageTypes[class]
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return fmt.Errorf("%w: a storage that does not say type, key and size", errPickle)
	}
	m.push(pyStorage{dtype, key, count})
	return nil
}

// newPyTensor makes a tensor from the arguments of _rebuild_tensor_v2: storage,
// offset, shape, strides, and what gradients need.
func newPyTensor(args pyTuple) (*pyTensor, error) {
	if len(args) < 6 || len(args) > 7 {
		return nil, fmt.Errorf("%w: a tensor of %d arguments", errPickle, len(args))
	}
	storage, ok1 := args[0].(pyStorage)
	offset, ok2 := pyInt(args[1])
	shape, ok3 := pyInts(args[2])
	strides, ok4 := pyInts(args[3])
	if !ok1 || !ok2 || !ok3 || !ok4 || len(shape) != len(strides) {
		return nil, fmt.Errorf("%w: a tensor that does not say storage, shape and strides", errPickle)
	}
	return &pyTensor{storage, offset, shape, strides}, nil
}

// pyInt returns a value as an int, false unless it is one that is not negative.
func pyInt(v any) (int, bool) {
	n, ok := v.(int64)
	return int(n), ok && n >= 0 && n <= math.MaxInt
}

// maxRank bounds the dimensions of a tensor; weights have at most 4.
const maxRank = 16

// pyInts returns a tuple of ints.
func pyInts(v any) ([]int, bool) {
	tuple, ok := v.(pyTuple)
	if !ok || len(tuple) > maxRank {
		return nil, false
	}
	ns := make([]int, len(tuple))
	for i, item := range tuple {
		if ns[i], ok = pyInt(item); !ok {
			return nil, false
		}
	}
	return ns, true
}

// pyKind names what a value is, for messages.
func pyKind(v any) string {
	switch v.(type) {
	case nil:
		return "None"
	case bool, int64, float64:
		return "a number"
	case string:
		return "a string"
	case pyTuple:
		return "a tuple"
	case *pyList:
		return "a list"
	case *pyDict:
		return "a dictionary"
	case *pyTensor:
		return "a tensor"
	}
	return "another object"
}

func (m *pickleMachine) push(v any) { m.stack = append(m.stack, v) }

// popRaw removes the top of the stack, a mark too.
func (m *pickleMachine) popRaw() (any, error) {
	if len(m.stack) == 0 {
		return nil, fmt.Errorf("%w: the stack is empty", errPickle)
	}
	v := m.stack[len(m.stack)-1]
	m.stack = m.stack[:len(m.stack)-1]
	return v, nil
}

// pop removes the top of the stack, which must be a value.
func (m *pickleMachine) pop() (any, error) {
	v, err := m.popRaw()
	if _, mark := v.(pyMark); mark {
		return nil, fmt.Errorf("%w: a mark where a value should be", errPickle)
	}
	return v, err
}

// popN removes the top n values and returns them in the order they were pushed.
func (m *pickleMachine) popN(n int) ([]any, error) {
	items := make([]any, n)
	for i := n - 1; i >= 0; i-- {
		v, err := m.pop()
		if err != nil {
			return nil, err
		}
		items[i] = v
	}
	return items, nil
}

// popMark removes all down to the topmost mark and returns it, the mark left out.
func (m *pickleMachine) popMark() ([]any, error) {
	for i := len(m.stack) - 1; i >= 0; i-- {
		if _, mark := m.stack[i].(pyMark); mark {
			items := append([]any(nil), m.stack[i+1:]...)
			m.stack = m.stack[:i]
			return items, nil
		}
	}
	return nil, fmt.Errorf("%w: no mark on the stack", errPickle)
}

// bytes reads the next n bytes of the program.
func (m *pickleMachine) bytes(n uint64) ([]byte, error) {
	if n > uint64(len(m.data)-m.at) {
		return nil, fmt.Errorf("%w: it is cut short", errPickle)
	}
	b := m.data[m.at : m.at+int(n)]
	m.at += int(n)
	return b, nil
}

func (m *pickleMachine) byte() (byte, error) {
	b, err := m.bytes(1)
	if err != nil {
		return 0, err
	}
	return b[0], nil
}

// uint reads a little-endian number of size bytes, at most 8.
func (m *pickleMachine) uint(size uint64) (uint64, error) {
	b, err := m.bytes(size)
	if err != nil {
		return 0, err
	}
	var wide [8]byte
	copy(wide[:], b)
	return binary.LittleEndian.Uint64(wide[:]), nil
}

// int reads an unsigned number of 1 or 2 bytes.
func (m *pickleMachine) int(size uint64) (int64, error) {
	n, err := m.uint(size)
	return int64(n), err
}

// long reads an integer of a length that stands before it: two's complement.
func (m *pickleMachine) long() (int64, error) {
	size, err := m.byte()
	if err != nil {
		return 0, err
	}
	if size > 8 {
		return 0, fmt.Errorf("%w: an integer of %d bytes", ErrUnsupported, size)
	}
	n, err := m.uint(uint64(size))
	unused := 64 - 8*uint(size)
	return int64(n<<unused) >> unused, err
}

// text reads a string whose length, a number of size bytes, stands before it.
func (m *pickleMachine) text(size uint64) (string, error) {
	n, err := m.uint(size)
	if err != nil {
		return "", err
	}
	b, err := m.bytes(n)
	if err == nil && !utf8.Valid(b) {
		err = fmt.Errorf("%w: a string that is not UTF-8", errPickle)
	}
	return string(b), err
}

// line reads up to the next line feed.
func (m *pickleMachine) line() (string, error) {
	n := bytes.IndexByte(m.data[m.at:], '\n')
	if n < 0 {
		return "", fmt.Errorf("%w: it is cut short", errPickle)
	}
	b, err := m.bytes(uint64(n) + 1)
	return string(bytes.TrimSuffix(b, []byte("\n"))), err
}
