"""The page on which an alert is acknowledged: one document, without script, that loads nothing. Pure."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from html import escape

LONGEST_NAME, LONGEST_NOTE = 80, 500  # characters

_STYLE = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1b1f24; --soft: #57606a; --line: #8c959f;
  --act: #0a58ca; --on-act: #fff; --bad: #b42318; --bar: #57606a }
@media (prefers-color-scheme: dark) {
  :root { --paper: #14181d; --ink: #e6edf3; --soft: #a3adb8; --line: #6e7681; --act: #7ab7ff;
    --on-act: #0b1420; --bad: #ff9a8f; --bar: #a3adb8 }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif }
main { max-width: 34rem; margin: 0 auto; padding: 1.25rem 1rem 2.5rem; overflow-wrap: anywhere }
.alert { border-left: .3rem solid var(--bar); padding-left: .8rem; margin: 0 0 1.25rem }
.critical { --bar: #d1242f } .warning { --bar: #d97706 } .watch { --bar: #0d8ba1 }
h1 { font-size: 1.25rem; line-height: 1.35; margin: 0 0 .35rem }
h2 { font-size: 1.1rem; margin: 0 0 .5rem }
p { margin: 0 0 .8rem } .soft { color: var(--soft); font-size: .9rem } .bad { color: var(--bad) }
.alert p { margin: 0 }
label { display: block; font-weight: 600; margin: 0 0 .25rem }
input, textarea { display: block; width: 100%; font: inherit; color: inherit; background: transparent;
  border: 1px solid var(--line); border-radius: .4rem; padding: .6rem .7rem; margin: 0 0 1rem }
textarea { min-height: 5rem; resize: vertical }
button { display: block; width: 100%; min-height: 3rem; font: inherit; font-weight: 600; border: 0;
  border-radius: .4rem; background: var(--act); color: var(--on-act); margin: 0 0 1rem }
:focus-visible { outline: 3px solid var(--act); outline-offset: 2px }
code { font-size: .9em }
"""

_DIGEST = base64.b64encode(sha256(_STYLE.encode()).digest()).decode("ascii")

HEADERS = {
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{_DIGEST}'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    # With no-referrer a browser hides the Origin of the form too, and ours looks like one from elsewhere.
    "Referrer-Policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class About:
    """What is shown of an alert; its text has been made safe, and is escaped here."""

    title: str
    severity: str
    when: str
    judgement: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """The form as it was sent, with what was wrong in it."""

    token: str
    name: str = ""
    note: str = ""
    complaint: str = ""


def page(heading: str, lines: Sequence[str], about: About | None = None, form: Form | None = None) -> str:
    """A whole document. `lines` are plain text, a paragraph each; a form comes before them."""
    parts = [_about(about)] if about else []
    if heading:
        tag = "h2" if about else "h1"
        parts.append(f'<{tag} role="status">{escape(heading)}</{tag}>')
    if form:
        parts.append(_form(form))
    parts += [f'<p class="soft">{escape(line)}</p>' for line in lines]
    title = escape(heading or "Acknowledge")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="robots" content="noindex">\n'
        f"<title>{title} · iwmon</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(parts)
        + "\n</main>\n</body>\n</html>\n"
    )


def _about(about: About) -> str:
    facts = " · ".join(fact for fact in (about.severity, about.judgement, about.when) if fact)
    return (
        f'<section class="alert {escape(about.severity)}">\n<h1>{escape(about.title)}</h1>\n'
        f'<p class="soft">{escape(facts)}</p>\n</section>'
    )


def _form(form: Form) -> str:
    # Without an action it goes to its own address, also where a proxy serves it below another path.
    complaint = f'<p class="bad" role="alert">{escape(form.complaint)}</p>\n' if form.complaint else ""
    return (
        f'<form method="post">\n{complaint}'
        f'<input type="hidden" name="token" value="{escape(form.token)}">\n'
        '<label for="name">Your name</label>\n'
        f'<input id="name" name="name" required maxlength="{LONGEST_NAME}" autocomplete="off" '
        f'value="{escape(form.name)}">\n'
        '<label for="note">Note (optional)</label>\n'
        f'<textarea id="note" name="note" maxlength="{LONGEST_NOTE}" autocomplete="off" '
        f'placeholder="What you found or will do">\n{escape(form.note)}</textarea>\n'
        '<button type="submit">Acknowledge</button>\n</form>'
    )
