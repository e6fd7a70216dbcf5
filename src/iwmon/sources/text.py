"""Cleaning: what a server wrote → one line of plain text, or one http(s) address.

Whatever comes out of here holds no control, bidirectional, zero-width or surrogate character and no
line break. It may still hold `<` or `@channel` as text: each sink escapes for itself, last.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from urllib.parse import urljoin, urlsplit

from lxml import etree

URL_LIMIT = 2_000
RAW_LIMIT = 1_000_000  # characters of markup that are looked at for one text

# Control characters that str.split() does not take for space, marks that turn or hide text, fillers
# that look like nothing, lone surrogates and tag characters.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\ud800-\udfff\ufdd0-\ufdef\U000e0000-\U000e0fff]+"
)
_CDATA_MARKS = re.compile(r"<!\[CDATA\[|\]\]>")
# Attributes are dropped before libxml2's HTML parser sees them: 100,000 on one tag cost it 91 s.
_ATTRIBUTES = re.compile(r"""<([A-Za-z][^\s<>/"']*+)(?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+""")
_LONG_TAG = re.compile(r"""<([A-Za-z][^\s<>/"']{0,100}+)[^<>]{300,}+""")
_ABSURD_TAG = re.compile(r"""<([A-Za-z][^\s<>/"']{0,100}+)[^<>]{4000,}+""")
_HUGE_REFERENCE = re.compile(r"&#(?:\d{8,}|[xX][0-9A-Fa-f]{7,});?")
_HTML_AFTER_ALL = re.compile(
    r"</(?:a|p|b|i|em|strong|span|div|ul|ol|li|h[1-6]|blockquote|figure|td|font)\s*>"
    r"|<(?:p|br|img|hr)(?:\s[^<>]*)?/?>"
    r"|&(?:amp|lt|gt|quot|apos|nbsp|[lr][ds]quo|[mn]dash|hellip|#\d{1,7}|#[xX][0-9A-Fa-f]{1,6});",
    re.IGNORECASE,
)
_ANY_TAG = re.compile(r"<[^<>]*>")
_MUTE = "script style template iframe object applet noscript svg math head title"
_BREAK = re.compile(  # tags that part words
    r"<(?=/?(?:p|br|div|li|ul|ol|dl|dt|dd|tr|td|th|table|hr|blockquote|h[1-6]|pre|section|article|header|footer"
    r"|figure|figcaption|img|video|audio|option|address|aside|nav|main)[\s/>])",
    re.IGNORECASE,
)
_UNSAFE_IN_URL = re.compile(r"[\s<>\"`{}|^\\]")
_PLAIN_URL = re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9.-]*(?:/[A-Za-z0-9./?=&%_~+,;:!*@$-]*)?")


def plain(raw: str, limit: int, *, markup: bool = True) -> str:
    """`raw` as one line of plain text of at most `limit` characters.

    With `markup` it is HTML: tags go, the text of scripts and styles goes, references are decoded once.
    Without, it is taken literally, unless it plainly is HTML that its feed declared as text.
    """
    text = raw[:RAW_LIMIT]
    if not (text.isascii() and text.isprintable()):
        text = _INVISIBLE.sub("", text)
    if markup or _HTML_AFTER_ALL.search(text):
        bare = _without_markup(text)
        text = text if bare is text else _INVISIBLE.sub("", bare)
    return clipped(" ".join(text.split()), limit)


def clipped(text: str, limit: int) -> str:
    """`text`, cut to `limit` characters with an ellipsis as the last one."""
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def _without_markup(text: str) -> str:
    if "<" not in text:
        return html.unescape(_HUGE_REFERENCE.sub("", text)) if "&" in text else text
    text = _CDATA_MARKS.sub("", text)
    text = _LONG_TAG.sub(r"<\1 ", _ATTRIBUTES.sub(r"<\1 ", _BREAK.sub(" <", text)))
    parser = etree.HTMLParser(encoding="utf-8", no_network=True, remove_comments=True, remove_pis=True)
    try:
        root = etree.fromstring(b"<div>" + text.encode("utf-8", "replace"), parser)
    except etree.LxmlError:
        return html.unescape(_HUGE_REFERENCE.sub("", _ANY_TAG.sub(" ", text)))
    etree.strip_elements(root, *_MUTE.split(), with_tail=False)
    return str(etree.tostring(root, method="text", encoding="unicode"))


def thin(page: str) -> str:
    """HTML without the attributes of absurdly long tags, so that libxml2's parser stays fast."""
    return _ABSURD_TAG.sub(r"<\1 ", page)


def address(raw: str, base: str = "") -> str:
    """An absolute http(s) URL, relative ones joined to `base`; "" for all else.

    Control characters and spaces around it go, as a browser would have it; what could end the URL in a
    message (quotes, angle brackets, spaces) is percent-encoded. Longer than 2,000 characters is "".
    """
    if not base and len(raw) <= URL_LIMIT and _PLAIN_URL.fullmatch(raw):
        return raw  # as nearly all are: what follows would change nothing
    text = _INVISIBLE.sub("", raw).strip()
    text = re.sub(r"[\t\r\n]", "", text)
    if not text or len(text) > 2 * URL_LIMIT:
        return ""
    try:
        joined = urljoin(base, text) if base else text
        parts = urlsplit(joined)
        host = parts.hostname or ""
    except ValueError:  # "http://[", a port that is no number, …
        return ""
    if parts.scheme not in ("http", "https") or not host or _UNSAFE_IN_URL.search(parts.netloc):
        return ""
    url = _UNSAFE_IN_URL.sub(lambda match: _percent(match[0]), joined)
    return url if len(url) <= URL_LIMIT else ""


def _percent(character: str) -> str:
    return "".join(f"%{byte:02X}" for byte in character.encode())


def first(values: Iterable[str]) -> str:
    """The first that is not empty, or ""."""
    return next((value for value in values if value), "")
