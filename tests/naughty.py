"""Text that means harm, for every sink: mentions, hidden links, markup, headers, control characters."""

from __future__ import annotations

from iwmon.send import clean

JOINER = "\u2060"

NAUGHTY = (
    # mentions
    *("@here", "@channel", "@everyone", "@all", "x@everyone", "(@here)", "@​here", "＠here", "@duty-desk"),
    *("<!here>", "<!channel>", "<!everyone>", "<!channel|all>", "<!subteam^S123|@ops>", "<@U012AB3CD>"),
    *("<@123456789012345678>", "<@!1234>", "<@&1234>", "<#C012AB3CD>", "<#C012|general>", "< !channel>"),
    *("&lt;!channel&gt;", "&amp;lt;!here&amp;gt;", "<!date^1392734382^{date}^https://evil.example|x>"),
    *("<\u200b!channel>", "<\u202e!channel>", "<!chan\x00nel>", "<!chan\u00adnel>", "\\u003c!channel>"),
    # links whose words are not their target
    *("<https://evil.example|https://bank.example>", "<http://evil.example|click>", "<mailto:a@b.org|mail>"),
    *("[bank](https://evil.example)", "[a]( https://evil.example )", "[a][1]\n[1]: https://evil.example"),
    *("![x](https://evil.example/x.png)", "[[a](https://evil.example)](b)", "[x](javascript:alert(1))"),
    *("https://good.example@evil.example/", "https://youtube.com/@channel", "https://a.b/](https://c.d)"),
    *("https://a.example/?x=1&y=2#f", "HTTPS://EVIL.EXAMPLE/@here", "https://a.b/<script>"),
    # markup
    *("*bold*", "_italic_", "~struck~", "`code`", "```\nblock\n```", "> quote", ">>> long quote", "# head"),
    *("- list", "1. list", "||spoiler||", "***all***", ":fire: :boom:", "$$x^2$$", "\\*escaped\\*", "~~~x"),
    # HTML
    *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<a href='https://evil.example'>x</a>"),
    *("</pre><b>x", "<!-- comment -->", "<![CDATA[x]]>", "&#60;script&#62;", "&lt;script&gt;", "&", "&amp;"),
    *("<svg/onload=alert(1)>", "<iframe src=//evil.example>", '"><script>x</script>', "<<b>>", "a < b > c"),
    # headers
    *("a\r\nBcc: evil@evil.example", "a\nBcc: evil@evil.example", "a\r\n\r\n<html>", "a\rSubject: b"),
    *("a\x0bBcc: e@e.org", "a\x0cBcc: e@e.org", "a\u2028Bcc: e@e.org", "a\u2029Bcc: e@e.org"),
    *("a\x85Bcc: e@e.org", "=?utf-8?q?=0D=0ABcc=3A_e=40e.org?=", "a%0d%0aBcc: e@e.org", "\r\n.\r\nQUIT\r\n"),
    *(".", "..", "\n.\n", "\r\n.\r\nMAIL FROM:<evil@evil.example>\r\n", "From evil@evil.example"),
    # control, bidi, broken and heavy characters
    *(
        "a\x00b",
        "a\x1b[31mred\x1b[0m",
        "a\x1b]8;;https://evil.example\x07x\x1b]8;;\x07",
        "a\x07",
        "a\x08\x08b",
    ),
    *("a\x7fb", "a\x9b31mb", "\u202egnp.exe", "\u2066a\u2069", "\u200fa", "\ufeffa", "a\u200bb", "a\u2060b"),
    *(
        "\ud800",
        "a\udfffb",
        "\ud83d\ude00",
        "\ufffe\uffff",
        "\U000e0041\U000e0042",
        "\U0010ffff",
        "Z\u0351\u036f" * 40,
    ),
    *(
        "",
        " ",
        "\n\n\n",
        "\t",
        "😀" * 50,
        "привет, Беларусь ўŁł",
        "\u0600\u06dd",
        "{{7*7}}",
        "${HOME}",
        "%s%n%x",
    ),
    "w " * 100_000,
    "&" * 50_000,
    "x" * 200_000,
    "\n" * 200_000,
    "@" * 5_000,
    "t" * 20_000 + " end",
    "🇧🇾 🇵🇱 flags and 👩‍👧",
)


def is_plain(text: str) -> bool:
    """Nothing but characters that are meant to be seen, and newlines."""
    return clean(text.replace(JOINER, "")) == text.replace(JOINER, "") and "\t" not in text
