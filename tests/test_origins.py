"""origins: whose word a report is, in six languages, and what is no citation."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iwmon import origins
from iwmon.model import Entry, Item, Origin, Source
from iwmon.origins import Voice
from iwmon.origins.names import key

NIVA = Source(
    "niva",
    "Nasha Niva",
    "feed",
    "https://nashaniva.com/rss",
    reliability="B",
    cited_as=('"наша ніва"', "наш* нів*"),
)
SVABODA = Source(
    "svaboda", "Radio Svaboda", "feed", "https://www.svaboda.org/api", publisher="rferl", reliability="B",
    cited_as=('"радыё свабода"', "rferl"), credibility=2,
)  # fmt: skip
TASS = Source(
    "tass", "TASS", "feed", "https://tass.com/rss", controlled_by="RU state", reliability="D",
    cited_as=("tass", "тасс"), authoritative_for=("RU government",),
)  # fmt: skip
HAJUN = Source(
    "hajun", "Belaruski Hajun", "feed", "https://t.me/s/hajun", reliability="C", cited_as=("hajun", "гаюн*")
)
GOOGLE = Source("google", "Google News", "feed", "https://news.google.com/rss", aggregator=True)
SOURCES = (NIVA, SVABODA, TASS, HAJUN, GOOGLE)

LUKASHENKO = Origin(
    "by-president", "President of Belarus",
    ("lukashenk*", "лукашенк*", "лукашэнк*", "łukaszenk*", "lukašenk*"),
    controlled_by="BY state", authoritative_for=("BY government",), reliability="D",
)  # fmt: skip
PUTIN = Origin(
    "ru-president", "President of Russia", ("putin*", "путин*", "путін*", "пуцін*"), controlled_by="RU state"
)
ZELENSKY = Origin("ua-president", "President of Ukraine", ("zelensk*", "зеленськ*", "зеленск*", "зяленск*"))
MINISTRY = Origin(
    "by-mod", "Belarusian defence ministry",
    ('"defence ministry"', '"ministry of defence"', "минобороны", '"міністэрств* абароны"', '"міноборони"',
     '"ministerstwo obrony"', '"gynybos ministerija"'),
    controlled_by="BY state", reliability="C",
)  # fmt: skip
ORIGINS = (LUKASHENKO, PUTIN, ZELENSKY, MINISTRY)
DIRECTORY = origins.directory(SOURCES, ORIGINS)

PRESIDENT, KREMLIN, MOD = LUKASHENKO.name, PUTIN.name, MINISTRY.name


def voice(title: str, summary: str = "", source: Source = NIVA, **entry: str) -> Voice:
    item = Item(
        "i",
        source.id,
        Entry("k", title=title, summary=summary, **{"url": "", **entry}),
        datetime(2022, 7, 1, tzinfo=UTC),
    )
    return origins.voice(item, source, DIRECTORY)


CITES = [
    # en
    ("Lukashenko met Putin, Reuters reports", "Reuters"),
    ("Lukashenko says troops will come", PRESIDENT),
    ("Belarus to receive missiles, Putin says", KREMLIN),
    ("BelTA reports that Lukashenko said the harvest is in", "BelTA"),
    ("Troops at the border, according to Reuters", "Reuters"),
    ("Troops at the border, according to the news agency AFP", "AFP"),
    ("Citing two diplomats, Bloomberg reported new sanctions", "Bloomberg"),
    ("Minsk denies it: Belarusian Defence Ministry denied the reports", MOD),
    ("The Ministry of Defence of Belarus announced drills", MOD),
    ("Zelensky told the BBC that he expects an attack", ZELENSKY.name),
    ("A diplomat told Reuters that talks go on", "Reuters"),
    ("Exercises are over, said Lukashenko", PRESIDENT),
    ("Exercises are over,” said President Alexander Lukashenko", PRESIDENT),
    ("Lukashenko on Monday said he would not fight", PRESIDENT),
    ("Lukashenko: Belarus will not fight", PRESIDENT),
    ("ISW: Russian units move in Belarus", "ISW"),
    ("Trains with tanks seen near Brest - Reuters", "Reuters"),
    ("According to Ukrainian intelligence, units move", "Ukrainian intelligence"),
    ("According to Franak Viacorka, units move", "Franak Viacorka"),
    ("Units move, according to a leaked letter", "a letter"),
    ("Leaked document shows plan for Belarus", "a document"),
    ("Intercepted recording reveals orders", "a recording"),
    ("Units move, according to Telegram channel Hajun", "Belaruski Hajun"),
    ("Units move, according to the Telegram channel Motolko Help", "Telegram channel Motolko Help"),
    ("Onliner.by reports shortages", "Onliner.by"),
    ("Radio Free Europe reported a raid", "Radio Svaboda"),
    ("New York Times reports a plan", "New York Times"),
    ("The Associated Press reported a raid", "AP"),
    ("Lukashenko accuses Ukraine of planning an attack", PRESIDENT),
    ("Putin promises Belarus missiles", KREMLIN),
    # ru
    ("Лукашенко встретился с Путиным, сообщает Reuters", "Reuters"),
    ("Учения продлены, сообщает агентство Интерфакс", "Interfax"),
    ("Учения продлены, сообщило Минобороны", MOD),
    ("Минобороны Беларуси сообщило об учениях", MOD),
    ("Со ссылкой на РИА Новости: учения продлены", "RIA Novosti"),
    ("По данным BBC, учения продлены", "BBC"),
    ("По словам Лукашенко, войны не будет", PRESIDENT),
    ("Войны не будет, заявил президент Беларуси Александр Лукашенко", PRESIDENT),
    ("Путин заявил, что ракеты передадут Беларуси", KREMLIN),
    ("Путин опроверг планы по объединению", KREMLIN),
    ("Лукашенко рассказал о планах", PRESIDENT),
    ("Лукашенко: войны не будет", PRESIDENT),
    ("Об этом пишет «Медиазона»", "Медиазона"),
    ("Об этом сообщает телеграм-канал «Рыбарь»", "Telegram channel Рыбарь"),
    ("В письме говорится об учениях", "a letter"),
    ("В утекшем документе описан план", "a document"),
    ("Учения продлены — РИА Новости", "RIA Novosti"),
    ("Колонна у Бреста, передает «Радио Свобода»", "Radio Svaboda"),
    ("По словам президента США, войны не будет", "президента США"),
    # be
    ("Пра гэта паведамляе Рэйтэр", "Reuters"),
    ("Паводле Reuters, вучэнні працягнутыя", "Reuters"),
    ("Са спасылкай на БелТА піша сайт", "BelTA"),
    ("Лукашэнка заявіў, што вайны не будзе", PRESIDENT),
    ("Вайны не будзе, заявіў Лукашэнка", PRESIDENT),
    ("Міністэрства абароны абвергла звесткі", MOD),
    ("У лісце гаворыцца пра вучэнні", "a letter"),
    ("Паводле тэлеграм-канала «Беларускі Гаюн», ляцяць", "Belaruski Hajun"),
    ("Пра гэта паведаміла Радыё Свабода", "Radio Svaboda"),
    ("Пуцін заявіў пра ракеты", KREMLIN),
    # uk
    ("Про це повідомляє Укрінформ", "Ukrinform"),
    ("Про це повідомляє Інтерфакс-Україна", "Interfax-Ukraine"),
    ("З посиланням на Reuters пише видання", "Reuters"),
    ("За даними УНІАН, навчання тривають", "UNIAN"),
    ("Зеленський заявив про загрозу", ZELENSKY.name),
    ("За словами Лукашенка, війни не буде", PRESIDENT),
    ("Міноборони спростувало чутки", MOD),
    ("Путін спростував плани", KREMLIN),
    ("У листі йдеться про навчання", "a letter"),
    ("Навчання тривають, передає Радіо Свобода", "Radio Svaboda"),
    # pl
    ("Jak podaje PAP, ćwiczenia trwają", "PAP"),
    ("Ćwiczenia trwają, poinformowało ministerstwo obrony", MOD),
    ("Według Reutersa ćwiczenia trwają", "Reuters"),
    ("Powołując się na BiełTA, portal pisze", "BelTA"),
    ("Łukaszenka oświadczył, że wojny nie będzie", PRESIDENT),
    ("Łukaszenka powiedział o rakietach", PRESIDENT),
    ("Putin zaprzeczył doniesieniom", KREMLIN),
    ("Ministerstwo Obrony zdementowało doniesienia", MOD),
    ("W liście mowa o ćwiczeniach", "a letter"),
    ("Telegram-kanał Nexta podaje nowe dane", "Nexta"),
    ("Poinformował w poniedziałek niezależny portal Zerkalo.io", "Zerkalo"),
    ("W relacji Reutera to minister", "Reuters"),
    ("Według Straży Granicznej (SG) jest spokój", "Straży Granicznej"),
    ("Łukaszenka oskarża Ukrainę", PRESIDENT),
    # lt
    ("Apie tai praneša BNS", "BNS"),
    ("BNS praneša apie pratybas", "BNS"),
    ("ELTA skelbia apie pratybas", "ELTA"),
    ("Pasak Lukašenkos, karo nebus", PRESIDENT),
    ("Remdamasi Reuters, svetainė rašo", "Reuters"),
    ("Lukašenka teigia, kad karo nebus", PRESIDENT),
    ("Lukašenka sakė, kad karo nebus", PRESIDENT),
    ("Putinas paneigė planus", KREMLIN),
    ("Gynybos ministerija pranešė apie pratybas", MOD),
]  # fmt: skip

CITES_NOBODY = [
    "Lukashenko met Putin in Sochi",
    "Lukashenko was told to wait",
    "He said Putin would come",
    "Lukashenko accused of fraud",
    "Путину рассказали об учениях",
    "Президент ПАСЕ предупредил Владимира Путина",
    "ФБР объявило в розыск «повара Путина»",
    "По данным СМИ, учения продлены",
    "Лише правда в нас у Telegram-каналі Оглядач",
    "Министр рассказал Путину об учениях",
    "Prices rise, according to the country's biggest bank",
    "Prices rise, according to Belarus's biggest bank",
    "Об этом он написал в своём Telegram-канале",
    "Talks with Putin announced",
    "Putin visit announced for Friday",
    "Putin's spokesman said nothing",
    "A MAP of the border, a clap and a nap",
    "Draws a map said to be false",
    "The list of sanctioned firms grows",
    "Lista osób na liście sankcyjnej rośnie",
    "Read more at https://www.reuters.com/world/reuters-reports-it",
    "Two journalists of Reuters detained in Minsk",
    "Police search the office of BelTA",
    "Photo: Reuters",
    "Фото: Алесь Фатограф / Reuters / Forum",
    "Photograph by Anna (Photo: AFP)",
    "For the sake of Putin",
    "Write an open question to Lukashenko",
    "Лукашенко встретился с Путиным",
    "Он заявил о встрече с Путиным",
    "Министр рассказал о разговоре с Лукашенко",
    "Летом лета не было",
    "Журналиста Рейтер задержали",
    "Лукашенко и Путин: чем закончилась встреча",
    "Лист бумаги упал",
    "У Мінску затрымалі карэспандэнта БелТА",
    "W Mińsku zatrzymano dziennikarza PAP",
    "Apie Putino planus kalbėta Vilniuje",
    "Nasha Niva reports that units move",
    "Пра гэта паведамляе «Наша Ніва»",
    "",
]


HOLDS = [
    # en
    ("Lukashenko expects Russian troops to arrive", PRESIDENT),
    ("Belarusian President Alexander Lukashenko demands an apology", PRESIDENT),
    ("Ukraine war: Putin calls for talks", KREMLIN),
    ("Lukashenko calls on the army to be ready", PRESIDENT),
    ("Lukashenko wants guarantees from NATO", PRESIDENT),
    ("Zelensky urges unity as troops near the border", ZELENSKY.name),
    ("Putin Blames Ukraine For the Blast, Calling It Terrorism", KREMLIN),
    ("Ministry of Defence of Belarus rejects the reports", MOD),
    ("Lukashenko dismisses Polish concerns over the drills", PRESIDENT),
    # ru
    ("Лукашенко призвал к миру", PRESIDENT),
    ("Лукашенко исключил возможность выхода из союза", PRESIDENT),
    ("Лукашенко ожидает, что войска прибудут", PRESIDENT),
    ("Учения продлены. Лукашенко потребовал отчёта", PRESIDENT),
    ("Путин хочет продлить договор", KREMLIN),
    ("Минобороны прокомментировало бы. Путин назвал слухи вбросом", KREMLIN),
    # be
    ("Лукашэнка чакае прыбыцця войскаў", PRESIDENT),
    ("Лукашэнка патрабуе гарантый", PRESIDENT),
    ("Пуцін заклікае да перамоваў", KREMLIN),
    # uk
    ("Лукашенко вимагає гарантій", PRESIDENT),
    ("Лукашенко погрожує сусідам", PRESIDENT),
    ("Зеленський закликає союзників", ZELENSKY.name),
    # pl
    ("Łukaszenka oczekuje przybycia żołnierzy", PRESIDENT),
    ("Łukaszenka wzywa Zachód do rozmów", PRESIDENT),
    ("Łukaszenka chce zmian w ustawie", PRESIDENT),
    ("Wojna w Ukrainie. Łukaszenka domaga się gwarancji", PRESIDENT),
    ("Putin grozi odcięciem gazu", KREMLIN),
    ("Białoruś. Łukaszenka ma nadzieję na pokój", PRESIDENT),
    # lt
    ("Lukašenka tikisi karių", PRESIDENT),
    ("Lukašenka reikalauja garantijų", PRESIDENT),
    ("Putinas ragina derėtis", KREMLIN),
]  # fmt: skip

HOLDS_NOTHING = [
    # deeds, also those that are done by speaking
    "Lukashenko meets Putin",
    "Lukashenko orders troops to the border",
    "Putin calls up reservists",
    "Lukashenko dismisses the defence minister",
    "Lukashenko dismisses the government months before the vote",
    "Лукашенко призвал резервистов на военные сборы",
    "Лукашенко призвал на службу тысячи военнообязанных",
    "Лукашенко исключил генерала из Совета безопасности",
    "Łukaszenka wzywa rezerwistów do koszar",
    "Łukaszenka wezwał rezerwistów",
    "Лукашенко поручил усилить охрану границы",
    "Łukaszenka wysyła żołnierzy",
    "Łukaszenka ogłasza mobilizację",
    "Lukašenka siunčia karius",
    # what others think that he thinks
    "Why Putin demands talks",
    "Putin wants to divide his neighbours",
    "What does Putin expect? Why Lukashenko wants guarantees",
    "Putin expects defeat, analyst says",
    "Putin demands an end says Erdogan",
    "Putin believes in victory, according to a minister",
    "Scholz: Putin demands surrender",
    "“Putin demands surrender”: a day in Minsk",
    "Borrell: Putin chce wojny",
    "Wybuch na moście. Kreml milczy, Putin chce czasu",
    # a clause at the side of the report, or far from its beginning
    "Government resigns as Putin proposes reforms",
    "Troops leave three bases near the western border with heavy guns, Lukashenko urges calm",
    # whom it befalls
    "Putin urged to hold talks",
    "Lukashenko expected in Sochi",
    "Лукашенко ожидает трибунал",
    "Łukaszence grozi więzienie",
    "Лукашенко рассказали об учениях",
    "Лукашенко назвали трусом",
    "Соперник Лукашенко призвал к протестам",
    "Противник Лукашенко рассказал о планах",
    "Talks with Putin demands rise",
    # newsrooms do not want anything of the reader
    "TASS expects a record year",
]


@pytest.mark.parametrize(("title", "origin"), HOLDS)
def test_who_expects_or_demands_is_whose_word_it_is(title: str, origin: str) -> None:
    """A declared speaker with a verb of mind or demand, at the title's beginning."""
    assert voice(title).origin == origin


