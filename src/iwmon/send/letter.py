"""A message as a person sees it in a mail program: Message → HTML. Pure.

It is read on a phone at 03:00, so what changed, on whose word, what speaks against it and what to do stand
first, whatever their place in the plain text. Everything is escaped here, last; the only links are lines of
their own that hold nothing but an http(s) address. Nothing is fetched when the letter is opened: the picture
comes with it.

Styles are inline, since some programs drop <style>; that holds only the colours of dark mode.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from urllib.parse import urlsplit

PICTURE = "picture@iwmon"
"""The Content-ID that the letter looks for its picture under."""

SHOWN = (320, 64)
"""Width and height of the picture in CSS pixels."""

_COLOURS = {
    "critical": "#b3261e",
    "warning": "#b45309",
    "watch": "#7a5c00",
    "resolved": "#1b7a3d",
    "": "#475569",
}  # behind white letters, each with a contrast above 4.5
_INK, _FAINT, _PAPER, _LINE, _LINK = "#1f2328", "#57606a", "#ffffff", "#d0d7de", "#0550ae"
_DARK = (
    "@media (prefers-color-scheme:dark){"
    ".paper{background:#111418!important;color:#e6e8eb!important}"
    ".faint{color:#a3adb8!important}.link{color:#8ab8ff!important}.line{border-color:#3a424c!important}}"
)
_FONT = "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
_MONO = "ui-monospace,SFMono-Regular,Menlo,Consolas,monospace"

_HEAD = re.compile(
    r"(?P<head>[A-Z][A-Z ]{2,24}|Possible repeat|Route changed|(?:Reminder \d+|Escalated), not acknowledged)"
    r": +(?=\S)"
)
_LABEL = re.compile(r"(?P<label>[A-Z][^:]{1,60}): +(?=\S)")
# Lines that are lifted to the top, in this order.
_FIRST = ("What ended it: ", "On whose word: ", "Why: ", "Contested: ", "Beware: ", "Do: ")
_ITEM = re.compile(r"\d+\. ")
_ADDRESS = re.compile(r" *(https?://[^\s<>\"'`\\]+)", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9.-]+|[0-9a-f:.]+")
_ADDRESS_SHOWN = 40
_SECTION = "■ "
_TAIL = re.compile(r"\([^() ]{1,20}\)$")  # the judgement's id, which is not to be broken at its hyphen
_LEGEND = (
    "The last 90 days, today at the right. Bars: the level; hatched: blind. Marks below: reports that day."
)


def html(title: str, body: str, severity: str = "", picture_alt: str = "", *, picture: bool = False) -> str:
    """A whole HTML document. `title` and `body` are clean plain text, as `text.words` makes it.

    `picture`: the mail holds one under the Content-ID PICTURE.
    """
    heads, rest = _heads(title)
    colour = _colour(heads, severity)
    first, *others = _sections(body)
    lead = next(iter(_lead(body.split("\n"))), "")
    shown = [
        f'<div style="display:none;max-height:0;overflow:hidden">{escape(lead)}</div>' if lead else "",
        _band(heads, colour),
        f'<h1 style="margin:14px 0 10px;font-size:21px;line-height:1.25">{_whole(rest)}</h1>',
        *_section(first, colour, _picture(picture_alt) if picture else ""),
    ]
    for section in others:
        head = section[0].removeprefix(_SECTION)
        shown += [
            f'<h2 class="line" style="margin:24px 0 10px;padding-top:16px;border-top:1px solid {_LINE};'
            f'font-size:18px;line-height:1.3">{_whole(head)}</h2>',
            *_section(section[1:], _colour(_heads(head)[0], ""), ""),
        ]
    return _document(escape(title), "\n".join(filter(None, shown)))


def _colour(heads: list[str], severity: str) -> str:
    """That of the severity, else of the first word in the title that has one: RESOLVED before WARNING."""
    named = [severity, *(head.lower() for head in heads)]
    return next((_COLOURS[each] for each in named if each and each in _COLOURS), _COLOURS[""])


def _whole(title: str) -> str:
    found = _TAIL.search(title)
    if not found:
        return escape(title)
    tail = f'<span style="white-space:nowrap">{escape(found[0])}</span>'
    return escape(title[: found.start()]) + tail


def _document(title: str, content: str) -> str:
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width,initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta name="supported-color-schemes" content="light dark">\n'
        '<meta name="format-detection" content="telephone=no,date=no,address=no,email=no,url=no">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{title}</title>\n<style>{_DARK}</style></head>\n"
        f'<body class="paper" style="margin:0;padding:0;background:{_PAPER};color:{_INK}">\n'
        f'<div class="paper" style="max-width:600px;margin:0 auto;padding:0 16px 24px;background:{_PAPER};'
        f"color:{_INK};font-family:{_FONT};font-size:16px;line-height:1.45;overflow-wrap:anywhere;"
        f'word-break:break-word">\n{content}\n</div></body></html>\n'
    )


def _heads(title: str) -> tuple[list[str], str]:
    """ "Possible repeat: WARNING: Mobilisation" → (["Possible repeat", "WARNING"], "Mobilisation")."""
    heads = []
    while found := _HEAD.match(title):
        heads.append(found["head"])
        title = title[found.end() :]
    return heads, title


def _band(heads: list[str], colour: str) -> str:
    """The word that says how much it matters, on its colour; what else the title begins with, after it."""
    said = " · ".join(escape(head) for head in sorted(heads, key=lambda head: not head.isupper()))
    return (
        f'<div style="margin:0 -16px;padding:8px 16px;background:{colour};color:#ffffff;font-size:15px;'
        f'font-weight:700;letter-spacing:.04em">{said or "&nbsp;"}</div>'
    )


def _sections(body: str) -> list[list[str]]:
    """The lines of each alert; those before the first "■" on their own."""
    sections: list[list[str]] = [[]]
    for line in body.split("\n"):
        if line.startswith(_SECTION):
            sections.append([])
        sections[-1].append(line)
    return sections


def _lead(lines: list[str]) -> list[str]:
    """The lines that a reader needs first. The rule that fired is one where nobody's word is named."""
    first = [line for start in _FIRST for line in lines if line.startswith(start)]
    if any(line.startswith("On whose word: ") for line in first):
        return [line for line in first if not line.startswith("Why: ")]
    return first


