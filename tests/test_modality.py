"""What a report says of the thing it names: made-up sentences for each cue and trap, in six languages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iwmon import modality, query
from iwmon.model import ANY_LANGUAGE, Entry, Item, Kind, Match

PUBLISHED = datetime(2022, 10, 12, tzinfo=UTC)

# query | title | modality | cue; the sentence is a title, of a deed, in the language of its list.
ENGLISH = """
troops | Belarusian troops cross the border | reported |
troops | Lukashenko denies sending troops to the front | denied | denies
troops | Minsk did not deny that troops crossed the border | reported |
troops | The ministry neither confirmed nor denied the movement of troops | reported |
troops | Movement of troops not confirmed by the border guard | denied | not confirmed
mobilis* | No mobilisation in Belarus, the minister says | denied | No
mobilis* | Not only mobilisation: Minsk also calls up reserves | reported |
troops | Belarus will not send troops to Ukraine | denied | will not
troops | Belarus won't send troops to Ukraine | denied | won t
troops | There is no doubt that troops crossed the river | reported |
border | Activist denied entry at the border | reported |
border | Man with fake passport held at the border | reported |
protest* | Journalist denied bail after the protest | reported |
sanctions | Firms denied access to credit under sanctions | reported |
resign* | Report that the minister resigned is fake | denied | fake
troops | Troops may enter Ukraine from the north | hypothetical | may
troops | Columns of troops arrived in May near the city | reported |
troops | Since 9 May troops have camped near the city | reported |
troops | The troops that May brought stayed all summer | reported |
troops | Belarus May Send Troops Across Border | hypothetical | May
troops | Lukashenko threatens to send troops | hypothetical | threatens
troops | Kyiv warns of troops massing in the north | hypothetical | warns of
sanctions | EU considers sanctions on potash | hypothetical | considers
sanctions | EU ready to impose sanctions | hypothetical | ready to
sanctions | Brussels adopts sanctions on Minsk airline | reported |
mobilis* | Mobilisation could begin within weeks | hypothetical | could
troops | Kyiv claims troops crossed the river at night | claimed | claims
troops | Minister accuses Minsk of hiding troops | claimed | accuses
troops | Kyiv says it has evidence of troops in the forest | claimed | says it has evidence
troops | Troops allegedly seen near the crossing | hypothetical | allegedly
troops | Russian troops hold exercises near Brest | exercise | exercises
exercise* | Russian troops hold exercises near Brest | reported |
troops | Troops leave barracks in snap check | reported |
troops | Drills bring troops to the border | exercise | Drills
troops | Lukashenko exercises caution as troops arrive | reported |
troops | Troops told to exercise restraint at the crossing | reported |
protest* | Minsk marks anniversary of the protest | historical | anniversary
protest* | Two years ago protest filled the square | historical | years ago
protest* | The protest in 2020 filled the square | historical | in 2020
protest* | The protest in 2021 filled the square | reported |
protest* | Since 2020 no leader of a protest is free | reported |
protest* | Leader of the 2020 protest falls ill | historical | 2020
protest* | Leader of the 2021 protest falls ill | reported |
protest* | Woman who led mass street protest falls ill | historical | who led
protest* | Prisoner ill, two years after the protest | historical | years after
jail* | Court jails woman for leading protest | reported |
jail* protest* | Court jails woman for leading protest | reported |
jail* protest* | Court jails woman over 2020 protest | reported |
free* | Minsk frees prisoner three years after arrest | reported |
protest* | Obituary of a man who led the protest | historical | Obituary
troops | Is Belarus about to send troops? | hypothetical | about to
troops | Troops in Belarus: what next? | reported |
troops | Why do troops leave Brest? | reported |
troops | Russian troops back in Belarus? | hypothetical | ?
protest* | Woman denied her rights after the protest | reported |
troops | Fake shoes seized. Troops cross the border | reported |
troops | If talks fail, troops will march | hypothetical | If
troops | Claims of troops crossing refuted by Kyiv | denied | refuted
troops | General: drills over, denies that troops stay | denied | denies
plans | Lukashenko plans new law | reported |
passports | A court jailed a clerk for issuing fake passports | reported |
claimed | Blast claimed by partisans | reported |
attack* | Hackers use fake jobs in attacks | reported |
attack* | Fake: plan of an attack on Brest | denied | Fake
sanctions | Sanctions are not enough, Kyiv says | reported |
troops | Belarus is not sending troops | denied | is not
sanctions | New sanctions target disinformation | reported |
attack* | Man denies theft after attack on the depot | reported |
attack* | Since Crimea was annexed in 2014, attack after attack has followed | reported |
troops | Russia holds drills as troops die at the front | reported |
troops | Minsk could act after troops cross the border | reported |
troops | Return of troops unlikely, analysts say | hypothetical | unlikely
troops | Lukashenko promises to send troops | hypothetical | promises to
"""

RUSSIAN = """
резервист* | Беларусь призвала резервистов на сборы | reported |
резервист* | Беларусь призывает на военные сборы тысячи резервистов | reported |
резервист* | Политик призвал резервистов не являться | hypothetical | призвал
войск* | Войска перешли границу | reported |
войск* | Лукашенко опроверг отправку войск | denied | опроверг
войск* | Лукашенко не опроверг отправку войск | reported |
войск* | Переброска войск не подтвердилась | denied | не подтвердилась
мобилизац* | Мобилизации не будет, заявил министр | denied | не будет
мобилизац* | Не будет мобилизации в Белоруссии | denied | Не будет
войск* | Не только войска: в страну ввезли ракеты | reported |
отставк* | Прошение об отставке премьера — фейк | denied | фейк
войск* | Войска могут войти с севера | hypothetical | могут
войск* | Минск, возможно, введет войска | hypothetical | возможно
войск* | Якобы замечены войска у границы | hypothetical | Якобы
войск* | Если введут войска, мост взорвут | hypothetical | Если
войск* | Киев утверждает, что войска перешли реку | claimed | утверждает
войск* | Министр обвинил Минск в переброске войск | claimed | обвинил
войск* | Войска прибыли на учения под Брестом | exercise | учения
войск* | Ученики встретили войска у школы | reported |
войск* | Ученый увидел войска у границы | reported |
учен* | Начались учения под Брестом | reported |
протест* | Годовщина протеста в Минске | historical | Годовщина
протест* | Десять лет назад протест заполнил площадь | historical | лет назад
протест* | В 2019 году протест заполнил площадь | historical | В 2019
протест* | Два года после протеста площадь пуста | historical | года после
границ* | Журналистке отказано во въезде на границе | reported |
войск* | Минск не исключил ввод войск | reported |
войск* | Лукашенко отрицает участие войск | denied | отрицает
войск* | Минск не планирует вводить войска | denied | не планирует
войск* | Войска войдут в Украину? | hypothetical | ?
войск* | Почему войска уходят из Бреста? | reported |
санкц* | Китай не боится санкций | reported |
границ* | Совет рекомендовал не открывать границы | denied | не
угроз* | Генерал говорит об угрозе с запада | reported |
"""

BELARUSIAN = """
войск* | Войскі перайшлі мяжу | reported |
войск* | Лукашэнка абверг адпраўку войскаў | denied | абверг
войск* | Лукашэнка не абверг адпраўку войскаў | reported |
войск* | Звесткі пра войскі не пацвердзіліся | denied | не пацвердзіліся
мабілізац* | Мабілізацыі не будзе, сказаў міністр | denied | не будзе
войск* | Не толькі войскі: прывезлі і ракеты | reported |
войск* | Войскі могуць перайсці мяжу | hypothetical | могуць
войск* | Нібыта бачылі войскі каля мяжы | hypothetical | Нібыта
войск* | Магчыма, войскі застануцца | hypothetical | Магчыма
войск* | Кіеў сцвярджае, што войскі перайшлі раку | claimed | сцвярджае
войск* | Міністр абвінаваціў Мінск у перакідцы войскаў | claimed | абвінаваціў
войск* | Войскі прыбылі на вучэнні пад Брэст | exercise | вучэнні
войск* | Войскі прыехалі на вучэньні | exercise | вучэньні
пратэст* | Гадавіна пратэсту ў Мінску | historical | Гадавіна
пратэст* | Два гады таму пратэст запоўніў плошчу | historical | гады таму
пратэст* | У 2020 годзе пратэст запоўніў плошчу | historical | У 2020
пратэст* | Два гады пасля пратэсту плошча пустая | historical | гады пасля
войск* | Весткі пра войскі — фэйк | denied | фэйк
войск* | Лукашэнка пагражае ўвесці войскі | hypothetical | пагражае
вучэнн* | Пачаліся вучэнні пад Брэстам | reported |
"""

UKRAINIAN = """
військ* | Війська перейшли кордон | reported |
військ* | Лукашенко спростував відправлення військ | denied | спростував
військ* | Лукашенко не спростував відправлення військ | reported |
військ* | Перекидання військ не підтвердилося | denied | не підтвердилося
мобілізац* | Мобілізації не буде, сказав міністр | denied | не буде
військ* | Не лише війська: завезли й ракети | reported |
військ* | Війська можуть зайти з півночі | hypothetical | можуть
військ* | Нібито бачили війська біля кордону | hypothetical | Нібито
військ* | Ймовірно, війська лишаться | hypothetical | Ймовірно
військ* | Якщо зайдуть війська, міст підірвуть | hypothetical | Якщо
військ* | Київ стверджує, що війська перейшли річку | claimed | стверджує
військ* | Міністр звинуватив Мінськ у перекиданні військ | claimed | звинуватив
військ* | Війська прибули на навчання під Берестя | exercise | навчання
школ* | У школі почалося очне навчання | reported |
брест* | Під Брестом відбулися навчання на полігоні | exercise | навчання
навчан* | Почалися навчання на полігоні | reported |
протест* | Річниця протесту в Мінську | historical | Річниця
протест* | Два роки тому протест заповнив площу | historical | роки тому
протест* | У 2020 році протест заповнив площу | historical | У 2020
протест* | Два роки після протесту площа порожня | historical | роки після
військ* | Повідомлення про війська — фейк | denied | фейк
військ* | Лукашенко заперечує участь військ | denied | заперечує
"""

POLISH = """
rezerwist* | Białoruś wzywa rezerwistów do koszar | reported |
rezerwist* | Polityk wzywa, żeby rezerwistów wysyłać później | hypothetical | wzywa
wojsk* | Wojska przekroczyły granicę | reported |
wojsk* | Łukaszenka zaprzecza wysłaniu wojsk | denied | zaprzecza
wojsk* | Łukaszenka nie zaprzeczył wysłaniu wojsk | reported |
wojsk* | Straż nie potwierdza ruchu wojsk | denied | nie potwierdza
mobilizac* | Nie będzie mobilizacji na Białorusi | denied | Nie będzie
mobilizac* | Mobilizacji nie będzie, mówi minister | denied | nie będzie
wojsk* | Nie tylko wojska: przywieziono też rakiety | reported |
wojsk* | Wojska mogą wejść z północy | hypothetical | mogą
wojsk* | Mińsk może wysłać wojska | hypothetical | może
wojsk* | Rzekomo widziano wojska przy granicy | hypothetical | Rzekomo
wojsk* | Jeśli wejdą wojska, most runie | hypothetical | Jeśli
wojsk* | Kijów twierdzi, że wojska przeszły rzekę | claimed | twierdzi
wojsk* | Minister oskarżył Mińsk o ukrywanie wojsk | claimed | oskarżył
wojsk* | Wojska przybyły na ćwiczenia pod Brześć | exercise | ćwiczenia
wojsk* | Manewry wojsk pod Brześciem | exercise | Manewry
manewr* | Manewry wojsk pod Brześciem | reported |
protest* | Rocznica protestu w Mińsku | historical | Rocznica
protest* | Dwa lata temu protest wypełnił plac | historical | lata temu
protest* | W 2020 roku protest wypełnił plac | historical | W 2020
protest* | Dwa lata po stłumieniu protestu plac jest pusty | historical | lata po
granic* | Dziennikarce odmówiono wjazdu na granicy | reported |
wojsk* | Informacja o wojskach to fejk | denied | fejk
wojsk* | Wejście wojsk mało prawdopodobne | hypothetical | mało prawdopodobne
wojsk* | Apel, by nie wysyłać wojsk | reported |
"""

LITHUANIAN = """
karių | Kolona karių kirto sieną | reported |
karių | Lukašenka paneigė karių siuntimą | denied | paneigė
karių | Lukašenka nepaneigė karių siuntimo | reported |
karių | Karių judėjimas nepatvirtintas | denied | nepatvirtintas
mobilizac* | Mobilizacijos nebus, sako ministras | denied | nebus
karių | Ne tik karių, bet ir raketų atvežta | reported |
kariai | Kariai gali įžengti iš šiaurės | hypothetical | gali
kariai | Esą kariai matyti prie sienos | hypothetical | Esą
kariai | Galbūt kariai liks | hypothetical | Galbūt
kariai | Jei kariai įžengs, tiltas grius | hypothetical | Jei
kariai | Kijevas teigia, kad kariai perėjo upę | claimed | teigia
karių | Ministras kaltina Minską dėl karių slėpimo | claimed | kaltina
kariai | Kariai atvyko į pratybas prie Bresto | exercise | pratybas
pratyb* | Prasidėjo pratybos prie Bresto | reported |
protest* | Protesto metinės Minske | historical | metinės
protest* | Dveji metai po, kai metų po protesto aikštė tuščia | historical | metų po
karių | Planuojama siųsti karių į pasienį | hypothetical | Planuojama
karių | Žinia apie karių žygį melaginga | denied | melaginga
"""

TABLES = {
    "en": ENGLISH,
    "ru": RUSSIAN,
    "be": BELARUSIAN,
    "uk": UKRAINIAN,
    "pl": POLISH,
    "lt": LITHUANIAN,
}
ROWS = [
    (language, *(cell.strip() for cell in line.split("|")))
    for language, table in TABLES.items()
    for line in table.strip().splitlines()
]

# A declaration is a fact whatever it threatens: kind, query, title, summary, modality, cue.
DECLARED = [
    ("join*", "Lukashenko: we may join the war", "reported", ""),
    ("join*", "Lukashenko threatens to join the war", "reported", ""),
    ("join*", "Lukashenko claims Kyiv forces him to join the war", "reported", ""),
    ("join*", "Lukashenko reportedly agreed to join the war", "hypothetical", "reportedly"),
    ("join*", "Will Lukashenko join the war?", "hypothetical", "?"),
    ("join*", "Lukashenko will not join the war", "denied", "will not"),
    ("join*", "Lukashenko denies he said Minsk joined the war", "denied", "denies"),
    ("join*", "Years ago Lukashenko spoke of joining Russia", "historical", "Years ago"),
    ("присоедин*", "Лукашенко угрожает присоединиться к войне", "reported", ""),
    ("присоедин*", "Лукашенко якобы согласился присоединиться", "hypothetical", "якобы"),
    ("далуч*", "Лукашэнка нібыта згадзіўся далучыцца", "hypothetical", "нібыта"),
    ("приєдна*", "Лукашенко нібито погодився приєднатися", "hypothetical", "нібито"),
    ("przyłącz*", "Łukaszenka rzekomo zgodził się przyłączyć do wojny", "hypothetical", "rzekomo"),
    ("przyłącz*", "Łukaszenka grozi, że się przyłączy do wojny", "reported", ""),
    ("prisijung*", "Lukašenka esą sutiko prisijungti prie karo", "hypothetical", "esą"),
]


def heard(
    text: str, title: str, summary: str = "", *, kind: Kind = "deed", language: str | None = None
) -> modality.Spoken:
    """What is said of the match of one query with one item."""
    entry = Entry(key="k", url="", title=title, summary=summary, published=PUBLISHED, language=language)
    item = Item(id="item", source="s", entry=entry, first_seen=PUBLISHED)
    (found,) = query.compile({"i": {ANY_LANGUAGE: text}}, {}).match(item)
    return modality.judge(entry, found, kind, language)


@pytest.mark.parametrize(("language", "text", "title", "expected", "cue"), ROWS)
def test_a_sentence_says_what_it_says(language: str, text: str, title: str, expected: str, cue: str) -> None:
    """Every row of the tables, in its own language: the modality, and the words that say so."""
    spoken = heard(text, title, language=language)
    assert (spoken.modality, spoken.cue) == (expected, cue)


@pytest.mark.parametrize(
    ("language", "text", "title", "expected", "cue"), [row for row in ROWS if row[0] != "lt"]
)
def test_an_unknown_language_is_told_by_the_text(
    language: str, text: str, title: str, expected: str, cue: str
) -> None:
    """The same rows when the feed names no language, or a wrong one of the other script.

    Lithuanian without a letter of its own cannot be told: its short words are words of English.
    """
    wrong = "ru" if language in ("en", "pl") else "en"
    assert heard(text, title).modality == expected
    assert heard(text, title, language=wrong).modality == expected


def test_lithuanian_is_told_by_its_letters() -> None:
    """ė, į, ų, č, š, ž: no other of the six has them, and no English word is beside them."""
    assert heard("karių", "Lukašenka paneigė karių siuntimą").modality == "denied"


@pytest.mark.parametrize(("text", "title", "expected", "cue"), DECLARED)
def test_a_declaration_is_the_fact_itself(text: str, title: str, expected: str, cue: str) -> None:
    """Claims, plans and threats count in full; doubt, questions, denial and history do not."""
    spoken = heard(text, title, kind="declaration")
    assert (spoken.modality, spoken.cue) == (expected, cue)


@pytest.mark.parametrize(
    ("title", "summary", "expected", "cue"),
    [
        ("Minsk denies reports", "Several columns of troops were seen.", "denied", "denies"),
        ("Anniversary of the raid", "Several columns of troops were seen.", "historical", "Anniversary"),
        ("Minsk could act", "Several columns of troops were seen.", "reported", ""),
        ("No rain in Minsk", "Several columns of troops were seen.", "reported", ""),
        ("Night in Minsk", "Several columns of troops were seen. Kyiv denied other reports.", "reported", ""),
        ("Night in Minsk", "Kyiv denied that troops were seen.", "denied", "denied"),
        ("Night in Minsk", "Gen. Smith denied on Monday that troops were seen.", "denied", "denied"),
        (
            "Night in Minsk",
            "He denied, at the end of a long day of talks in the old town, moving troops.",
            "reported",
            "",
        ),
    ],
)
def test_the_title_governs_the_summary(title: str, summary: str, expected: str, cue: str) -> None:
    """Denial and history in a headline hold for the text below; otherwise the hit's own sentence counts."""
    spoken = heard("troops", title, summary, language="en")
    assert (spoken.modality, spoken.cue) == (expected, cue)


