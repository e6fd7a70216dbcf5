"""Report → csv, json, markdown, html: what a replay found, for programs and for people. Pure.

An export is one module with one function, and one entry in `EXPORTS`. The page's module is loaded when a
page is asked for: it brings a template engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from iwmon.export import as_csv, as_json, as_markdown
from iwmon.report import Report


def _html(report: Report) -> Mapping[str, str]:
    from iwmon.export import as_html

    return as_html.files(report)


EXPORTS: Mapping[str, Callable[[Report], Mapping[str, str]]] = {
    "json": as_json.files,
    "csv": as_csv.files,
    "md": as_markdown.files,
    "html": _html,
}
"""Name → what makes its files: file name → content, to be written in UTF-8 with the line ends as they are."""