@pytest.mark.parametrize("title", HOLDS_NOTHING)
def test_a_deed_or_a_reading_of_somebodys_mind_is_no_citation(title: str) -> None:
    """What he does, what befalls him, and what others say that he thinks are not his word."""
    assert voice(title).origin == ""


def test_a_demand_in_a_summary_is_background() -> None:
    """Only a title's beginning says whose report it is by such a verb."""
    assert voice("Troops at the border", "Lukashenko demands guarantees.").origin == ""


def test_a_newsroom_comes_before_who_demands() -> None:
    """As before any other speaker."""
    assert voice("Lukashenko demands guarantees - Reuters").origin == "Reuters"


@pytest.mark.parametrize(
    ("title", "origin"),
    [
        ("Units refuse to fight, says a letter", "a letter"),
        ("Units refuse to fight, says a leaked memo", "a document"),
        ("Units refuse to fight, says a letter published by Hajun", "Belaruski Hajun"),
        ("Units refuse to fight, according to a letter seen by Reuters", "Reuters"),
        ("Units refuse to fight, according to a letter to officers obtained by AP", "AP"),
        ("Units refuse to fight, according to a letter from officers", "a letter"),
        ("Units refuse to fight: leaked document, seen by the BBC", "BBC"),
        ("Части отказываются, говорится в письме, опубликованном Reuters", "Reuters"),
        ("Часткі адмаўляюцца, гаворыцца ў лісце, апублікаваным Reuters", "Reuters"),
        ("Oddziały odmawiają, mowa w liście opublikowanym przez PAP", "PAP"),
    ],
)
def test_a_document_is_the_word_of_who_published_it(title: str, origin: str) -> None:
    """And nobody's but its own where no newsroom is named."""
    assert voice(title).origin == origin
    assert voice("Today", title).origin == origin


