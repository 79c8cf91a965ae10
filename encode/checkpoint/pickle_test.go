package checkpoint

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// pickles are programs by hand, named for what they are about.
var pickles = []struct {
	name, program string
	want          any   // what it leaves, or
	err           error // why it fails
}{
	{"None", "\x80\x02N.", nil, nil},
	{"booleans", "\x80\x02\x88\x89\x86.", pyTuple{true, false}, nil},
	{"small numbers", "\x80\x02K\xffM\xff\xff\x86.", pyTuple{int64(255), int64(65535)}, nil},
	{"negative number", "\x80\x02J\xfe\xff\xff\xff.", int64(-2), nil},
	{"long numbers", "\x80\x02\x8a\x00\x8a\x01\xff\x8a\x05\x00\x00\x00\x00\x01\x87.", pyTuple{int64(0), int64(-1), int64(1 << 32)}, nil},
	{"longer number", "\x80\x02\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\x01.", nil, ErrUnsupported},
	{"float", "\x80\x02G?\xf8\x00\x00\x00\x00\x00\x00.", 1.5, nil},
	{"strings", "\x80\x04\x8c\x01a\x8d\x01\x00\x00\x00\x00\x00\x00\x00bX\x01\x00\x00\x00c\x87.", pyTuple{"a", "b", "c"}, nil},
	{"string that is not UTF-8", "\x80\x02X\x01\x00\x00\x00\xff.", nil, errPickle},
	{"string without end", "\x80\x02X\xff\xff\xff\xffabc.", nil, errPickle},
	{"string of 2⁶⁴ bytes", "\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\xff.", nil, errPickle},
	{"frame", "\x80\x04\x95\x02\x00\x00\x00\x00\x00\x00\x00N.", nil, nil},
	{"list", "\x80\x02](K\x01K\x02eK\x03a.", &pyList{[]any{int64(1), int64(2), int64(3)}}, nil},
	{"dictionary", "\x80\x02}K\x01K\x02s(K\x03K\x04u.", &pyDict{[]any{int64(1), int64(3)}, []any{int64(2), int64(4)}}, nil},
	{"memo", "\x80\x02K\x01q\x05K\x02r\x06\x00\x00\x00h\x05j\x06\x00\x00\x00\x87.", pyTuple{int64(2), int64(1), int64(2)}, nil},
	{"memoize", "\x80\x04K\x01\x94h\x00\x86.", pyTuple{int64(1), int64(1)}, nil},
	{"nothing stored", "\x80\x02h\x00.", nil, errPickle},
	{"discarded", "\x80\x02N(NN1K\x010.", nil, nil},
	{"ordered dictionary with attributes", "\x80\x02ccollections\nOrderedDict\n)R}b.", &pyDict{}, nil},
	{"ordered dictionary of a list", "\x80\x02ccollections\nOrderedDict\n]\x85R.", nil, ErrUnsupported},
	{"global from the stack", "\x80\x04\x8c\x05torch\x8c\x0bHalfStorage\x93.", pyGlobal{"torch", "HalfStorage"}, nil},
	{"global that is a number", "\x80\x04K\x01K\x02\x93.", nil, errPickle},
	{"storage", "\x80\x02(X\x07\x00\x00\x00storagectorch\nHalfStorage\nX\x01\x00\x00\x007X\x03\x00\x00\x00cpuK\x05tQ.", pyStorage{"F16", "7", 5}, nil},
	{"another persistent object", "\x80\x02(X\x06\x00\x00\x00moduleNtQ.", nil, ErrUnsupported},
	{"os.system", "\x80\x02cos\nsystem\nX\x02\x00\x00\x00id\x85R.", nil, ErrUnsupported},
	{"builtins.eval", "\x80\x04\x8c\x08builtins\x8c\x04eval\x93\x8c\x01x\x85R.", nil, ErrUnsupported},
	{"call of a storage", "\x80\x02ctorch\nFloatStorage\n)R.", nil, ErrUnsupported},
	{"call of a number", "\x80\x02K\x01)R.", nil, ErrUnsupported},
	{"call of a tuple", "\x80\x02))R.", nil, ErrUnsupported},
	{"call with a list", "\x80\x02ccollections\nOrderedDict\n]R.", nil, errPickle},
	{"tensor of nothing", "\x80\x02ctorch._utils\n_rebuild_tensor_v2\n)R.", nil, errPickle},
	{"parameter of nothing", "\x80\x02ctorch._utils\n_rebuild_parameter\nNNN\x87R.", nil, ErrUnsupported},
	{"protocol 0", "(I1\nt.", nil, ErrUnsupported},
	{"protocol 9", "\x80\x09N.", nil, ErrUnsupported},
	{"instance", "\x80\x02(cos\nsystem\no.", nil, ErrUnsupported},
	{"unknown instruction", "\x80\x02\xff.", nil, ErrUnsupported},
	{"empty", "", nil, errPickle},
	{"no stop", "\x80\x02N", nil, errPickle},
	{"empty stack", "\x80\x02.", nil, errPickle},
	{"mark for a value", "\x80\x02(.", nil, errPickle},
	{"no mark", "\x80\x02NNt.", nil, errPickle},
	{"append to a number", "\x80\x02K\x01K\x02a.", nil, errPickle},
	{"item for a list", "\x80\x02]K\x01K\x02s.", nil, errPickle},
	{"key without value", "\x80\x02}(K\x01u.", nil, errPickle},
	{"global without end", "\x80\x02ctorch", nil, errPickle},
}

func TestUnpickle(t *testing.T) {
	for _, test := range pickles {
		t.Run(test.name, func(t *testing.T) {
			got, err := unpickle([]byte(test.program))
			if !errors.Is(err, test.err) {
				t.Fatalf("error %v, want %v", err, test.err)
			}
			if err != nil {
				return
			}
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(pyList{}, pyDict{}, pyGlobal{}, pyStorage{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestUnpickleDeep: nesting takes no stack of ours.
func TestUnpickleDeep(t *testing.T) {
	const depth = 1 << 20
	if _, err := unpickle([]byte("\x80\x02" + strings.Repeat("](", depth) + strings.Repeat("e", depth) + ".")); err != nil {
		t.Error(err)
	}
	list := "\x80\x02]q\x00" + strings.Repeat("h\x00a", 1<<10) + "." // a list that holds itself
	if _, err := unpickle([]byte(list)); err != nil {
		t.Error(err)
	}
}

func FuzzUnpickle(f *testing.F) {
	for _, test := range pickles {
		f.Add([]byte(test.program))
	}
	f.Add(pickleTable([]string{"w"}, []pyTensor{{pyStorage{"F32", "0", 4}, 0, []int{2, 2}, []int{1, 2}}}))
	f.Fuzz(func(t *testing.T, program []byte) {
		_, err := unpickle(program)
		if err != nil && !errors.Is(err, errPickle) && !errors.Is(err, ErrUnsupported) {
			t.Errorf("error without a kind: %v", err)
		}
	})
}
