"""Agencies and outlets that everybody cites, known unconfigured: key, name, how they are written.

A form of three letters or fewer, and any that `CAPITALS` lists, counts only in capitals, for "leta"
is also a word; other forms need a capital at the beginning, but for `ANY_CASE`.
"""

from __future__ import annotations

from collections.abc import Mapping

AGENCIES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "reuters": ("Reuters", ("reuter*", "рейтер*", "ройтерс*", "рэйтэр*", "рейтарс*", '"thomson reuters"')),
    "afp": ("AFP", ("afp", "афп", '"agence france presse"', '"france presse"', '"франс пресс"')),
    "ap": (
        "AP",
        ("ap", '"associated press"', '"ассошиэйтед пресс"', '"асошіейтед прес"', '"эсашыэйтэд прэс"'),
    ),
    "dpa": ("dpa", ("dpa", "дпа", '"deutsche presse agentur"')),
    "pap": (
        "PAP",
        ("pap", "пап", '"polska agencja prasowa"', '"polish press agency"', '"польское агентство печати"'),
    ),
    "tass": ("TASS", ("tass", "тасс", "itar tass", "итар тасс")),
    "ria": ("RIA Novosti", ("ria", "риа", "рыа", "ріа", '"ria novosti"', '"риа новости"', '"ріа новини"')),
    "sputnik": ("Sputnik", ("sputnik", '"sputnik news"', '"sputnik беларусь"')),
    "interfax": ("Interfax", ("interfax", "интерфакс*", "інтерфакс*", "iнтерфакс*")),
    "interfaxua": (
        "Interfax-Ukraine",
        ('"interfax ukraine"', '"интерфакс украина"', '"інтерфакс україна"', '"interfax ukraina"'),
    ),
    "belta": ("BelTA", ("belta", "белта", "бэлта", "biełta", "бєлта")),
    "ukrinform": ("Ukrinform", ("ukrinform*", "укринформ*", "укрінформ*")),
    "unian": ("UNIAN", ("unian", "униан", "уніан")),
    "bns": ("BNS", ("bns", "бнс", '"baltic news service"')),
    "elta": ("ELTA", ("elta", "эльта")),
    "leta": ("LETA", ("leta", "лета")),
    "bbc": ("BBC", ("bbc", "би би си", "бі бі сі", "ббс", "бибиси")),
    "cnn": ("CNN", ("cnn",)),
    "rferl": (
        "RFE/RL",
        (
            '"rfe rl"',
            "rferl",
            '"radio free europe"',
            '"radio liberty"',
            '"радио свобода"',
            '"радио свободы"',
            '"радыё свабода"',
            '"радыё свабоды"',
            '"радіо свобода"',
            '"радіо свободи"',
            '"radio svaboda"',
            '"radio swoboda"',
            '"laisvosios europos radijas"',
            '"радио свободная европа"',
            '"настоящее время"',
        ),
    ),
    "dw": (
        "Deutsche Welle",
        ("dw", '"deutsche welle"', '"дойче велле"', '"немецкая волна"', '"нямецкая хваля"'),
    ),
    "meduza": ("Meduza", ("meduza", "медуза", "медузе", "медузы", "медузу")),
    "nexta": ("Nexta", ("nexta*", "нехта", "нэхта")),
    "zerkalo": ("Zerkalo", ("zerkalo", '"zerkalo io"')),
    "nashaniva": (
        "Nasha Niva",
        (
            '"nasha niva"',
            "nashaniva",
            '"наша ніва"',
            '"нашай нівы"',
            '"нашу ніву"',
            '"nasza niwa"',
            '"наша нива"',
            '"нашей нивы"',
            '"нашу ниву"',
        ),
    ),
    "bloomberg": ("Bloomberg", ("bloomberg*", "блумберг*")),
    "ft": ("Financial Times", ("ft", '"financial times"', '"файнэншл таймс"')),
    "nyt": ("New York Times", ("nyt", '"new york times"', '"нью йорк таймс"')),
    "wsj": ("Wall Street Journal", ("wsj", '"wall street journal"')),
    "washingtonpost": ("Washington Post", ('"washington post"', '"вашингтон пост"')),
    "guardian": ("Guardian", ("guardian", '"the guardian"', "гардиан")),
    "times": ("The Times", ('"the times"',)),
    "telegraph": ("Telegraph", ('"daily telegraph"', '"the telegraph"')),
    "economist": ("Economist", ('"the economist"', "economist")),
    "politico": ("Politico", ("politico",)),
    "axios": ("Axios", ("axios",)),
    "isw": (
        "ISW",
        ("isw", '"institute for the study of war"', '"институт изучения войны"', '"інститут вивчення війни"'),
    ),
    "spiegel": ("Spiegel", ("spiegel", '"der spiegel"', "шпигель")),
    "bild": ("Bild", ("bild",)),
    "skynews": ("Sky News", ('"sky news"',)),
    "foxnews": ("Fox News", ('"fox news"',)),
    "aljazeera": ("Al Jazeera", ('"al jazeera"', "aljazeera", '"аль джазира"')),
    "kyivindependent": ("Kyiv Independent", ('"kyiv independent"',)),
    "pravdaua": (
        "Ukrainska Pravda",
        ('"ukrainska pravda"', '"ukrainska prawda"', '"українська правда"', '"украинская правда"'),
    ),
    "kommersant": ("Kommersant", ("kommersant", "коммерсант", "коммерсантъ")),
    "belsat": ("Belsat", ("belsat", "белсат*", "бєлсат")),
    "bellingcat": ("Bellingcat", ("bellingcat",)),
    "delfi": ("Delfi", ("delfi", "дэлфи")),
    "lrt": ("LRT", ("lrt",)),
    "hajun": (
        "Belaruski Hajun",
        (
            '"belaruski hajun"',
            '"białoruski hajun"',
            '"biełaruski hajun"',
            '"беларускі гаюн"',
            '"беларуский гаюн"',
            '"belarusian hajun"',
        ),
    ),
}

BLOCS: Mapping[str, str] = {"tass": "RU state", "ria": "RU state", "sputnik": "RU state", "belta": "BY state"}

# Domains whose name is not the agency's.
SITES: Mapping[str, str] = {
    "apnews.com": "ap",
    "nytimes.com": "nyt",
    "wsj.com": "wsj",
    "ft.com": "ft",
    "understandingwar.org": "isw",
    "interfax.com.ua": "interfaxua",
    "pravda.com.ua": "pravdaua",
    "svaboda.org": "rferl",
    "svoboda.org": "rferl",
    "radiosvoboda.org": "rferl",
    "currenttime.tv": "rferl",
    "sputniknews.com": "sputnik",
}

CAPITALS = frozenset({"leta", "elta", "bild", "лета"})
ANY_CASE = frozenset({"dpa", "дпа", "nexta", "zerkalo"})
