"""Every mistake in indicators.yaml is told with its place and what to write instead."""

from __future__ import annotations

import pytest

from config_contract import CONTRACT, ENVIRON, changed, errors, marked, read
from iwmon.config import ConfigError, Problem

QUIET = "      - {id: quiet, type: absence, effect: against, expect_every: 5d"

# id, passage of the contract, its replacement (▶ where the problem must be), message, hint
MISTAKES = [
    # ---- keys
    (
        "unknown key",
        "    reliability: B ",
        "    ▶reliabilty: B ",
        'there is no key "reliabilty" here',
        'did you mean "reliability"?',
    ),
    (
        "unknown key without a neighbour",
        "every: 1m}",
        "every: 1m, ▶colour: red}",
        'there is no key "colour" here',
        "keys here: url, every",
    ),
    (
        "unknown key at the top",
        "inhibit_rules: []",
        "▶inhibit_rule: []",
        'there is no key "inhibit_rule" here',
        'did you mean "inhibit_rules"?',
    ),
    (
        "unknown level",
        "{warning: {",
        "{▶alarm: {",
        'there is no key "alarm" here',
        "keys here: watch, warning, critical",
    ),
    (
        "duplicate key",
        "    country: BY\n",
        "    country: BY\n    ▶country: PL\n",
        'the key "country" stands here twice; first in line 12',
        "keep one of the two",
    ),
    (
        "duplicate key in braces",
        "every: 1m}",
        "every: 1m, ▶every: 2m}",
        'the key "every" stands here twice; first in line 52',
        "keep one of the two",
    ),
    (
        "missing keys",
        "  - {id: duty-desk, ",
        "  - ▶{mode: daily}\n  - {id: duty-desk, ",
        "id and url are missing here",
        "add id: short name that routes use; add url: console: or an Apprise address",
    ),
    (
        "missing effect",
        "        effect: strongly_supports        # seven words, to strongly_against\n",
        "",
        "effect is missing here",
        "add effect: what it says about the judgement if it is seen",
    ),
    (
        "missing version",
        "version: 1\n",
        "",
        "version is missing here",
        "add version: version of the file format: 1",
    ),
    ("other version", "version: 1", "version: ▶2", "version: 2 is not possible here", "write 1"),
    (
        "merge key",
        "    country: BY\n",
        "    ▶<<: {}\n",
        "<< (merging) is not supported",
        "write the keys out",
    ),
    # ---- what other YAML programs read differently
    (
        "NO for Norway",
        "country: BY",
        "country: ▶NO",
        "NO without quotes means false to many YAML programs",
        'write "NO" in quotes, or false',
    ),
    (
        "NO for false",
        "allow_private: false",
        "allow_private: ▶NO",
        "NO without quotes means false to many YAML programs",
        'write "NO" in quotes, or false',
    ),
    (
        "yes for true",
        "continue: true",
        "continue: ▶yes",
        "yes without quotes means true to many YAML programs",
        'write "yes" in quotes, or true',
    ),
    (
        "on among terms",
        "белорус*]",
        "белорус*, ▶on]",
        "on without quotes means true to many YAML programs",
        'write "on" in quotes, or true',
    ),
    (
        "no as a key: Norwegian",
        "pl: [białoru*]",
        "▶no: [hviterus*]",
        "no without quotes means false to many YAML programs",
        'write "no" in quotes',
    ),
    (
        "octal",
        "name: Nasha Niva",
        "name: ▶012",
        "YAML programs do not agree on what 012 means",
        'write "012" in quotes, or a plain number',
    ),
    (
        "base 60",
        "poll_interval: 5m",
        "poll_interval: ▶1:30",
        "YAML programs do not agree on what 1:30 means",
        'write "1:30" in quotes',
    ),
    # ---- types
    (
        "number for text",
        "name: Nasha Niva",
        "name: ▶1991",
        "name: expected a text, not 1991",
        'write "1991" in quotes',
    ),
    (
        "truth for text",
        "name: Nasha Niva",
        "name: ▶true",
        "name: expected a text, not true",
        'write "true" in quotes',
    ),
    (
        "text for truth",
        "allow_private: false",
        'allow_private: ▶"false"',
        'allow_private: expected true or false, not "false"',
        "write true or false",
    ),
    (
        "text for number",
        "activation: 0.55",
        "activation: ▶high",
        'activation: expected a number, not "high"',
        "write a number, like 0.55",
    ),
    (
        "text for list",
        "authoritative_for: []",
        "authoritative_for: ▶BY government",
        'authoritative_for: expected a list, not "BY government"',
        "write [one, two], or a line with - for each",
    ),
    (
        "list for text",
        "name: Nasha Niva",
        "name: ▶[Nasha, Niva]",
        "name: expected a text, not a list",
        "write a text",
    ),
    (
        "text for keys",
        "settings: {timezone: Europe/Warsaw, yardstick: phia, poll_interval: 10m, retention: 400d}",
        "settings: ▶phia",
        'settings: expected keys and values, not "phia"',
        "write key: value",
    ),
    (
        "keys for list",
        "inhibit_rules: []",
        "inhibit_rules: ▶{}",
        "inhibit_rules: expected a list, not keys and values",
        "write [one, two], or a line with - for each",
    ),
    (
        "nothing for text",
        "    statement: Belarus commits regular troops to combat in Ukraine",
        "    ▶statement:",
        "statement: is empty",
        "write a text, or remove the key",
    ),
    ("blank text", "name: Nasha Niva", 'name: ▶" "', "name: is empty", "write a text, or remove the key"),
    (
        "choice misspelt",
        "effect: strongly_supports",
        "effect: ▶strongly_support",
        'effect: "strongly_support" is not possible here',
        'did you mean "strongly_supports"?',
    ),
    (
        "choice unknown",
        "confidence: moderate",
        "confidence: ▶sky",
        'confidence: "sky" is not possible here',
        "write one of: high, moderate, low",
    ),
    (
        "too much activation",
        "activation: 0.55",
        "activation: ▶55",
        "activation: the number is too large",
        "write 1 or less",
    ),
    (
        "no activation",
        "activation: 0.55",
        "activation: ▶0",
        "activation: the number is too small",
        "write a number above 0",
    ),
    (
        "no publishers",
        "publishers: 2",
        "publishers: ▶0",
        "publishers: the number is too small",
        "write 1 or more",
    ),
    (
        "no alerts",
        "yardstick: phia",
        "alerts_per_day: ▶0",
        "alerts_per_day: the number is too small",
        "write 1 or more",
    ),
    (
        "no sides",
        "publishers: 2}",
        "publishers: 2, sides: ▶0}",
        "sides: the number is too small",
        "write 1 or more",
    ),
    (
        "credibility beyond the scale",
        "reliability: B ",
        "credibility: ▶7 ",
        "credibility: the number is too large",
        "write 6 or less",
    ),
    (
        "credibility as a letter",
        "reliability: B ",
        "credibility: ▶B ",
        'credibility: expected a whole number, not "B"',
        "write a number, like 2",
    ),
    (
        "outcome that is none",
        "outcome: null",
        "outcome: ▶unclear",
        'outcome: "unclear" is not an outcome',
        "write true, false, void, or null while it is open",
    ),
    (
        "effect on an alternative",
        "half_life: 30d",
        "effect_on_alternatives: {1: ▶supportive}",
        '1: "supportive" is not possible here',
        'did you mean "supports"?',
    ),
    (
        "half a publisher",
        "publishers: 2",
        "publishers: ▶1.5",
        "publishers: expected a whole number, not 1.5",
        "write a number, like 2",
    ),
    # ---- names, languages, countries, words
    (
        "id with blanks and capitals",
        "id: nashaniva",
        "id: ▶Nasha Niva",
        'id: "Nasha Niva" cannot be a name here',
        'write "nasha-niva"',
    ),
    (
        "id without Latin letters",
        "- id: mobilisation",
        "- id: ▶мобилизация",
        'id: "мобилизация" cannot be a name here',
        "use small Latin letters, digits, - and _, at most 64",
    ),
    (
        "country for language",
        "language: be",
        "language: ▶by",
        'language: "by" is not a language code (ISO 639-1)',
        'write "be"',
    ),
    (
        "language with region",
        "language: be",
        "language: ▶be-BY",
        'language: "be-BY" is not a language code (ISO 639-1)',
        'write "be"',
    ),
    (
        "language of a query",
        "          ru: $belarus",
        "          ▶rus: $belarus",
        '"rus" is not a language code (ISO 639-1)',
        'write "ru"',
    ),
    (
        "language of terms",
        "pl: [białoru*]",
        "▶polish: [białoru*]",
        '"polish" is not a language code (ISO 639-1)',
        "write two letters: en, ru, be, uk, pl, lt, de, ...",
    ),
    (
        "country in small letters",
        "country: BY",
        "country: ▶by",
        'country: "by" is not a country code (ISO 3166)',
        'write "BY"',
    ),
    (
        "word of the other yardstick",
        "probability: realistic possibility",
        "probability: ▶very likely",
        'probability: "very likely" is not a word of PHIA; it is one of ICD 203',
        'did you mean "likely"?',
    ),
    (
        "word of no yardstick",
        "probability: realistic possibility",
        "probability: ▶fifty-fifty",
        'probability: "fifty-fifty" is not a word of PHIA',
        "write one of: remote chance, highly unlikely, unlikely, realistic possibility, likely, probable, "
        "likely or probable, highly likely, almost certain",
    ),
    (
        "time zone",
        "timezone: Europe/Warsaw",
        "timezone: ▶Europe/Warsow",
        'timezone: there is no time zone "Europe/Warsow"',
        'did you mean "Europe/Warsaw"?',
    ),
    (
        "time zone that is a folder",
        "timezone: Europe/Warsaw",
        "timezone: ▶Europe",
        'timezone: there is no time zone "Europe"',
        None,
    ),
    # ---- durations and dates
    (
        "duration in words",
        "poll_interval: 5m",
        "poll_interval: ▶10 minutes",
        'poll_interval: "10 minutes" is not a duration',
        "write 10m",
    ),
    (
        "duration with a fraction",
        "expect_every: 12h",
        "expect_every: ▶1.5h",
        'expect_every: "1.5h" is not a duration',
        "write 90m",
    ),
    (
        "duration without a unit",
        "group_wait: 30s",
        "group_wait: ▶30",
        'group_wait: "30" is not a duration',
        "add the unit: 30s, 30m, 30h or 30d",
    ),
    (
        "duration in months",
        "retention: 400d",
        "retention: ▶6 months",
        'retention: "6 months" is not a duration',
        "write 180d",
    ),
    (
        "duration that is none",
        "half_life: 30d",
        "half_life: ▶long",
        'half_life: "long" is not a duration',
        "write a number and a unit: 30s, 10m, 12h, 30d, 2w",
    ),
    (
        "no duration",
        "repeat_interval: 4h",
        "repeat_interval: ▶0h",
        "repeat_interval: must be longer than nothing",
        "write a number and a unit: 30s, 10m, 12h, 30d, 2w",
    ),
    (
        "endless duration",
        "retention: 400d",
        "retention: ▶999999999y",
        'retention: "999999999y" is longer than a hundred years',
        "write less",
    ),
    (
        "polling too fast",
        "poll_interval: 5m",
        "poll_interval: ▶1s",
        "poll_interval: iwmon polls at most every 10 seconds",
        "write 5m",
    ),
    (
        "date with dots",
        "made_on: 2022-07-15",
        "made_on: ▶15.07.2022",
        'made_on: "15.07.2022" is not a date',
        "write 2022-07-15",
    ),
    (
        "date in words",
        "made_on: 2022-07-15",
        "made_on: ▶July 15, 2022",
        'made_on: "July 15, 2022" is not a date',
        "write 2022-07-15",
    ),
    (
        "date without zeros",
        "made_on: 2022-07-15",
        "made_on: ▶2022-7-15",
        'made_on: "2022-7-15" is not a date',
        "write 2022-07-15",
    ),
    (
        "date that is none",
        "made_on: 2022-07-15",
        "made_on: ▶2022-02-30",
        "made_on: 2022-02-30 is not in the calendar",
        "write year-month-day, like 2022-07-15",
    ),
    (
        "horizon that is none",
        "horizon: 6 months",
        "horizon: ▶half a year",
        'horizon: "half a year" is not a horizon',
        'write "6 months", "180d", "1 year" or a date like 2023-01-15',
    ),
    (
        "horizon in the past",
        "horizon: 6 months",
        "horizon: ▶2022-07-15",
        "horizon: 2022-07-15 is not after made_on, 2022-07-15",
        'write a later date, or "6 months"',
    ),
    # ---- references
    (
        "two sources of one name",
        "judgements:\n",
        "  - {id: ▶nashaniva, url: 'https://b.example'}\njudgements:\n",
        'there are two sources named "nashaniva"; the first is at indicators.yaml:7:9',
        "give one of them another name",
    ),
    (
        "two indicators of one name",
        "receivers:\n",
        "      - {id: ▶mobilisation, effect: supports, query: x}\nreceivers:\n",
        'there are two indicators named "mobilisation"; the first is at indicators.yaml:32:13',
        "give one of them another name",
    ),
    (
        "two receivers of one name",
        "id: analysts, url",
        "id: ▶duty-desk, url: 'console:'}\n  - {id: analysts, url",
        'there are two receivers named "duty-desk"; the first is at indicators.yaml:46:10',
        "give one of them another name",
    ),
    (
        "one source twice by its alias",
        "  - id: nashaniva   ",
        "  - &n\n    id: ▶nashaniva   ",
        'there are two sources named "nashaniva"; the first is at indicators.yaml:8:9',
        "give one of them another name",
    ),
    (
        "receiver of the route",
        "route: {receiver: analysts",
        "route: {receiver: ▶analyst",
        'receiver: there is no receiver "analyst"',
        'did you mean "analysts"?',
    ),
    (
        "receiver of a lower route",
        "receiver: duty-desk, continue",
        "receiver: ▶night-desk, continue",
        'receiver: there is no receiver "night-desk"',
        'did you mean "duty-desk"?',
    ),
    (
        "operator",
        "yardstick: phia",
        "operator: ▶nobody",
        'operator: there is no receiver "nobody"',
        "receivers: duty-desk, analysts",
    ),
    (
        "source of an indicator",
        "half_life: 30d",
        "collectible_from: [nashaniva, ▶nasha-niva]",
        'collectible_from: there is no source "nasha-niva"',
        'did you mean "nashaniva"?',
    ),
    (
        "indicator of an absence",
        "receivers:\n",
        f"{QUIET}, absence_of: [▶mobilization]}}\nreceivers:\n",
        'absence_of: there is no indicator "mobilization"',
        'did you mean "mobilisation"?',
    ),
    (
        "absence of itself",
        "receivers:\n",
        f"{QUIET}, absence_of: [▶quiet]}}\nreceivers:\n",
        "absence_of: it names itself",
        "name other indicators",
    ),
    (
        "judgement of a route",
        'severity="critical"\'',
        'judgement="kj-3"\'',
        'there is no judgement "kj-3"',
        'did you mean "kj-2"?',
    ),
    (
        "time interval of a route",
        "receiver: duty-desk, continue",
        "mute_time_intervals: [▶nights], continue",
        'mute_time_intervals: there is no time interval "nights"',
        "add it under time_intervals:",
    ),
    (
        "alternative that is not there",
        "half_life: 30d",
        "effect_on_alternatives: {1: against, ▶2: against}",
        'effect_on_alternatives: "kj-2" has no alternative "2"',
        "its alternatives: 1",
    ),
    (
        "two alternatives of one name",
        "alternatives: [...]",
        'alternatives: [..., other, {id: ▶"2", statement: third}]',
        'alternatives: "2" is the name of alternative 2 already',
        "give one of them another id",
    ),
    (
        "alternative without a statement",
        "alternatives: [...]",
        "alternatives: [..., ▶{id: base}]",
        "statement is missing here",
        "add statement: what else could happen, in one sentence",
    ),
    (
        "alternative with an unknown key",
        "alternatives: [...]",
        "alternatives: [{id: base, ▶statment: x, statement: y}]",
        'there is no key "statment" here',
        'did you mean "statement"?',
    ),
    (
        "alternative that is a list",
        "alternatives: [...]",
        "alternatives: [▶[a]]",
        "alternatives: expected a text, not a list",
        "write a text",
    ),
    (
        "side that nobody is of",
        "half_life: 30d",
        "required: {sides: [▶independant]}",
        'sides: no source is of the side "independant"',
        'did you mean "independent"?',
    ),
    (
        "side far from any",
        "half_life: 30d",
        "required: {sides: [▶BY state]}",
        'sides: no source is of the side "BY state"',
        "sides are the controlled_by of sources: independent",
    ),
    (
        "required language",
        "half_life: 30d",
        "required: {languages: [▶by]}",
        'languages: "by" is not a language code (ISO 639-1)',
        'write "be"',
    ),
    (
        "name that is no term",
        "authoritative_for: []",
        'cited_as: ["nasha niva", "nasha▶*niva"]',
        "cited_as: `*` stands inside a word",
        None,
    ),
    (
        "origin of a source's name",
        "inhibit_rules: []",
        "origins: [{id: ▶nashaniva, cited_as: [nasha niva]}]",
        '"nashaniva" is the name of one of the sources, at indicators.yaml:7:9',
        "give one of them another name",
    ),
    (
        "two origins of one name",
        "inhibit_rules: []",
        "origins: [{id: mod, cited_as: [x]}, {id: ▶mod, cited_as: [y]}]",
        'there are two origins named "mod"; the first is at indicators.yaml:50:16',
        "give one of them another name",
    ),
    (
        "origin that nobody can cite",
        "inhibit_rules: []",
        "origins: [▶{id: mod}]",
        "cited_as is missing here",
        "add cited_as: the names by which others cite it, as words of the query language",
    ),
    (
        "origin without a name to cite",
        "inhibit_rules: []",
        "origins: [{id: mod, cited_as: ▶[]}]",
        "cited_as: has nothing in it",
        "write something there, or remove the key",
    ),
    (
        "origin's name that is no term",
        "inhibit_rules: []",
        "origins: [{id: mod, cited_as: ['a ▶$b']}]",
        "cited_as: a termset cannot contain another one: a $b",
        "list its words again",
    ),
    (
        "origin that is polled",
        "inhibit_rules: []",
        "origins: [{id: mod, cited_as: [x], ▶url: 'https://a.example'}]",
        'there is no key "url" here',
        "keys here: id, name, cited_as, publisher, controlled_by, authoritative_for, reliability",
    ),
    # ---- what belongs together
    (
        "sides that fall",
        "publishers: 2}}",
        "publishers: 2, sides: 2}, critical: {sides: ▶1}}",
        "sides: critical would be reached before the level below it",
        "write 2 or more",
    ),
    (
        "absence without a rhythm",
        "receivers:\n",
        "      - ▶{id: quiet, type: absence, effect: against, absence_of: [mobilisation]}\nreceivers:\n",
        "an absence indicator needs expect_every",
        "add expect_every: how often it is normally reported, e.g. 5d",
    ),
    (
        "absence of nothing",
        "receivers:\n",
        "      - ▶{id: quiet, type: absence, effect: against, expect_every: 5d}\nreceivers:\n",
        "an absence indicator needs to know whose silence counts",
        "add absence_of: [ids of indicators], or a query",
    ),
    (
        "indicator without a query",
        "receivers:\n",
        "      - ▶{id: other, effect: against}\nreceivers:\n",
        "query is missing here",
        "add query: {en: words to look for}",
    ),
    (
        "thresholds that fall",
        "publishers: 2}}",
        "publishers: 2}, critical: {publishers: ▶1}}",
        "publishers: critical would be reached before the level below it",
        "write 2 or more",
    ),
    (
        "conditions on the first route",
        "route: {receiver: analysts,",
        "route: ▶{receiver: analysts, matchers: ['severity=critical'],",
        "route: the first route takes every alert, at all times",
        "move matchers and time intervals into a route under routes:",
    ),
    (
        "first route without a receiver",
        "route: {receiver: analysts,",
        "route: ▶{",
        "route: receiver is missing",
        "add receiver: duty-desk",
    ),
    # ---- conditions and time intervals
    (
        "condition that is none",
        "'severity=\"critical\"'",
        "▶critical",
        'matchers: "critical" is not a condition',
        'write label="value", with = != =~ or !~, e.g. \'severity="critical"\'',
    ),
    (
        "condition with an open quote",
        "'severity=\"critical\"'",
        "▶'severity=\"critical'",
        'matchers: "severity="critical" has a quote that is not closed, or text after it',
        'write label="value", with = != =~ or !~, e.g. \'severity="critical"\'',
    ),
    (
        "condition with lookahead",
        "'severity=\"critical\"'",
        "▶'severity=~\"(?=c)\"'",
        'matchers: "(?=c)" is not a regular expression: invalid perl operator: (?=',
        "RE2's notation holds: no lookahead, no references back",
    ),
    (
        "hours",
        "time_intervals: []",
        "time_intervals: [{name: n, time_intervals: [{times: [{start_time: ▶'8:00', end_time: '17:00'}]}]}]",
        'start_time: "8:00" is not written as expected',
        'write hours and minutes in quotes: "08:00"',
    ),
    (
        "weekdays",
        "time_intervals: []",
        "time_intervals: [{name: n, time_intervals: [{weekdays: [▶'mon:fri']}]}]",
        'weekdays: "mon:fri" is not written as expected',
        "write sunday, or monday:friday",
    ),
    (
        "place of a time interval",
        "time_intervals: []",
        "time_intervals: [{name: n, time_intervals: [{location: ▶Warsaw}]}]",
        'location: there is no time zone "Warsaw"',
        None,
    ),
    (
        "two time intervals of one name",
        "time_intervals: []",
        "time_intervals: [{name: n}, {name: ▶n}]",
        'there are two time intervals named "n"',
        "give one of them another name",
    ),
    (
        "night in one range",
        "time_intervals: []",
        "time_intervals: [{name: n, time_intervals: [{times: [▶{start_time: '22:00', end_time: '06:00'}]}]}]",
        "times: 06:00 is not after 22:00",
        'write two: "22:00" to "24:00", and "00:00" to "06:00"',
    ),
    (
        "no time at all",
        "time_intervals: []",
        "time_intervals: [{name: n, time_intervals: [{times: [▶{start_time: '06:00', end_time: '06:00'}]}]}]",
        "times: 06:00 is not after 06:00",
        "write a later end_time",
    ),
    (
        "weekend in one range",
        "time_intervals: []",
        "time_intervals: [{name: n, time_intervals: [{weekdays: [monday, ▶'Saturday:sunday']}]}]",
        'weekdays: "Saturday:sunday" ends before it begins',
        'a week begins on sunday: write "Saturday" and "sunday"',
    ),
    (
        "winter in one range",
        "time_intervals: []",
        "time_intervals: [{name: n, time_intervals: [{months: [▶'11:february']}]}]",
        'months: "11:february" ends before it begins',
        'write "11:december" and "january:february"',
    ),
    (
        "years backwards",
        "time_intervals: []",
        "time_intervals: [{name: n, time_intervals: [{years: [▶'2028:2026']}]}]",
        'years: "2028:2026" ends before it begins',
        'write "2026:2028"',
    ),
    (
        "days over the end of a month",
        "time_intervals: []",
        "time_intervals: [{name: n, time_intervals: [{days_of_month: [▶'-2:3']}]}]",
        'days_of_month: "-2:3" goes from the end of a month to its beginning',
        'write two: "-2:-1" and "1:3"',
    ),
    (
        "days backwards",
        "time_intervals: []",
        "time_intervals: [{name: n, time_intervals: [{days_of_month: [▶'-1:-3']}]}]",
        'days_of_month: "-1:-3" ends before it begins',
        "write the earlier day first",
    ),
    (
        "all labels and one more",
        "group_by: [judgement]",
        "group_by: [▶..., judgement]",
        'group_by: "..." stands for all labels, and must stand alone',
        'remove the others, or "..."',
    ),
    (
        "several conditions in one",
        "'severity=\"critical\"'",
        '▶\'severity="critical", judgement="kj-2"\'',
        'matchers: "severity="critical", judgement="kj-2"" is several conditions in one',
        "write each as an item of the list: ['severity=\"critical\"', 'judgement=\"kj-2\"']",
    ),
    # ---- receivers: when they are told
    (
        "receiver of an escalation",
        "receiver: duty-desk, continue",
        "escalate: [{after: 15m, receiver: ▶dutydesk}], receiver: duty-desk, continue",
        'receiver: there is no receiver "dutydesk"',
        'did you mean "duty-desk"?',
    ),
    (
        "escalation without a time",
        "receiver: duty-desk, continue",
        "escalate: [▶{receiver: analysts}], receiver: duty-desk, continue",
        "after is missing here",
        "add after: how long after the first message; nothing if somebody acknowledges it before",
    ),
    (
        "escalation at once",
        "receiver: duty-desk, continue",
        "escalate: [{after: ▶0s, receiver: analysts}], receiver: duty-desk, continue",
        "after: must be longer than nothing",
        None,
    ),
    (
        "quiet hours without a name",
        "mode: realtime}",
        "quiet_hours: {intervals: [▶nights]}}",
        'intervals: there is no time interval "nights"',
        "add it under time_intervals:",
    ),
    (
        "quiet hours of no interval",
        "mode: realtime}",
        "quiet_hours: {intervals: ▶[]}}",
        "intervals: has nothing in it",
        "write something there, or remove the key",
    ),
    (
        "hour of a digest",
        "mode: realtime}",
        "mode: daily, at: ▶'8:00'}",
        'at: "8:00" is not written as expected',
        'write hours and minutes in quotes: "08:00"',
    ),
    (
        "day of a digest",
        "mode: realtime}",
        "mode: weekly, weekday: ▶mon}",
        'weekday: "mon" is not written as expected',
        "write monday, or another day of the week",
    ),
    # ---- addresses
    (
        "pages that are not on the web",
        "yardstick: phia",
        "url: ▶iwmon.example.org",
        "url: the address does not begin with https:// or http://",
        "write an address that begins with https:// or http://",
    ),
    (
        "pages with a query",
        "yardstick: phia",
        "url: '▶https://iwmon.example.org/?a=b'",
        "url: the address has a ? or # in it",
        "write only its beginning: https://host/path",
    ),
    (
        "pages with a password",
        "yardstick: phia",
        "url: '▶https://ada:secret@iwmon.example.org/'",
        "url: the address has a user name in it",
        "messages show it: write it without",
    ),
    (
        "address without https",
        "https://nashaniva.com/rss",
        "▶nashaniva.com/rss",
        "url: the address does not begin with https:// or http://",
        "write an address that begins with https:// or http://",
    ),
    (
        "address of a file",
        "https://nashaniva.com/rss",
        "▶file:///etc/passwd",
        "url: the address does not begin with https:// or http://",
        "write an address that begins with https:// or http://",
    ),
    (
        "address without a host",
        "https://nashaniva.com/rss",
        "▶https:///rss",
        "url: the address has no host name",
        "write an address that begins with https:// or http://",
    ),
    (
        "address with a blank",
        "https://nashaniva.com/rss",
        "▶https://nashaniva.com/a b",
        "url: the address has a blank in it",
        "write %20 for a blank",
    ),
    (
        "address with a bad port",
        "https://nashaniva.com/rss",
        "▶https://nashaniva.com:x/rss",
        "url: the address cannot be read",
        "write an address that begins with https:// or http://",
    ),
    (
        "email address for a receiver",
        'url: "${IWMON_SLACK_URL}"',
        'url: "▶duty@example.org"',
        "url: this is not an address to send to",
        "write service://..., e.g. slack://... or mailtos://..., or console:",
    ),
    (
        "console without a colon",
        'url: "${IWMON_SLACK_URL}"',
        "url: ▶console",
        "url: the console is written with a colon",
        "write console:",
    ),
    (
        "empty address",
        'url: "${IWMON_SLACK_URL}"',
        'url: ▶""',
        "url: the address is empty",
        "write console: to print on the terminal",
    ),
    (
        "variable that is not set",
        "${IWMON_EMAIL_URL}",
        "▶${IWMON_MAIL_URL}",
        "url: the environment variable IWMON_MAIL_URL is not set",
        "set it, or write ${IWMON_MAIL_URL:-console:}",
    ),
    (
        "variable inside an address",
        "https://nashaniva.com/rss",
        "https://nashaniva.com/▶${KEY}",
        "url: the environment variable KEY is not set",
        "set it, or write ${KEY:-default}",
    ),
    (
        "variable that is not closed",
        "${IWMON_EMAIL_URL}",
        "▶${IWMON_EMAIL_URL",
        "url: ${ does not begin a variable",
        "write ${NAME} or ${NAME:-default}, with letters, digits and _ in the name",
    ),
    (
        "heartbeat that is not on the web",
        "${IWMON_HEARTBEAT_URL}",
        "▶beat",
        "url: the address does not begin with https:// or http://",
        "write an address that begins with https:// or http://",
    ),
]


