package cli

import "testing"

func TestClassOf(t *testing.T) {
	for _, test := range []struct{ name, folder, inName string }{
		{"test/airport_55.jpg", "test", "airport"},
		{"a/b/storagetanks97.jpg", "b", "storagetanks"},
		{"beach/00012.jpg", "beach", ""},
		{"00012.jpg", "", ""},
		{"park.jpg", "", "park"},
		{"bare-land-3.tif", "", "bare-land"},
		{"4K TV 2.png", "", "4K TV"},
		{"/abs/school/school_1.v2.jpg", "school", "school_1.v"},
	} {
		if got := classOf(classesFromFolders, test.name); got != test.folder {
			t.Errorf("%s: folder %q, want %q", test.name, got, test.folder)
		}
		if got := classOf(classesFromNames, test.name); got != test.inName {
			t.Errorf("%s: name %q, want %q", test.name, got, test.inName)
		}
	}
}