def test_a_document_that_the_newsroom_itself_has_seen_is_its_own_report() -> None:
    """Else the report and those that cite it would be two origins."""
    assert voice("Units refuse to fight, according to a letter seen by Nasha Niva").origin == ""


@pytest.mark.parametrize(
    "title",
    [
        "Officers wrote a letter to Lukashenko",
        "Hulu announced the list of films",
        "He said the letter was lost",
        "Minister confirmed an internal memo",
    ],
)
def test_a_document_that_is_only_spoken_of_is_no_origin(title: str) -> None:
    """It speaks where "says a letter" stands behind what it says."""
    assert voice(title).origin == ""


@pytest.mark.parametrize(("title", "origin"), CITES)
def test_a_cue_near_a_name_cites(title: str, origin: str) -> None:
    """In a title as in a summary, the name beside the cue is whose word it is."""
    assert voice(title).origin == origin
    assert voice("Today", title).origin == origin


@pytest.mark.parametrize("title", CITES_NOBODY)
def test_a_name_without_a_cue_is_no_citation(title: str) -> None:
    """Subjects, companions, spokesmen, photographs, addresses and the newsroom itself are nobody's word."""
    said = voice(title)
    assert (said.origin, said.group, said.side) == ("", "niva", "independent")
    assert voice("Today", title).origin == ""