def where_marked(old: str, new: str, name: str) -> tuple[str, str | None]:
    """The changed contract, and where the problem must be: None for mistakes that leave nothing to mark."""
    text = changed(old, new)
    if "&n" in new:
        text = text.replace("judgements:\n", "  - *n\njudgements:\n")
    return marked(text) if "▶" in text else (text, PLACES[name])


# Where something is missing or changed in a way that a mark cannot show
PLACES = {
    "missing effect": "indicators.yaml:32:9",
    "missing version": "indicators.yaml:2:1",
    "judgement of a route": "indicators.yaml:49:30",
}


@pytest.mark.parametrize(("name", "old", "new", "message", "hint"), MISTAKES, ids=[m[0] for m in MISTAKES])
def test_one_mistake_is_one_error_in_its_place(
    name: str, old: str, new: str, message: str, hint: str | None
) -> None:
    """A single mistake gives exactly one error: file, line, column, what is wrong, what to write instead."""
    text, where = where_marked(old, new, name)
    found = errors(text)
    assert [(p.severity, p.where, p.message) for p in found] == [("error", where, message)]
    assert hint is None or found[0].hint == hint


def test_a_mistake_in_a_time_interval_is_no_mistake_of_who_names_it() -> None:
    """What could not be read is not called missing."""
    times = "[{times: [{start_time: '8:00', end_time: '17:00'}]}]"
    text = changed("time_intervals: []", f"time_intervals: [{{name: nights, time_intervals: {times}}}]")
    text = text.replace("mode: realtime}", "quiet_hours: {intervals: [nights]}}")
    text = text.replace("continue: true", "mute_time_intervals: [nights], continue: true")
    assert [p.message for p in errors(text)] == ['start_time: "8:00" is not written as expected']