def test_a_long_text_is_read_around_its_hits() -> None:
    """A cue beside the hit counts, however far down; one elsewhere does not."""
    filler = "The weather stayed dry over the whole of the country. " * 200
    assert heard("troops", "Minsk", filler + "The army denied moving troops. " + filler).cue == "denied"
    assert heard("troops", "Minsk", "He denied it. " + filler + "They saw troops. ").modality == "reported"


def test_a_frequent_name_does_not_hide_the_deed_in_a_long_text() -> None:
    """Each word that hit is looked for by itself, however often another stands before it."""
    body = (
        "Belarus is a country of forests and of long, dry summers. " * 200 + "Belarus denied moving troops."
    )
    assert heard("belarus troops", "Minsk", body).modality == "denied"


def test_a_denial_that_is_looked_for_is_no_cue() -> None:
    """Not in the title either: the indicator asks for it."""
    spoken = heard("denies talks", "Minsk denies it all", "It denies that talks were held.", language="en")
    assert spoken.modality == "reported"


def test_undated_reports_have_no_past_years() -> None:
    """Without a date nobody knows whether 2020 is past."""
    entry = Entry(key="k", url="", title="The protest in 2020 filled the square")
    found = Match("item", "i", "title", ("protest",), 1.0)
    assert modality.judge(entry, found, "deed", "en").modality == "reported"


