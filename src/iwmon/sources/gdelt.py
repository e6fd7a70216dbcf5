"""GDELT's DOC 2.0 API: a search over the world's news of the last three months, as artlist JSON.

`source.url` is either the whole request or, with `options: {query: ...}`, ignored in favour of one that is
built from the query (and `timespan`, default 1d; `maxrecords`, default and most 250). The service asks for
five seconds between requests (the fetcher keeps them) and answers mistakes in plain text with status 200.

A search may honestly find nothing: `{}` is no articles, not a failure.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from iwmon.model import FeedState, Parsed, PollState, ReadFailed, Request, Source
from iwmon.sources.asking import JSON, ask
from iwmon.sources.charset import decode
from iwmon.sources.dates import moment
from iwmon.sources.entries import ENTRIES_LIMIT, NAME_LIMIT, TITLE_LIMIT, Draft, cut_note, finished
from iwmon.sources.jsontext import Json, broken_note, load, salvage
from iwmon.sources.looks import not_a_feed
from iwmon.sources.text import address, clipped, plain

HOST = "api.gdeltproject.org"

_LANGUAGES = {  # as the service names them; ISO 639-1
    "Albanian": "sq",
    "Arabic": "ar",
    "Armenian": "hy",
    "Azerbaijani": "az",
    "Belarusian": "be",
    "Bosnian": "bs",
    "Bulgarian": "bg",
    "Catalan": "ca",
    "Chinese": "zh",
    "Croatian": "hr",
    "Czech": "cs",
    "Danish": "da",
    "Dutch": "nl",
    "English": "en",
    "Estonian": "et",
    "Finnish": "fi",
    "French": "fr",
    "Georgian": "ka",
    "German": "de",
    "Greek": "el",
    "Hebrew": "he",
    "Hungarian": "hu",
    "Italian": "it",
    "Japanese": "ja",
    "Kazakh": "kk",
    "Korean": "ko",
    "Latvian": "lv",
    "Lithuanian": "lt",
    "Macedonian": "mk",
    "Mongolian": "mn",
    "Norwegian": "no",
    "Persian": "fa",
    "Polish": "pl",
    "Portuguese": "pt",
    "Romanian": "ro",
    "Russian": "ru",
    "Serbian": "sr",
    "Slovak": "sk",
    "Slovenian": "sl",
    "Spanish": "es",
    "Swedish": "sv",
    "Turkish": "tr",
    "Ukrainian": "uk",
    "Uzbek": "uz",
    "Vietnamese": "vi",
}


def request(source: Source, poll: PollState, now: datetime) -> Request:
    """The search, newest first."""
    query = source.options.get("query")
    if not query:
        return ask(source, poll, JSON)
    asked = {
        "query": query,
        "mode": "artlist",
        "format": "json",
        "maxrecords": source.options.get("maxrecords", "250"),
        "timespan": source.options.get("timespan", "1d"),
        "sort": "datedesc",
    }
    return ask(source, poll, JSON, f"https://{HOST}/api/v2/doc/doc?{urlencode(asked)}")


def read(source: Source, body: bytes, content_type: str) -> Parsed:
    """The articles; `publisher` is the domain of each. Raises ReadFailed for all but artlist JSON."""
    text = decode(body, content_type).strip("\ufeff \t\r\n")
    if not text.startswith("{"):
        raise _refused(body, text)
    notes: list[str] = []
    answer = load(text)
    if isinstance(answer, dict):
        articles = answer.get("articles", [])
    else:
        articles, lost = salvage(text, "articles")
        notes.append(broken_note(len(articles), lost))
        if not articles:
            raise ReadFailed(FeedState.ERROR, "JSON that breaks off or is broken, without a readable article")
    if not isinstance(articles, list):
        raise not_a_feed(body, text)
    notes += cut_note(len(articles))
    drafts = [_draft(article) for article in articles[:ENTRIES_LIMIT] if isinstance(article, dict)]
    return finished(source, drafts, "", notes)


def _refused(body: bytes, text: str) -> ReadFailed:
    if text and "<" not in text and len(text) < 2_000:
        return ReadFailed(
            FeedState.ERROR,
            f"GDELT answers: '{clipped(plain(text, 2_000, markup=False), 150)}'",
            hint="one request every 5 seconds" if "limit requests" in text else "see `query` of the source",
        )
    return not_a_feed(body, text)


def _draft(article: dict[str, Json]) -> Draft:
    domain = plain(str(article.get("domain") or ""), NAME_LIMIT, markup=False)
    return Draft(
        title=plain(str(article.get("title") or ""), TITLE_LIMIT),
        url=address(str(article.get("url") or "")),
        published=moment(str(article.get("seendate") or "")),
        language=_LANGUAGES.get(str(article.get("language") or ""), ""),
        publisher=domain,
        publisher_url=address(f"https://{domain}") if domain else "",
    )