QUERY = '          en: $belarus NEAR/25 (mobilis* OR mobiliz* OR reservist* OR "combat readiness")\n'
QUERIES = [
    ("plain", "          en: belarus* ▶) x\n"),
    ("plain after an anchor", "          en: &q belarus* ▶) x\n"),
    ("single quotes", "          en: '\"it''s\" ▶) x'\n"),
    ("double quotes", '          en: "\\"comb\\u0061t readiness\\" \\t ▶) x"\n'),
    ("over two lines", "          en: belarus* OR\n              b* ▶) x\n"),
    (
        "folded",
        "          en: >-\n            belarus* OR\n            (мобилизац* OR\n            b*) ▶) x\n",
    ),
    ("literal", "          en: |\n            belarus* OR  x  \n            b* ▶) x\n"),
    ("one of several", "          en:\n            - belarus*\n            - b* ▶) x\n"),
    ("one of several in brackets", "          en: [belarus*, 'b*  ▶) x']\n"),
    ("quotes over two lines", '          en: "belarus* \\\n            OR\n\n            b* ▶) x"\n'),
]


@pytest.mark.parametrize(("name", "query"), QUERIES, ids=[name for name, _ in QUERIES])
def test_a_bad_query_is_told_to_the_character(name: str, query: str) -> None:
    """However a query is written, the error points at the character in the file that is wrong."""
    text, where = marked(changed(QUERY, query))
    assert [p.where for p in errors(text)] == [where]


