"""What a service gets of a message: clean, harmless and short enough for it. Pure.

This is where feed text is made harmless for good: control and bidi characters go, lengths are bounded,
and what a chat service would take for a mention or for a link with another target is broken.
"""

from __future__ import annotations

import re
from html import escape

from iwmon.model import Message

TITLE_LIMIT = 250
BODY_LIMIT = 32_000  # characters; services with less room get less
CLIPPED = "… (clipped; see iwmon alerts show)"

_TAIL_LINES, _TAIL_LIMIT = 3, 400  # the end of a message says how to acknowledge: it survives clipping
JOINER = "\u2060"  # WORD JOINER: no width, no break, and no service reads a mention across it

_LINE_ENDS = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f"  # controls, except tab and newline
    "\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # bidi, zero width
    "\ud800-\udfff\ufffe\uffff\U000e0000-\U000e007f]"  # lone surrogates, noncharacters, tags
)
_URL = r"(?P<url>https?://[^\s<>]+)"
_LIVE = re.compile(r"@(?!\s)|<(?=[^\s<])|\](?=[(\[:])")
_LINK_OR_LIVE = re.compile(f"{_URL}|{_LIVE.pattern}", re.IGNORECASE)


def words(message: Message, title_limit: int, body_limit: int, *, literal: bool) -> tuple[str, str]:
    """The title and body that a service gets: clean, harmless and short enough for it.

    Limits are the service's, in characters after escaping; a title limit of 0 puts the title into
    the body. `literal` services show text as it is: nothing in it has to be broken.
    """
    title = " ".join(clean(message.title).split()) or "iwmon"
    body = clean(message.body).strip("\n")
    if not literal:
        title, body = harmless(title), harmless(body)
    title = title.replace("=?", f"={JOINER}?")  # a header's encoded word, which hides what it says
    room = min(body_limit or BODY_LIMIT, BODY_LIMIT)
    title = clip(title, min(title_limit or room // 2, TITLE_LIMIT), "…")
    if title_limit == 0:
        room -= width(title) + 2
    return title, clip(body, room, CLIPPED)


def clean(text: str) -> str:
    """Text without control, bidi, zero-width, surrogate and non-characters; lines end in a newline."""
    return _UNWANTED.sub("", _LINE_ENDS.sub("\n", text)).replace("\t", " ")


def harmless(text: str) -> str:
    """Text in which no chat service finds a mention, or a link that hides its target.

    Discord and Mattermost read Markdown, `<url|text>`, `<@id>` and @everyone in plain text too, and
    Apprise passes them on. A word joiner after `@`, `<` and between `](` keeps them as text. In a
    link, `@` becomes `%40`, which is the same address.
    """
    return _LINK_OR_LIVE.sub(_broken, text)


def _broken(found: re.Match[str]) -> str:
    url = found["url"]
    if url is None:
        return found[0] + JOINER
    return _LIVE.sub(lambda live: live[0] + JOINER, url.replace("@", "%40"))


def clip(text: str, limit: int, mark: str) -> str:
    """Text of at most `limit` characters after escaping. What is cut is marked; the last lines stay."""
    if width(text) <= limit:
        return text
    if limit < 3 * len(mark):
        mark = "…"
    tail = ""
    for line in reversed(text.rsplit("\n", _TAIL_LINES)[1:]):
        if width(line) + width(tail) >= min(_TAIL_LIMIT, limit // 3):
            break
        tail = f"\n{line}{tail}"
    joint = "\n" if "\n" in text else ""
    room = limit - width(joint + mark + tail)
    cut, used = 0, 0
    while used + width(text[cut]) <= room:
        used += width(text[cut])
        cut += 1
    return text[:cut].rstrip() + joint + mark + tail


def width(text: str) -> int:
    """Characters of a text after & < > are escaped: what a service counts."""
    return len(escape(text, quote=False))