def test_the_reason_quotes_the_cue() -> None:
    """People read why."""
    assert heard("troops", "Minsk denies sending troops").reason == "denied: the title says “denies”"


def test_the_factors_are_those_of_the_method() -> None:
    """method.md §2, match strength."""
    assert dict(modality.FACTOR) == {
        "reported": 1.0,
        "claimed": 0.7,
        "hypothetical": 0.3,
        "exercise": 0.3,
        "denied": 0.0,
        "historical": 0.0,
    }


def test_every_table_is_long_enough() -> None:
    """At least 15 sentences of each language, 130 in all."""
    assert all(len(table.strip().splitlines()) >= 15 for table in TABLES.values())
    assert len(ROWS) >= 130


texts = st.one_of(
    st.text(max_size=200),
    st.lists(
        st.sampled_from(["no", "May", "2019", "in", "?", ".", "\n", "не", "¼", "İ", "ſ", "\ud800", "troops"])
    ).map(" ".join),
)


@given(
    title=texts,
    summary=texts,
    shown=st.lists(st.one_of(texts, st.just("troops")), max_size=4).map(tuple),
    kind=st.sampled_from(["deed", "declaration"]),
    language=st.sampled_from([None, "", "en", "ru", "be-BY", "uk", "pl", "lt", "zz"]),
    where=st.sampled_from(["title", "summary", "body"]),
)
def test_any_text_is_judged_the_same_twice(title, summary, shown, kind, language, where) -> None:
    """It never raises, and the answer depends on nothing but the arguments."""
    entry = Entry(key="k", url="", title=title, summary=summary, body=summary * 20, published=PUBLISHED)
    found = Match("item", "i", where, shown, 1.0)
    first = modality.judge(entry, found, kind, language)
    assert modality.judge(entry, found, kind, language) == first
    assert first.modality in modality.FACTOR
    assert bool(first.cue) == (first.modality != "reported")