def test_a_query_that_ends_too_early_is_told_at_its_end() -> None:
    """An error at the end of a query points behind its last character, not into the next line."""
    text, where = marked(changed(QUERY, "          en: belarus* OR▶\n"))
    assert [p.where for p in errors(text)] == [where]


def test_termsets_and_sources_of_queries_must_exist() -> None:
    """`$name` and `source:id` are references: an unknown one is an error with its place."""
    text, where = marked(changed(QUERY, "          en: x OR ▶$belaruss\n"))
    assert [(p.where, p.message) for p in errors(text)] == [(where, "there is no termset $belaruss")]
    text, where = marked(changed(QUERY, "          en: x AND ▶source:nashanivva\n"))
    (found,) = errors(text)
    assert (found.where, found.message) == (where, 'there is no source "nashanivva"')
    assert found.hint == 'did you mean "nashaniva"?'


def test_a_bad_term_is_told_to_the_character() -> None:
    """A term that no query could use is an error where it stands, used or not."""
    text, where = marked(changed("белорус*]", '"бело▶*рус"]'))
    assert [p.where for p in errors(text)] == [where]


def test_alternatives_that_are_too_large_together_are_refused() -> None:
    """Alternatives that can be read one by one, but not joined, are an error at their list."""
    many = ", ".join(f"w{n}" for n in range(2100))
    text, where = marked(changed(QUERY, f"          en: ▶[{many}]\n"))
    assert [p.where for p in errors(text)] == [where]


