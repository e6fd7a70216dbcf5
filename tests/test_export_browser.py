"""export: the page in a real browser, wide and on a phone: it asks for nothing and overflows nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import browser
from browser import Browser
from iwmon.export import EXPORTS
from report_nouns import HOSTILE, LINKS, empty, hostile, report

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(browser.CHROMIUM is None, reason="no Chromium on this machine"),
]
PAGES = {
    "usual": report(),
    "empty": empty(),
    "a day": report(days=1, alerts=3),
    "icd203": report(days=20, yardstick="icd203"),
    "three years": report(days=1095, judgements=5, indicators=12, alerts=2000),
    **{f"hostile {n}": hostile(text, LINKS[3]) for n, text in enumerate(HOSTILE) if n in (1, 2, 30, 31, 32)},
}
# Labels of one axis that are shown and that overlap, and what is wider than the screen
ASK = """(() => {
  const wrong = [];
  for (const axis of document.querySelectorAll('svg.axis')) {
    const boxes = [...axis.querySelectorAll('text')].filter(t => t.textContent && t.getClientRects().length)
      .map(t => [t.textContent, t.getBoundingClientRect()]).sort((a, b) => a[1].left - b[1].left);
    boxes.forEach(([word, box], n) => {
      if (n && boxes[n - 1][1].right > box.left) wrong.push(boxes[n - 1][0] + ' on ' + word);
      if (box.right > innerWidth || box.left < 0) wrong.push(word + ' is cut');
    });
  }
  const all = [...document.querySelectorAll('p, li, td, th, h1, summary, dd')].slice(0, 1000);
  for (const one of all.filter(e => e.checkVisibility({contentVisibilityAuto: true}))) {
    if (one.scrollWidth > one.clientWidth + 1 && one.clientWidth) wrong.push(one.tagName + ' overflows');
  }
  return wrong;
})()"""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser.opened() as running:
        yield running


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "dark")])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_quiet_and_fits(
    chromium: Browser, tmp_path: Path, name: str, width: int, scheme: str
) -> None:
    """No request, no complaint, no sideways scrolling, no labels on one another."""
    file = tmp_path / "report.html"
    (content,) = EXPORTS["html"](PAGES[name]).values()
    file.write_text(content, encoding="utf-8", newline="")
    seen = chromium.look(file, width=width, scheme=scheme, ask=ASK, most=0)
    assert seen.requests == ()
    assert seen.complaints == ()
    assert seen.width == width
    assert seen.answer == []


# sRGB colours → contrast ratio (WCAG 2.2), over every element that holds text of its own
CONTRAST = """(() => {
  const linear = v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = c => { const [r, g, b] = c.match(/[\\d.]+/g).map(v => linear(v / 255));
    return .2126 * r + .7152 * g + .0722 * b; };
  const paper = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
    if (c !== 'rgba(0, 0, 0, 0)') return c; } return 'rgb(255, 255, 255)'; };
  let least = 21, where = '';
  for (const e of document.querySelectorAll('body *')) {
    const says = [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    if (!says || e.closest('title')) continue;
    const style = getComputedStyle(e), ink = e.closest('svg') ? style.fill : style.color;
    const [a, b] = [light(ink), light(paper(e))].sort((x, y) => y - x), ratio = (a + .05) / (b + .05);
    if (ratio < least) { least = ratio; where = e.tagName + ' ' + ink; }
  }
  return [least, where];
})()"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_paper(chromium: Browser, tmp_path: Path, scheme: str) -> None:
    """WCAG AA: 4.5 to 1, on either scheme."""
    file = tmp_path / "report.html"
    (content,) = EXPORTS["html"](PAGES["usual"]).values()
    file.write_text(content, encoding="utf-8", newline="")
    least, where = chromium.look(file, width=1280, scheme=scheme, ask=CONTRAST, most=0).answer
    assert least >= 4.5, where
