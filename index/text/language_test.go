package text

import (
	"testing"

	"clipsearch/index/store"
)

// Captions of small pictures, as a children's drawing program has them, in their languages;
// and words in other forms that must find them.
func TestCaptionsOfManyLanguages(t *testing.T) {
	st, dir := newLibrary(t)
	cases := []struct {
		lang, caption string
		finds         []string
		not           string
	}{
		{"", "A yellow fish with striped fins swims to the left.", []string{"fishes", "stripes", "swimming", "FIN"}, "fit"},
		{"de", "Zwei rote Äpfel liegen neben den Körben.", []string{"Apfel", "äpfel", "korb"}, "korsett"},
		{"fr", "Des grenouilles vertes sautent près de l'étang.", []string{"grenouille", "verte", "etang", "étangs"}, "greneau"},
		{"es", "Los pingüinos caminaban por las montañas nevadas.", []string{"pinguino", "montaña", "nevada"}, "pinza"},
		{"it", "Le farfalle volano sopra i fiori azzurri.", []string{"farfalla", "azzurro"}, "farina"},
		{"pt_BR", "As crianças brincavam com balões coloridos.", []string{"criança", "balão", "colorido"}, "banco"},
		{"nl", "De katten slapen op de rode daken.", []string{"kat", "daken"}, "kater"},
		{"sv", "Flickorna cyklar genom skogarna.", []string{"flicka", "skog"}, "flinga"},
		{"da", "Hundene løber på strandene.", []string{"hunden", "strand", "løbe"}, "hundrede"},
		{"nb", "Bilene kjører over fjellene.", []string{"bil", "fjell"}, "billett"},
		{"fi", "Linnut lentävät talojen yli.", []string{"linnut", "talojen"}, "linna"},
		{"ro", "Copiii desenează corăbii cu pânze albe.", []string{"panze"}, "copac"},
		{"hu", "A kutyák a kertekben játszanak.", []string{"kutyák", "kertekben"}, "kulcs"},
		{"ru", "Белые медведи гуляют по льдинам.", []string{"медведь", "белый", "льдины"}, "мёд"},
		{"tr", "Çocuklar bahçelerde oynuyor.", []string{"çocuk", "bahçe"}, "çorap"},
		{"ar", "القطط تنام تحت الأشجار", []string{"قطط", "الأشجار"}, "كلب"},
		{"fa", "کودکان با بادکنک\u200cهای رنگی بازی می\u200cکنند", []string{"کودکان", "بازی"}, "باران"},
		{"hi", "हाथी नदियों में नहाते हैं", []string{"हाथी", "नदी"}, "घोड़ा"},
		{"ja", "赤い風船が空を飛んでいる", []string{"風船", "赤い", "空"}, "赤空"},
		{"zh_CN", "一只大熊猫在吃竹子", []string{"熊猫", "竹子", "大熊猫"}, "猫竹"},
		{"ko", "노란 나비가 꽃 위에 앉아 있다", []string{"나비", "노란"}, "나무"},
		{"el", "Ένα κόκκινο αερόστατο", []string{"κόκκινο", "ΑΕΡΌΣΤΑΤΟ"}, "κόκκος"}, // no analyzer of its own
	}
	var entries []store.Entry
	for _, tc := range cases {
		e := entry("/p/"+tc.lang+".png", tc.caption)
		e.Captions[0].Lang = tc.lang
		entries = append(entries, e)
	}
	ids := put(t, st, entries...)
	x := mustOpen(t, dir, st, Options{})
	for i, tc := range cases {
		for _, word := range tc.finds {
			if m := find(t, x, words(word), 3, nil); len(m) == 0 || m[0].ID != ids[i] {
				t.Errorf("%s: %q finds %v, want %d", tc.lang, word, m, ids[i])
			}
		}
		for _, m := range find(t, x, words(tc.not), 10, nil) {
			if m.ID == ids[i] {
				t.Errorf("%s: %q finds %q", tc.lang, tc.not, tc.caption)
			}
		}
	}
}

// A translation of a caption is no second mention of its words.
func TestTranslationCountsOnce(t *testing.T) {
	st, dir := newLibrary(t)
	ids := put(t, st,
		entry("/p/a.jpg", "a hotel beside water", "de:ein Hotel neben Wasser", "fr:hotel pres eau"),
		entry("/p/b.jpg", "a hotel beside water", "de:ein Haus neben Wasser", "fr:maison pres eau"),
		entry("/p/c.jpg", "something else"))
	x := mustOpen(t, dir, st, Options{})
	m := find(t, x, words("hotel"), 5, nil)
	if len(m) != 2 || m[0].ID != ids[0] || m[0].Score > 1.1*m[1].Score { // one caption may be the shorter one of its language
		t.Errorf("%v; want two with about one score", m)
	}
}