def test_all_mistakes_are_told_together() -> None:
    """Mistakes in different places, of different kinds, in one thing or several, are told in file order."""
    text = CONTRACT
    for old, new in (
        ("Europe/Warsaw", "Europe/Warsow"),
        ("poll_interval: 10m", "poll_interval: 10 min"),
        ("country: BY", "country: NO"),
        ("reliability: B", "reliability: X"),
        ("https://nashaniva.com/rss", "ftp://nashaniva.com/rss"),
        ("made_on: 2022-07-15", "made_on: 15.07.2022"),
        ("probability: realistic possibility", "probability: perhaps"),
        ("effect: strongly_supports", "effect: proves"),
        ("$belarus NEAR/25 (мобилизац*", "$belaruss NEAR/25 (мобилизац*"),
        ("receiver: analysts", "receiver: analyst"),
        ("group_wait: 30s", "group_wait: 30"),
    ):
        text = text.replace(old, new)
    lines = [int(p.where.split(":")[1]) for p in errors(text)]
    assert lines == [3, 3, 10, 12, 17, 25, 27, 37, 42, 48, 48]


def test_a_broken_termset_brings_no_second_error() -> None:
    """Queries are not blamed for a termset that is there, but wrong."""
    text, where = marked(changed("{en: [belarus*, belorus*],", "{en: ▶belarus*,"))
    assert [p.where for p in errors(text)] == [where]