@pytest.mark.parametrize(
    ("summary", "origin"),
    [
        ("MINSK (Reuters) - Troops moved on Friday.", "Reuters"),
        ("MINSK, Belarus (AP) — Troops moved.", "AP"),
        ("Troops moved on Friday. (PAP)", "PAP"),
        ("Wojsko ruszyło. /PAP/", "PAP"),
        ("Troops moved. © AFP", "AFP"),
        ("МИНСК, 5 мая - РИА Новости. Войска вышли.", "RIA Novosti"),
        ("МИНСК, 5 мая. /ТАСС/. Войска вышли.", "TASS"),
        ("ТАСС, 5 мая. Войска вышли.", "TASS"),
    ],
)
def test_an_agency_is_credited_by_its_mark(summary: str, origin: str) -> None:
    """A credit needs no verb."""
    assert voice("Troops move", summary).origin == origin


def test_the_title_comes_first_and_a_newsroom_before_a_speaker() -> None:
    """Whom the title cites counts, whatever the summary adds."""
    assert voice("Troops will leave, Putin says, Reuters reports").origin == "Reuters"
    assert voice("Lukashenko says no", "Reuters reports otherwise").origin == PRESIDENT
    assert voice("Troops leave", "Reuters reports it. According to AFP they stay").origin == "Reuters"


