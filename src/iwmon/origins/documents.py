"""Letters, recordings, documents and nameless channels: origins without a name, one in all languages."""

from __future__ import annotations

from collections.abc import Mapping

from iwmon.query import fold


def _words(text: str) -> tuple[str, ...]:
    return tuple(fold(text).split())


# Stems. What they mean is certain only with a lead: Polish "list" is a letter and English "list" is none.
NOUNS: Mapping[str, tuple[str, ...]] = {
    "letter": _words("letter письм пісьм ліст лісц лист list liści liście laišk"),
    "recording": _words("recording audio запис запіс аудио аўдыё аудіо nagrani įraš"),
    "document": _words("document memo документ дакумент dokument"),
}
EXACT = frozenset(
    _words("letter letters recording recordings audio document documents memo list listu liście listem")
)
NAMES: Mapping[str, str] = {"letter": "a letter", "recording": "a recording", "document": "a document"}

# Words directly before the noun, at most two away, that make it an origin.
LEAKED = _words(
    "leaked intercepted open утекш слит слив перехвачен открыт адкрыт перахоплен зліт відкрит "
    "перехоплен злит "
    "otwart wyciek przechwycon ujawnion nutekint nutekėj atvir"
)
IN = frozenset(_words("в у во w ў"))  # only for a letter and a recording: "в письме", "у лісце", "w liście"
FROM = frozenset(_words("из з са зь iš z"))  # "следует из письма", "вынікае з ліста", "wynika z listu"
INFLECTED = frozenset(
    _words("письме письмах лісце лістах листі листах liście записи запісе записі nagraniu laiške пісьме")
)
GENITIVE = frozenset(
    _words("письма писем ліста лістоў листа листів listu listów записи запісу запису nagrania laiško")
)
CHANNEL = _words("channel channels канал kanał kanal")
TELEGRAM = _words("telegram телеграм телеграмм тэлеграм telegrama")
LONG = _words("dokument laišk nagrani įraš")  # Latin stems that are no other word's beginning

# Behind the noun, before the newsroom whose word it then is: "a letter seen by Reuters".
PUBLISHED = _words(
    "published seen obtained reviewed posted released shared опубликова апублікава апублікоўва опублікова "
    "оприлюдн opublikowa paskelb"
)
# ", says a leaked letter": English names the document last.
SAYS = frozenset(_words("says said say states stated"))
THE = frozenset(_words("a an the"))
ENGLISH = frozenset(_words("letter letters recording recordings document documents memo"))