def test_the_error_reads_well() -> None:
    """`str()` has a line for each problem, the first fifty, and counts the rest."""
    one = errors(changed("country: BY", "country: by"))
    assert str(ConfigError(one)) == (
        'indicators.yaml:12:14: country: "by" is not a country code (ISO 3166) (write "BY")'
    )
    many = "".join(f"  - {{id: s{n}}}\n" for n in range(60))
    with pytest.raises(ConfigError) as caught:
        read(changed("judgements:\n", many + "judgements:\n"))
    lines = str(caught.value).splitlines()
    assert len(caught.value.problems) == 60
    assert lines[0] == "60 errors in the configuration:"
    assert lines[1].startswith("  indicators.yaml:21:5: url is missing here")
    assert len(lines) == 52
    assert lines[-1] == "  … and 10 more"


def test_values_in_messages_are_made_harmless() -> None:
    """A message is one short line, whatever the value was."""
    (found,) = errors(changed("type: feed ", f'type: "a\\nb{"c" * 500}" '))
    assert "\n" not in str(found)
    assert len(found.message) < 120


def test_problems_print_as_editors_expect() -> None:
    """file:line:column first, so that a terminal or an editor can jump there."""
    assert str(Problem("warning", "a.yaml:1:2", "odd", "mend it")) == "a.yaml:1:2: odd (mend it)"
    assert str(Problem("warning", "a.yaml:1:2", "odd")) == "a.yaml:1:2: odd"


def test_the_contract_itself_has_no_error() -> None:
    """The example of the design is a valid configuration."""
    assert errors(CONTRACT, ENVIRON) == ()
