"""`iwmon test`: rule unit tests in YAML, run through the live pipeline.

`shape` is the form of a test file, `reading` checks one against it, `building` makes `case.Case`s of it and a
configuration (both with file:line:column for what is wrong), `running` plays a case with a configuration,
`judging` compares what came of it with what was expected. All of it is pure; the words are those of
promtool's `test rules` where there are any.
"""

from iwmon.ruletest.building import cases
from iwmon.ruletest.case import Case
from iwmon.ruletest.judging import Difference, Failed, Line, judge
from iwmon.ruletest.reading import Tests, read
from iwmon.ruletest.running import Seen, run
from iwmon.ruletest.shape import keys, schema

__all__ = [
    "Case",
    "Difference",
    "Failed",
    "Line",
    "Seen",
    "Tests",
    "cases",
    "judge",
    "keys",
    "read",
    "run",
    "schema",
]
