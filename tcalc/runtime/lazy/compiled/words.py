"""The words of MT19937 as text, a vector at a time: each is made of one 624 words before it, that one's
neighbour and one 227 before.

What is kept is the sequence that the generator's own state is 624 words of; a word that is given is four
shifts of one.
"""

from __future__ import annotations

from functools import cache

from tcalc.runtime.lazy.compiled import library
from tcalc.runtime.lazy.compiled.code import V, module
from tcalc.runtime.lazy.compiled.kernels import Compiled
from tcalc.runtime.lazy.compiled.loops import Loops
from tcalc.runtime.lazy.compiled.lower import NAME as RUN

NAME = "words"
WORDS, _MIDDLE = 624, 397
# Elements of a round: fewer than lie between a word and the nearest that it is made of.
_LANES = 16
# What a word costs, in passes of plain arithmetic.
_COST = 20


@cache
def words() -> Compiled:
    """The function (see `function`)."""
    made = Compiled(module((f"void @{RUN}(ptr %args)", _code())), True, _COST)
    made.call = library.call(NAME)
    return made


def function() -> tuple[str, Loops]:
    """How that of an installation is declared, and its body."""
    return f"void @loop_{NAME}(ptr %args)", _code()


def _code() -> Loops:
    """sequence: a state and room for `states` more, of which the last is the first afterwards; out: their
    words as they are given."""
    code = Loops("float", ("*sequence", "*out", "states"))
    code.lanes = _LANES
    line, size = code.line, 4
    rounds = line(f"mul i64 %states, {WORDS // _LANES}")
    code.begin("word", at="%sequence", into="%out")
    first, second, other = (
        code.load(code.beside("%at", size * far), "i32") for far in (0, 1, _MIDDLE)
    )
    both = code.op("or", code.op("and", first, 0x80000000), code.op("and", second, 0x7FFFFFFF))
    odd = code.op("mul", code.op("and", both, 1), 0x9908B0DF)
    word = code.op("xor", code.op("xor", other, code.op("lshr", both, 1)), odd)
    code.store(word, code.beside("%at", size * WORDS))
    code.store(_given(code, word), "%into")
    code.end(rounds, at=size * _LANES, into=size * _LANES)
    code.begin("kept", source="%at.next", target="%sequence")
    code.store(code.load("%source", "i32"), "%target")
    code.end(str(WORDS // _LANES), source=size * _LANES, target=size * _LANES)
    code.do("ret void")
    return code


def _given(code: Loops, word: V) -> V:
    for how, bits, mask in (
        ("lshr", 11, 0xFFFFFFFF),
        ("shl", 7, 0x9D2C5680),
        ("shl", 15, 0xEFC60000),
        ("lshr", 18, 0xFFFFFFFF),
    ):
        word = code.op("xor", word, code.op("and", code.op(how, word, bits), mask))
    return word
