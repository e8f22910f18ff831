package message_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/sufflor/sufflor/suggest/message"
)

// followUps need the conversation to be understood; standing do not.
const (
	followUps = `nb|og hvor lang tid tar det?
nb|Og til Sverige?
nb|Gjelder det også for bedrifter?
nb|Hvor mye koster den da?
nb|Kommer den i svart?
nb|Hva om den er ødelagt?
nb|Kan jeg bytte den?
nb|Hvor lenge varer det?
nb|Og frakten?
nb|Hva er prisen?
nb|Når da?
nb|Hvordan gjør jeg det?
nb|ok, og hvor får jeg tak i en sånn?
nb|Er det inkludert?
sv|och hur lång tid tar det?
sv|Och till Norge?
sv|Gäller det även företag?
sv|Vad kostar den då?
sv|Finns den i svart?
sv|Kan jag byta den?
sv|Hur gör jag det?
sv|Ingår det?
sv|Och frakten?
sv|När då?
da|og hvor lang tid tager det?
da|Og til Sverige?
da|Gælder det også virksomheder?
da|Hvad koster den så?
da|Fås den i sort?
da|Kan jeg bytte den?
da|Hvordan gør jeg det?
da|Er det inkluderet?
da|Og fragten?
fi|ja kauanko se kestää?
fi|Entä Ruotsiin?
fi|Koskeeko se myös yrityksiä?
fi|Paljonko se sitten maksaa?
fi|Saako sitä mustana?
fi|Voinko vaihtaa sen?
fi|Miten se tehdään?
fi|Sisältyykö se hintaan?
fi|Entä rahti?
fi|Ja hinta?
de|und wie lange dauert das?
de|Und nach Schweden?
de|Gilt das auch für Firmen?
de|Was kostet der dann?
de|Gibt es den in Schwarz?
de|Kann ich ihn umtauschen?
de|Wie mache ich das?
de|Ist das inklusive?
de|Und der Versand?
de|Wann denn?
en|and how long does it take?
en|And to Sweden?
en|Does that apply to companies too?
en|What does it cost then?
en|Does it come in black?
en|Can I exchange it?
en|How do I do that?
en|Is that included?
en|And the freight?
en|When would that be?
en|What about the price?`
	standing = `nb|Hva koster frakt til Tromsø?
nb|Er det mulig å betale med faktura?
nb|Det er en feil på filteret, hva gjør jeg?
nb|Hvor lang er leveringstiden på filter?
nb|Kan dere sende meg bruksanvisningen?
sv|Är det möjligt att betala mot faktura?
sv|Vad kostar ett nytt filter?
sv|Hur lång är garantin?
da|Er det muligt at betale med faktura?
da|Hvad koster et nyt filter?
da|Hvornår åbner butikken i Aarhus?
fi|Onko mahdollista maksaa laskulla?
fi|Paljonko uusi suodatin maksaa?
fi|Kauanko toimitus Ouluun kestää?
de|Ist es möglich, auf Rechnung zu zahlen?
de|Was kostet ein neuer Filter?
de|Wie lange dauert die Lieferung nach Kiel?
en|Is it possible to pay by invoice?
en|What does a new filter cost?
en|How long is the warranty?
en|What are your opening hours?`
)

// TestFollowUps holds how many follow-ups are known as such. The rules were
// corrected on these.
func TestFollowUps(t *testing.T) {
	refers := func(line string) bool {
		language, text, _ := strings.Cut(strings.TrimSpace(line), "|")
		qs := message.Questions(language, text)
		return len(qs) > 0 && qs[0].Refers
	}
	n, found := 0, 0
	for line := range strings.Lines(followUps) {
		n++
		if refers(line) {
			found++
		} else {
			t.Logf("taken to stand by itself: %s", line)
		}
	}
	t.Logf("%d of %d follow-ups", found, n)
	require.GreaterOrEqual(t, float64(found)/float64(n), .95)
	for line := range strings.Lines(standing) {
		require.False(t, refers(line), line)
	}
}
