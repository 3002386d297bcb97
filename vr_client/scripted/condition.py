"""Conditions such as ``r(CN:C, CH4:H2) < 1.2 and t > 0.1``, parsed by hand and never evaluated as code.

The grammar::

    condition  = every { "or" every }
    every      = single { "and" single }
    single     = "not" single | "(" condition ")" | quantity ("<" | "<=" | ">" | ">=") quantity
    quantity   = number | "t" | "r" "(" atom "," atom ")"
    atom       = index | RESIDUE:ATOM | "any" ELEMENT [ "of" RESIDUE ]

``r`` is a distance in angstrom, ``t`` the simulated time since the step began, in ps. With ``any H of CH4`` a
condition holds if it holds for one of these atoms, the same one wherever the words are the same.
"""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from atomtug.core.errors import InputError
from atomtug.vr_client.scripted.selection import Names, select_atom, select_class

Predicate = Callable[[NDArray[np.float64], float], bool]
"""Whether it holds, given positions (N, 3) angstrom and the time since the step began, ps."""
_Quantity = Callable[[NDArray[np.float64], float], float]

_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
}
_TOKEN = re.compile(r"\s*(<=|>=|<|>|\(|\)|,|[A-Za-z0-9_.+:'*-]+)")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_MOST_CHOICES = 10_000
"""Choices of atoms that a condition with several classes may have to try."""
_DEEPEST = 50
"""The deepest nesting of brackets and nots; more would exhaust Python's stack."""


@dataclass(frozen=True)
class Condition:
    """A condition that was parsed; its atoms are looked up when it is bound to a simulation."""

    text: str

    def __post_init__(self) -> None:
        _Parser(self.text, None).parse()

    def bind(self, names: Names) -> Predicate:
        """The test for a simulation with these names.

        Raises:
            InputError: an atom in it does not exist
        """
        parser = _Parser(self.text, names)
        test, classes = parser.parse(), parser.classes
        if not classes:
            return test

        def holds(positions: NDArray[np.float64], time: float) -> bool:
            for choice in product(*classes.values()):
                parser.chosen.update(zip(classes, choice, strict=True))
                if test(positions, time):
                    return True
            return False

        return holds


class _Parser:
    """Recursive descent over the tokens; without names, atoms are only read, not looked up."""

    def __init__(self, text: str, names: Names | None) -> None:
        self._text = text
        self._names = names
        self._tokens = _tokens(text)
        self._at = 0
        self._depth = 0
        self.classes: dict[str, tuple[int, ...]] = {}
        """The words for a class of atoms, e.g. ``H of CH4``, and its atoms."""
        self.chosen: dict[str, int] = {}
        """Which of them is meant at the moment."""

    def parse(self) -> Predicate:
        test = self._any()
        if self._at < len(self._tokens):
            raise self._error(f"{self._tokens[self._at]!r} is not expected there")
        return test

    def _any(self) -> Predicate:
        tests = [self._all()]
        while self._take("or"):
            tests.append(self._all())
        return tests[0] if len(tests) == 1 else lambda r, t: any(test(r, t) for test in tests)

    def _all(self) -> Predicate:
        tests = [self._single()]
        while self._take("and"):
            tests.append(self._single())
        return tests[0] if len(tests) == 1 else lambda r, t: all(test(r, t) for test in tests)

    def _single(self) -> Predicate:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self._error("it is nested too deeply")
        try:
            if self._take("not"):
                test = self._single()
                return lambda r, t: not test(r, t)
            if self._take("("):
                test = self._any()
                self._expect(")")
                return test
            return self._comparison()
        finally:
            self._depth -= 1

    def _comparison(self) -> Predicate:
        left = self._quantity()
        symbol = self._next("a comparison")
        if symbol not in _COMPARISONS:
            raise self._error(f"{symbol!r} is no comparison: use <, <=, > or >=")
        compare = _COMPARISONS[symbol]
        right = self._quantity()
        return lambda r, t: compare(left(r, t), right(r, t))

    def _quantity(self) -> _Quantity:
        word = self._next("a quantity")
        if word == "t":
            return lambda r, t: t
        if word == "r":
            self._expect("(")
            first = self._atom()
            self._expect(",")
            second = self._atom()
            self._expect(")")
            return lambda r, t: float(np.linalg.norm(r[first()] - r[second()]))
        if _NUMBER.fullmatch(word):
            number = float(word)
            return lambda r, t: number
        raise self._error(f"{word!r} is no quantity: use a number, t or r(ATOM, ATOM)")

    def _atom(self) -> Callable[[], int]:
        """What gives the index of an atom whenever the condition is tested."""
        word = self._next("an atom")
        if word == "any":
            words = self._next("an element")
            if self._take("of"):
                words += f" of {self._next('a residue')}"
            self.classes[words] = () if self._names is None else select_class(words, self._names)
            if (
                self._names is not None
                and np.prod([float(len(a)) for a in self.classes.values()]) > _MOST_CHOICES
            ):
                raise self._error(f"it has more than {_MOST_CHOICES} choices of atoms")
            return lambda: self.chosen[words]
        if word in {"(", ")", ","} or word in _COMPARISONS:
            raise self._error(f"{word!r} is no atom: use an index, RESIDUE:ATOM or any ELEMENT of RESIDUE")
        atom = 0 if self._names is None else select_atom(word, self._names)
        return lambda: atom

    def _next(self, wanted: str) -> str:
        if self._at == len(self._tokens):
            raise self._error(f"it ends where {wanted} is expected")
        self._at += 1
        return self._tokens[self._at - 1]

    def _take(self, token: str) -> bool:
        taken = self._at < len(self._tokens) and self._tokens[self._at] == token
        self._at += taken
        return taken

    def _expect(self, token: str) -> None:
        found = self._next(repr(token))
        if found != token:
            raise self._error(f"{found!r} stands where {token!r} is expected")

    def _error(self, what: str) -> InputError:
        return InputError(
            f"The condition {self._text!r} can't be understood: {what}. "
            f"Write it like r(CN:C, CH4:H2) < 1.2 and t > 0.1."
        )


def _tokens(text: str) -> list[str]:
    tokens, at = [], 0
    stripped = text.rstrip()
    while at < len(stripped):
        match = _TOKEN.match(stripped, at)
        if match is None:
            raise InputError(
                f"The condition {text!r} can't be understood at {stripped[at:].strip()[:10]!r}. "
                f"Write it like r(CN:C, CH4:H2) < 1.2 and t > 0.1."
            )
        tokens.append(match[1])
        at = match.end()
    return tokens
