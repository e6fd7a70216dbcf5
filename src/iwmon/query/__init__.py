"""The indicator language: text → Query; many queries → Matcher; item → Matches.

`fold` says when two spellings are one word, syntax.py what a query is made of, parse.py how it is
read, places.py and parts.py what it means, matcher.py how a thousand of them are evaluated at once.
"""

from iwmon.query.fold import fold
from iwmon.query.lint import lint
from iwmon.query.matcher import Matcher, compile  # noqa: A004 - the word for it, as in `re.compile`
from iwmon.query.parse import parse
from iwmon.query.syntax import Query, QueryError
from iwmon.query.terms import expand, parse_term

__all__ = ["Matcher", "Query", "QueryError", "compile", "expand", "fold", "lint", "parse", "parse_term"]