def test_what_is_configured_decides_whose_voice_it_is() -> None:
    """Group, bloc, grade and authority are those of the origin; the newsroom's own grade stays known."""
    said = voice("Lukashenko says troops will come")
    assert said == Voice(
        "Nasha Niva", "niva", PRESIDENT, "BY state", "BY state", "D", "B", ("BY government",), None,
        "Lukashenko says", "Nasha Niva cites President of Belarus: “Lukashenko says”",
    )  # fmt: skip


def test_a_denial_is_the_word_of_who_denies() -> None:
    """A denial has an origin of its own, and says so."""
    said = voice("Путин опроверг планы", source=SVABODA)
    assert (said.origin, said.credibility) == (KREMLIN, 2)
    assert "denial" in said.reason


@pytest.mark.parametrize(
    ("title", "group", "side"),
    [
        ("Reuters reports it", "agency:reuters", "independent"),
        ("BelTA reports it", "BY state", "BY state"),
        ("RIA Novosti reports it", "RU state", "RU state"),
        ("TASS reports it", "RU state", "RU state"),
        ("Radio Liberty reports it", "rferl", "independent"),
        ("According to a letter, it is so", "cited:letter", "independent"),
        ("Według listu tak jest", "cited:letter", "independent"),
        ("According to Mediazona it is so", "cited:mediazona", "independent"),
        ("По данным «Медиазона», это так", "cited:mediazona", "independent"),
    ],
)
def test_one_origin_is_one_group(title: str, group: str, side: str) -> None:
    """However it is written, and configured or not."""
    said = voice(title)
    assert (said.group, said.side) == (group, side)


