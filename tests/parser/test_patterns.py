"""Regular expressions that are kept compiled are those that Python would compile."""

from __future__ import annotations

import _sre
import re
import subprocess
import sys
from re import _compiler, _parser

import pytest

from tcalc.parser._codes import CODES, ENGINES
from tcalc.parser.patterns import PATTERNS, compiled

same_engine = pytest.mark.skipif(
    ENGINES.get(_sre.MAGIC) != _sre.CODESIZE, reason="kept for another engine than this one"
)
same_compiler = pytest.mark.skipif(
    sys.version_info >= (3, 14), reason="its compiler makes other code for the same engine"
)


@same_engine
@same_compiler
def test_the_codes_are_up_to_date() -> None:
    assert {p.pattern for p in PATTERNS} == set(CODES)
    for text, code in CODES.items():
        assert code == [int(n) for n in _compiler._code(_parser.parse(text), 0)]


@same_compiler
def test_a_pattern_is_as_from_re() -> None:
    for pattern in PATTERNS:
        python = re.compile(pattern.pattern)
        assert pattern == python
        assert (pattern.flags, pattern.groups, pattern.groupindex) == (python.flags, 0, {})


def test_other_patterns_and_engines_compile(monkeypatch: pytest.MonkeyPatch) -> None:
    assert compiled("[ab]+?c").findall("abcbc") == ["abc", "bc"]
    monkeypatch.setattr("tcalc.parser.patterns.ENGINES", {})
    for pattern in PATTERNS:
        assert compiled(pattern.pattern) == re.compile(pattern.pattern)


@same_engine
def test_plain_programs_need_no_re() -> None:
    code = (
        "import sys; from tcalc.parser import parse; from tcalc.source import Source\n"
        "parse(Source('def f(x):\\n  # no\\n  return x[1:] + 0x1f * 1e3 + \"a\"\\n'))\n"
        "assert not {'re', 'enum', 'functools', 'collections'} & set(sys.modules)"
    )
    # Without `site`, which may load anything.
    done = subprocess.run([sys.executable, "-S", "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
