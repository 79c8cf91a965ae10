package checkpoint

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFloat32s(t *testing.T) {
	values := []float32{0, 1, -2, 0.5, 1.0 / 1024, 65504, -0.0078125}
	for _, d := range []DType{F32, F16, BF16} {
		data := fromFloat32s(nil, d, values)
		want := values
		if d == BF16 {
			want = append([]float32(nil), values...)
			want[5] = 65536 // 65504 takes 11 bits, bf16 has 8
		}
		got := Tensor{DType: d, Shape: []int{len(values)}, Data: data}.Float32s()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v (-want +got):\n%s", d, diff)
		}
	}
}

func TestToBF16(t *testing.T) {
	inf := float32(math.Inf(1))
	for _, test := range []struct {
		from uint32
		want uint16
	}{
		{0x3f800000, 0x3f80}, // one
		{0x3f808000, 0x3f80}, // a tie goes to even: down
		{0x3f818000, 0x3f82}, // up
		{0x3f808001, 0x3f81},
		{0x7f7fffff, 0x7f80}, // the largest rounds to infinity
		{math.Float32bits(inf), 0x7f80},
		{0xff800001, 0xffc0}, // NaN stays NaN
	} {
		if got := toBF16(math.Float32frombits(test.from)); got != test.want {
			t.Errorf("%08x: %04x, want %04x", test.from, got, test.want)
		}
	}
}

func TestParseDType(t *testing.T) {
	for name, want := range map[string]DType{"f32": F32, "F16": F16, "Bf16": BF16, "int8": Int8, "I8": Int8} {
		if got, err := ParseDType(name); err != nil || got != want {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	if _, err := ParseDType("int4"); err == nil {
		t.Error("int4 is taken for a precision")
	}
}