def test_the_worse_grade_counts() -> None:
    """A grade that the origin lacks is the newsroom's; F weighs more than D."""
    assert voice("Reuters reports it").reliability == "B"
    assert voice("Минобороны сообщило об этом").reliability == "C"
    assert voice("TASS reports it").reliability == "D"
    unjudged = Source("u", "Unjudged", "feed", "https://u.example", reliability="F")
    assert voice("Минобороны сообщило об этом", source=unjudged).reliability == "F"
    assert voice("TASS reports it", source=unjudged).reliability == "D"


def test_a_controlled_outlet_cannot_borrow_a_voice() -> None:
    """It adds nothing to whom it cites, stays on its controller's side and speaks for nobody else."""
    borrowed = voice("Reuters reports that troops leave", source=TASS)
    assert (borrowed.origin, borrowed.group, borrowed.side) == ("Reuters", "agency:reuters", "RU state")
    assert (borrowed.carrier, borrowed.speaks_for) == ("RU state", ())
    assert "Reuters" in borrowed.reason
    own_bloc = voice("Путин заявил об этом", source=TASS)
    assert (own_bloc.origin, own_bloc.group) == (KREMLIN, "RU state")
    assert voice("ТАСС сообщает об этом", source=TASS).origin == ""


def test_a_newsroom_of_the_same_group_is_no_other_voice() -> None:
    """Two services of one publisher do not cite each other."""
    assert voice("Радио Свобода сообщает об этом", source=SVABODA).origin == ""
    assert voice("Радио Свобода сообщает: Reuters пишет об этом", source=SVABODA).origin == "Reuters"


def test_only_an_aggregator_names_another_newsroom() -> None:
    """What an entry says of its publisher counts nowhere else."""
    claim = {"publisher": "Nasha Niva", "publisher_url": "https://nashaniva.com"}
    assert voice("Troops", source=GOOGLE, **claim).carrier == "niva"
    assert voice("Troops", source=SVABODA, **claim).carrier == "rferl"


@pytest.mark.parametrize(
    "entries",
    [
        [("", f"https://{host}/x") for host in ("evil.com", "a.evil.com", "b.a.evil.com", "www.evil.com.")],
        [("", f"https://{host}.evil.co.uk/x") for host in ("a", "b", "c.d")],
        [
            (name, "")
            for name in ("Evil News", "evil  news", "Evil\u200b News", "E\u0301vil News", "Evil-News")
        ],
    ],
)
def test_hosts_of_one_site_and_spellings_of_one_name_are_one_newsroom(entries) -> None:
    """Both cost nothing to make up: three of them would be three independent origins."""
    found = {voice("Troops", source=GOOGLE, publisher=n, publisher_url=u).carrier for n, u in entries}
    assert len(found) == 1


