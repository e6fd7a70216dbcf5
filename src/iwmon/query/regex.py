"""Regular expressions in a query: RE2 only, so that no pattern and no text can take more than linear time.

They see the text as printed (composed, not folded) and ignore case. RE2's `\\w` and `\\b` know ASCII
letters only: `\\pL` is any letter.
"""

from __future__ import annotations

import re
from typing import Any

import re2

from iwmon.query.syntax import QueryError

MAX_REGEX = 500  # characters
_MEMORY = 1 << 20  # bytes a compiled expression may use; beyond, RE2 slows down but stays linear


Regex = Any  # re2 has no types: an object with search(str) and finditer(str)


def compile_regex(regex: str) -> Regex:
    """The RE2 of a pattern: linear time, bounded memory, case ignored. Raises re2.error."""
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = _MEMORY
    return re2.compile(regex, options)


def check_regex(regex: str, position: int) -> None:
    """Refuse what RE2 cannot run, or what would hit every item. Raises QueryError."""
    if len(regex) > MAX_REGEX:
        raise QueryError(
            f"a regular expression of {len(regex)} characters; at most {MAX_REGEX} are allowed",
            position,
        )
    try:
        compiled = compile_regex(regex)
    except (re2.error, UnicodeEncodeError) as error:
        raise QueryError(
            f"the regular expression /{regex}/ is not understood: {_reason(error)}",
            position,
            hint=_regex_hint(regex),
        ) from error
    if compiled.search(""):
        raise QueryError(
            f"the regular expression /{regex}/ also matches nothing at all, so it would hit every item",
            position,
            hint="leave out what may be absent",
        )


def _reason(error: Exception) -> str:
    return error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else str(error)


def _regex_hint(regex: str) -> str:
    if re.search(r"\(\?(?:[=!]|<[=!])", regex):
        return "look-ahead and look-behind do not exist here; use AND, NOT or NEAR"
    if re.search(r"\\[1-9]", regex):
        return "back-references do not exist here"
    return "RE2 syntax; \\pL is any letter"