def _section(lines: list[str], colour: str, picture: str) -> Iterator[str]:
    """One alert: what is needed first, then paragraph by paragraph; the picture after the first block."""
    first = _lead(lines)
    if first:
        yield (
            f'<div style="margin:10px 0 14px;padding:2px 0 2px 12px;border-left:4px solid {colour}">'
            f"{_paragraph(first)}</div>"
        )
    lifted = frozenset(first)
    paragraph: list[str] = []
    for line in [*lines, ""]:
        if line in lifted:
            continue
        if line.strip():
            paragraph.append(line)
        elif paragraph:
            yield f'<p style="margin:0 0 14px">{_paragraph(paragraph)}</p>'
            if len(paragraph) > 1:
                yield picture
                picture = ""
            paragraph = []
    yield picture


def _paragraph(lines: list[str]) -> str:
    """Lines under each other. In an item the headline stands out; who and when, and what hit, are faint."""
    shown, item = [], -1  # the number of lines since an item began
    for line in lines:
        item = 0 if _ITEM.match(line) else item + 1 if item >= 0 and line.startswith(" ") else -1
        if _LABEL.match(line):
            shown.append(f'<span style="display:block;margin:0 0 5px">{_line(line)}</span>')
        else:
            shown.append(f"{_faint(_line(line)) if item in (0, 2, 3) else _line(line)}<br>")
    return "\n".join(shown)


def _faint(markup: str) -> str:
    return f'<span class="faint" style="color:{_FAINT};font-size:14px">{markup}</span>'


def _line(line: str) -> str:
    target = _target(line)
    if target:
        return (
            f'<a class="link" href="{escape(target)}" rel="noreferrer noopener nofollow" target="_blank" '
            f'style="color:{_LINK}">{escape(_as_shown(target))}</a>'
        )
    label = _LABEL.match(line)
    if not label:
        return escape(line.strip())
    value = line[label.end() :]
    said = escape(value)
    if value.startswith("iwmon "):
        said = f'<code style="font-family:{_MONO};font-size:14px">{said}</code>'
    return f"<strong>{escape(label['label'])}:</strong> {said}"


def _target(line: str) -> str:
    """The address of a line that is nothing else, and that leads where it says; else ""."""
    found = _ADDRESS.fullmatch(line)
    if not found:
        return ""
    try:
        parts = urlsplit(found[1])
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return ""
    return found[1] if _HOST.fullmatch(host) and "@" not in parts.netloc else ""


def _as_shown(target: str) -> str:
    """The host always whole, the rest of the address as far as there is room."""
    short = target.split("://", 1)[1]
    room = max(_ADDRESS_SHOWN, len(urlsplit(target).netloc) + 2)
    return short if len(short) <= room else f"{short[: room - 1]}…"


def _picture(alt: str) -> str:
    width, height = SHOWN
    return (
        f'<div style="margin:2px 0 16px"><img src="cid:{PICTURE}" width="{width}" height="{height}" '
        f'alt="{escape(alt)}" style="display:block;width:100%;max-width:{width}px;height:auto;border:0">'
        f'<span class="faint" style="display:block;padding-top:5px;color:{_FAINT};font-size:12px;'
        f'line-height:1.3">'
        f"{_LEGEND}</span></div>"
    )