def test_a_configured_newsroom_is_known_however_its_name_or_host_is_dressed() -> None:
    """A controlled outlet must not become an independent one by a mark that nobody sees."""
    for name, address in (
        ("tass\u200b", ""),
        ("", "https://tass.com./x"),
        ("", "https://ta\u200bss.com/x"),
        ("", "https://ｔass.com/x"),
    ):
        said = voice("Troops", source=GOOGLE, publisher=name, publisher_url=address)
        assert (said.carrier, said.side) == ("RU state", "RU state")
    apart = [voice("Troops", source=GOOGLE, publisher_url=f"https://{h}/x") for h in ("a.co.uk", "b.co.uk")]
    assert len({one.carrier for one in apart}) == 2


def test_behind_an_aggregator_is_the_newsroom_that_the_entry_names() -> None:
    """By address before name; one that is cited elsewhere as an agency has the agency's group."""
    faked = voice("Troops", source=GOOGLE, publisher="Nasha Niva", publisher_url="https://fake.example")
    assert (faked.carrier, faked.reliability, faked.side) == ("fake.example", "F", "independent")
    agency = voice(
        "Troops - Reuters", source=GOOGLE, publisher="Reuters", publisher_url="https://www.reuters.com"
    )
    assert (agency.carrier, agency.origin, agency.group) == ("agency:reuters", "", "agency:reuters")
    for address, group in (("edition.cnn.com", "cnn"), ("apnews.com", "ap"), ("bbc.co.uk", "bbc")):
        assert (
            voice("Troops", source=GOOGLE, publisher_url=f"https://{address}/x").carrier == f"agency:{group}"
        )
    itself = voice("Войска - РИА НОВОСТИ", source=GOOGLE, publisher="Ria.ru", publisher_url="https://ria.ru")
    assert (itself.carrier, itself.origin) == ("RU state", "")
    state = voice(
        "Reuters reports it", source=GOOGLE, publisher="BelTA", publisher_url="https://eng.belta.by"
    )
    assert (state.carrier, state.origin, state.side) == ("BY state", "Reuters", "BY state")
    cites = voice("Troops move, Reuters reports - Blog", source=GOOGLE, publisher="Blog")
    assert (cites.publisher, cites.carrier, cites.origin) == ("Blog", "blog", "Reuters")


def test_an_unreadable_name_is_passed_over() -> None:
    """`check` complains of it; the rest still works."""
    odd = origins.directory((NIVA,), (Origin("x", "X", ("*", "", "$set", "lukash*")),))
    item = Item("i", "niva", Entry("k", "", "Lukashenko says no"), datetime(2022, 7, 1, tzinfo=UTC))
    assert origins.voice(item, NIVA, odd).origin == "X"


@given(st.text(alphabet="абвгдежзклмнопрстуфцчшщыэюя", min_size=1))
def test_a_key_is_latin(name: str) -> None:
    """One name in two scripts is one key."""
    assert key(name).isascii()
    assert key(key(name)) == key(name)


PIECES = st.sampled_from(
    ["according to ", "Reuters", "(", ")", " — ", "«", "»", ", ", ". ", "сообщает ", "Лукашенко ", "letter ",
     "Telegram channel ", "w liście ", "calls for ", "oczekuje ",
     "chce ", "says a letter seen by ", "? ", "sakė ", "@", "_", ".by ", ":", "'s ", "AP", "/", "© ",
     "\u0301", "\u200b",
     "ﬁ", "İ", "ß"]
)  # fmt: skip


@given(st.lists(PIECES | st.text(max_size=5), max_size=30).map("".join), st.text(), st.sampled_from(SOURCES))
def test_any_text_has_one_voice(title: str, summary: str, source: Source) -> None:
    """It never raises, and says the same again; a controlled outlet always speaks for its controller."""
    said = voice(title, summary, source)
    assert said == voice(title, summary, source)
    assert all((said.reason, said.group, said.carrier))
    if source.controlled_by:
        assert said.side == source.controlled_by
    if not said.origin:
        assert said.group == said.carrier


def test_a_long_text_is_read_at_its_beginning() -> None:
    """Whom a report cites stands early in it: the cost of a report has a bound."""
    assert voice("Troops", "word " * 1000 + "Reuters reports").origin == ""
