package main

import "fmt"

// The columns of prices: one a currency.
const (
	nok = iota
	sek
	eur
	dkk
)

// article is a row of the price list.
type article struct {
	no      string
	section string // key of the section heading in market.t
	fits    string // models; empty for a machine
	price   [4]float64
	name    map[string]string // by language
	note    map[string]string // remark by language
}

// service is a row of the freight and service list; its texts are keys of market.t.
type service struct {
	no, section, key, unit string
	price                  [4]float64
}

// market is a sheet: a language, a currency, a VAT rate.
type market struct {
	sheet, lang, currency string
	column                int
	vat                   float64
	whole, cents          string // number formats; excelize renders "# ##0.00" wrongly (8 62.50), so cents use a comma
	express               bool   // next-day delivery is offered here
	days                  string
	freeFrom              string
	t                     map[string]string
}

func (m market) item(a article) string   { return a.name[m.lang] }
func (m market) remark(a article) string { return a.note[m.lang] }

func (m market) freightRemark() string {
	return fmt.Sprintf(m.t["freightRemark"], m.freeFrom, m.days)
}

func tr(nb, sv, fi, da, de, en string) map[string]string {
	return map[string]string{"nb": nb, "sv": sv, "fi": fi, "da": da, "de": de, "en": en}
}

