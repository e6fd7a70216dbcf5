"""From the text of a query to its tree.

    or    = and {"OR" and}
    and   = near {["AND"] near}
    near  = unary {"NEAR/n" unary}
    unary = "NOT" unary | "(" or ")" | "intitle:" unary-without-NOT | term | "$name" | ...

So NOT binds tightest, then NEAR, AND, OR. Operators are written in capitals.
"""

from __future__ import annotations

from collections.abc import Callable

from iwmon.query.regex import check_regex
from iwmon.query.syntax import (
    MAX_DEPTH,
    MAX_LENGTH,
    And,
    FromSource,
    InLanguage,
    InTitle,
    Near,
    Node,
    Not,
    Or,
    Pattern,
    Query,
    QueryError,
    Term,
    TermSet,
    check_size,
)
from iwmon.query.terms import primary_language, read_term
from iwmon.query.tokens import Kind, Token, shown, tokens


def parse(text: str) -> Query:
    """Read a query. Raises QueryError, which says where the fault is and what to write instead."""
    if len(text) > MAX_LENGTH:
        raise QueryError(
            f"a query of {len(text):,} characters; at most {MAX_LENGTH:,} are read",
            MAX_LENGTH,
            hint="put lists of words into termsets",
        )
    found = list(tokens(text))
    if not found:
        raise QueryError("the query is empty", 0, hint='write words, a "phrase", a prefix* or a $termset')
    root = _Parser(found, len(text)).parse()
    check_size(root)
    return Query(text, root)


class _Parser:
    """Recursive descent over the tokens; `depth` bounds the recursion."""

    def __init__(self, tokens: list[Token], end: int) -> None:
        self._tokens = tokens
        self._at = 0
        self._end = end
        self._depth = 0

    def parse(self) -> Node:
        root = self._or()
        if token := self._peek():
            raise QueryError(
                "this parenthesis closes nothing", token.position, hint="leave it out, or open one before"
            )
        return root

    def _peek(self, *kinds: Kind) -> Token | None:
        """The next token, if there is one (of these kinds)."""
        if self._at >= len(self._tokens):
            return None
        token = self._tokens[self._at]
        return token if not kinds or token.kind in kinds else None

    def _take(self, *kinds: Kind) -> Token | None:
        token = self._peek(*kinds)
        if token:
            self._at += 1
        return token

    def _or(self) -> Node:
        parts = [self._and()]
        while self._take("or"):
            parts.append(self._and())
        return _joined(Or, parts)

    def _and(self) -> Node:
        parts = [self._near()]
        while (token := self._peek()) and token.kind not in ("or", ")"):
            self._take("and")
            parts.append(self._near())
        return _joined(And, parts)

    def _near(self) -> Node:
        start = self._position()
        left = self._unary()
        while token := self._take("near"):
            _check_operand(left, start)
            start = self._position()
            right = self._unary()
            _check_operand(right, start)
            left = Near(left, right, int(token.text))
        return left

    def _unary(self) -> Node:
        token = self._take()
        if token is None:
            raise QueryError("something is missing at the end", self._end, hint=self._missing_hint())
        match token.kind:
            case "not":
                return Not(self._below(token, self._unary))
            case "(":
                return self._group(token)
            case "intitle":
                return self._in_title(token)
            case "word" | "phrase":
                quoted = token.kind == "phrase"
                return read_term(token.text, token.position + quoted, quoted=quoted)
            case "termset":
                return TermSet(token.text, token.position)
            case "source":
                return FromSource(token.text, token.position)
            case "lang":
                return InLanguage(primary_language(token.text), token.position)
            case "regex":
                check_regex(token.text, token.position)
                return Pattern(token.text, token.position)
        raise QueryError(*self._misplaced(token), hint=_operator_hint(token))

    def _missing_hint(self) -> str:
        last = self._tokens[-1]
        return f"{shown(last)} needs something after it" if last.kind != "(" else "close the parenthesis"

    def _misplaced(self, token: Token) -> tuple[str, int]:
        before = self._tokens[self._at - 2] if self._at > 1 else None
        if token.kind == ")":
            if before and before.kind == "(":
                return "the parentheses are empty", before.position
            return (
                "something is missing before )" if before else "this parenthesis closes nothing"
            ), token.position
        where = f"after {shown(before)}" if before else "at the beginning"
        return f"{shown(token)} cannot stand {where}", token.position

    def _group(self, opening: Token) -> Node:
        inner = self._below(opening, self._or)
        if not self._take(")"):
            raise QueryError("a parenthesis is not closed", opening.position, hint="close it with )")
        return inner

    def _in_title(self, token: Token) -> Node:
        following = self._peek()
        if following is None or following.position != token.position + len("intitle:"):
            raise QueryError(
                "intitle: needs something right behind the colon",
                token.position,
                hint='write intitle:word or intitle:"a phrase"',
            )
        return InTitle(self._below(token, self._unary))

    def _below(self, token: Token, read: Callable[[], Node]) -> Node:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise QueryError(
                f"more than {MAX_DEPTH} parentheses and NOTs inside each other",
                token.position,
                hint="split the query",
            )
        node = read()
        self._depth -= 1
        return node

    def _position(self) -> int:
        token = self._peek()
        return token.position if token else self._end


def _joined(kind: type[And] | type[Or], parts: list[Node]) -> Node:
    """One node for a run of the same operator, however it was grouped."""
    if len(parts) == 1:
        return parts[0]
    return kind(
        tuple(inner for part in parts for inner in (part.parts if isinstance(part, kind) else (part,)))
    )


def _check_operand(node: Node, position: int) -> None:
    """What stands beside NEAR must have a place in the text: words, phrases, and groups of them."""
    match node:
        case Term() | TermSet() | Near():
            return
        case InTitle(part):
            _check_operand(part, position)
        case Or(parts):
            for part in parts:
                _check_operand(part, position)
        case And():
            raise QueryError(
                "AND cannot stand inside NEAR",
                position,
                hint="quote the words if they are a phrase, else write a NEAR/8 c AND b NEAR/8 c",
            )
        case Not():
            raise QueryError(
                "NOT cannot stand inside NEAR", position, hint="write NOT (a NEAR/8 b), or AND NOT after it"
            )
        case _:
            raise QueryError(
                "NEAR needs words, phrases or groups of them on both sides",
                position,
                hint="join the rest with AND",
            )


def _operator_hint(token: Token) -> str:
    if token.kind in ("and", "or", "near"):
        return f'it joins two things; quote it to look for the word: "{shown(token)}"'
    return "put something inside, or leave them out" if token.kind == ")" else ""