// articles are the rows of the price list, in its order.
var articles = []article{
	{"200-2000", "secMachines", "", [4]float64{489000, 478000, 42300, 315500},
		tr("Flishogger XY-2000, 55 kW", "Flishugg XY-2000, 55 kW", "Haketin XY-2000, 55 kW", "Flishugger XY-2000, 55 kW", "Holzhacker XY-2000, 55 kW", "Wood chipper XY-2000, 55 kW"),
		tr("Fra serienr. 20-4100", "Från serienr 20-4100", "Sarjanumerosta 20-4100 alkaen", "Fra serienr. 20-4100", "Ab Seriennr. 20-4100", "From serial no. 20-4100")},
	{"200-2400", "secMachines", "", [4]float64{645000, 631000, 55800, 416200},
		tr("Flishogger XY-2400, 75 kW", "Flishugg XY-2400, 75 kW", "Haketin XY-2400, 75 kW", "Flishugger XY-2400, 75 kW", "Holzhacker XY-2400, 75 kW", "Wood chipper XY-2400, 75 kW"),
		tr("Leveringstid 8 uker", "Leveranstid 8 veckor", "Toimitusaika 8 viikkoa", "Leveringstid 8 uger", "Lieferzeit 8 Wochen", "Lead time 8 weeks")},
	{"200-1200", "secMachines", "", [4]float64{148500, 145200, 12850, 95900},
		tr("Kompakthogger XY-1200 for traktor", "Kompakthugg XY-1200 för traktor", "Traktorikäyttöinen haketin XY-1200", "Kompakthugger XY-1200 til traktor", "Anbauhacker XY-1200 für Traktoren", "Compact chipper XY-1200, PTO"), nil},
	{"300-0500", "secMachines", "", [4]float64{176000, 172000, 15240, 113700},
		tr("Ballpresse BP-500", "Balpress BP-500", "Pystypaalain BP-500", "Ballepresser BP-500", "Ballenpresse BP-500", "Vertical baler BP-500"), nil},
	{"300-0300", "secMachines", "", [4]float64{112000, 109500, 9690, 72300},
		tr("Ballpresse BP-300", "Balpress BP-300", "Pystypaalain BP-300", "Ballepresser BP-300", "Ballenpresse BP-300", "Vertical baler BP-300"), nil},
	{"400-0075", "secMachines", "", [4]float64{268000, 262000, 23190, 173000},
		tr("Skruekompressor HK-75, mobil", "Skruvkompressor HK-75, mobil", "Siirrettävä ruuvikompressori HK-75", "Skruekompressor HK-75, mobil", "Schraubenkompressor HK-75, fahrbar", "Mobile screw compressor HK-75"), nil},
	{"500-0040", "secMachines", "", [4]float64{89500, 87500, 7740, 57800},
		tr("Hydraulikkaggregat HP-40", "Hydraulaggregat HP-40", "Hydrauliikkakoneikko HP-40", "Hydraulikaggregat HP-40", "Hydraulikaggregat HP-40", "Hydraulic power unit HP-40"), nil},
	{"740-2051", "secKits", "XY-2000", [4]float64{38900, 37900, 3390, 25300},
		tr("Støysett XY-NK20 for XY-2000", "Bullersats XY-NK20 för XY-2000", "Melunvaimennussarja XY-NK20 koneeseen XY-2000", "Støjsæt XY-NK20 til XY-2000", "Lärmminderungssatz XY-NK20 für XY-2000", "Noise-reduction kit XY-NK20 for XY-2000"),
		tr("Serienr. 20-0001–20-4099; montering se 900-0010", "Serienr 20-0001–20-4099; montering se 900-0010", "Sarjanrot 20-0001–20-4099; asennus ks. 900-0010", "Serienr. 20-0001–20-4099; montering se 900-0010", "Seriennr. 20-0001 bis 20-4099; Einbau siehe 900-0010", "Serial nos 20-0001 to 20-4099; fitting see 900-0010")},
	{"740-2451", "secKits", "XY-2400", [4]float64{46500, 45400, 4050, 30200},
		tr("Støysett XY-NK24 for XY-2400", "Bullersats XY-NK24 för XY-2400", "Melunvaimennussarja XY-NK24 koneeseen XY-2400", "Støjsæt XY-NK24 til XY-2400", "Lärmminderungssatz XY-NK24 für XY-2400", "Noise-reduction kit XY-NK24 for XY-2400"),
		tr("Montering se 900-0011", "Montering se 900-0011", "Asennus ks. 900-0011", "Montering se 900-0011", "Einbau siehe 900-0011", "Fitting see 900-0011")},
	{"900-0010", "secKits", "XY-2000", [4]float64{4800, 4690, 419, 3110},
		tr("Montering av XY-NK20 (4 t, fastpris)", "Montering av XY-NK20 (4 tim, fast pris)", "XY-NK20-sarjan asennus (4 h, kiinteä hinta)", "Montering af XY-NK20 (4 timer, fast pris)", "Einbau XY-NK20 (4 Std., Festpreis)", "Fitting of XY-NK20 (4 h, fixed price)"), nil},
	{"900-0011", "secKits", "XY-2400", [4]float64{6000, 5860, 523, 3890},
		tr("Montering av XY-NK24 (5 t, fastpris)", "Montering av XY-NK24 (5 tim, fast pris)", "XY-NK24-sarjan asennus (5 h, kiinteä hinta)", "Montering af XY-NK24 (5 timer, fast pris)", "Einbau XY-NK24 (5 Std., Festpreis)", "Fitting of XY-NK24 (5 h, fixed price)"), nil},
	{"710-1101", "secParts", "XY-2000", [4]float64{4290, 4190, 372, 2775},
		tr("Knivsett, 4 stk.", "Knivsats, 4 st", "Teräsarja, 4 kpl", "Knivsæt, 4 stk.", "Messersatz, 4 Stück", "Knife set, 4 pcs"),
		tr("Slitedel, uten garanti", "Slitdel, utan garanti", "Kulutusosa, ei takuuta", "Sliddel, uden garanti", "Verschleißteil, ohne Garantie", "Wear part, no warranty")},
	{"710-1201", "secParts", "XY-2400", [4]float64{4990, 4880, 432, 3225},
		tr("Knivsett, 4 stk.", "Knivsats, 4 st", "Teräsarja, 4 kpl", "Knivsæt, 4 stk.", "Messersatz, 4 Stück", "Knife set, 4 pcs"), nil},
	{"710-1051", "secParts", "XY-1200", [4]float64{1890, 1850, 164, 1225},
		tr("Knivsett, 2 stk.", "Knivsats, 2 st", "Teräsarja, 2 kpl", "Knivsæt, 2 stk.", "Messersatz, 2 Stück", "Knife set, 2 pcs"), nil},
	{"720-3301", "secParts", "XY-2000", [4]float64{690, 675, 59.5, 445},
		tr("Hydraulikkfilter HF-33", "Hydraulfilter HF-33", "Hydrauliikkasuodatin HF-33", "Hydraulikfilter HF-33", "Hydraulikfilter HF-33", "Hydraulic filter HF-33"),
		tr("Byttes ved hvert oljeskift", "Byts vid varje oljebyte", "Vaihdetaan jokaisen öljynvaihdon yhteydessä", "Skiftes ved hvert olieskift", "Bei jedem Ölwechsel erneuern", "Renew at every oil change")},
	{"720-3302", "secParts", "XY-2000 / XY-2400", [4]float64{410, 399, 35.5, 265},
		tr("Drivstoffilter FF-12", "Bränslefilter FF-12", "Polttoainesuodatin FF-12", "Brændstoffilter FF-12", "Kraftstofffilter FF-12", "Fuel filter FF-12"), nil},
	{"730-5001", "secParts", "BP-500 / BP-300", [4]float64{745, 729, 64, 480},
		tr("Ballebindetråd 3,0 mm, 25 kg", "Balningstråd 3,0 mm, 25 kg", "Paalauslanka 3,0 mm, 25 kg", "Balletråd 3,0 mm, 25 kg", "Bindedraht 3,0 mm, 25 kg", "Baling wire 3.0 mm, 25 kg"), nil},
	{"750-0101", "secParts", "XY-2000 / XY-2400", [4]float64{12400, 12100, 1075, 8000},
		tr("Fjernkontroll RC-1", "Fjärrkontroll RC-1", "Kauko-ohjain RC-1", "Fjernbetjening RC-1", "Funkfernbedienung RC-1", "Remote control RC-1"), nil},
}

// services are the rows of the freight and service list, in its order.
var services = []service{
	{"FR-100", "secFreight", "freight", "perOrder", [4]float64{195, 189, 19, 129}},
	{"FR-200", "secFreight", "express", "perOrder", [4]float64{490, 480, 0, 320}},
	{"900-0001", "secTech", "technician", "perHour", [4]float64{1250, 1220, 109, 810}},
	{"900-0002", "secTech", "travel", "perKm", [4]float64{9.5, 9.3, 0.85, 6.2}},
	{"900-0010", "secTech", "fit20", "fixed", [4]float64{4800, 4690, 419, 3110}},
	{"900-0011", "secTech", "fit24", "fixed", [4]float64{6000, 5860, 523, 3890}},
	{"SA-BASIC", "secAgreement", "basic", "perYear", [4]float64{14900, 14600, 1290, 9600}},
	{"SA-PLUS", "secAgreement", "plus", "perYear", [4]float64{27900, 27300, 2410, 18000}},
	{"TR-100", "secTraining", "course", "perPerson", [4]float64{2900, 2850, 250, 1870}},
	{"FL-001", "secLink", "link", "perMachineYear", [4]float64{1490, 1460, 129, 960}},
}
