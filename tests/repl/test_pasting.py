"""Prompts in pasted text."""

from __future__ import annotations

import pytest

from tcalc.prompt.pasting import strip_prompts


@pytest.mark.parametrize(
    ("pasted", "code"),
    [
        ("x = 1", "x = 1"),
        ("x = 1\r\ny = 2\r", "x = 1\ny = 2\n"),
        ("", ""),
        (">>> x = 1", "x = 1"),
        (">>> x", "x"),
        (">>>", ""),
        (">>> x\n5\n>>> y\n6", "x\ny"),
        ("    >>> x = [1,\n    ...      2]\n    >>> x\n    [1, 2]", "x = [1,\n     2]\nx"),
        (
            ">>> def f(x):\n...     return x\n...\n>>> f(2)\n2\n",
            "def f(x):\n    return x\n\nf(2)",
        ),
        # An answer that itself begins with dots.
        (">>> x\ntensor([1,\n        ...,\n        9])\n>>> y", "x\ny"),
        ("In [1]: x = 1\n\nIn [2]: x\nOut[2]: 1\n\nIn [3]: x + 1", "x = 1\nx\nx + 1"),
        (
            "In [10]: for i in x:\n    ...:     print(i)\n    ...: \n1\n2",
            "for i in x:\n    print(i)",
        ),
        ("Out[2]: 1\n\nIn [3]: x + 1", "x + 1"),
        ("> x = 1\n> for i in x:\n.     i\n_1 = 3", "x = 1\nfor i in x:\n    i"),
        ("3> x = 1\n3> for i in x:\n .     i\n_3  3\n11> x", "x = 1\nfor i in x:\n    i\nx"),
        # Not prompts: a shift without a space, code that contains them, dots in code.
        (">>>x", ">>>x"),
        ("3>x", "3>x"),
        ("s = '''\n>>> x\n'''", "s = '''\n>>> x\n'''"),
        ("x = (y\n  .sum())", "x = (y\n  .sum())"),
        ("... ", "... "),
    ],
)
def test_prompts_go_and_code_stays(pasted: str, code: str) -> None:
    assert strip_prompts(pasted) == code


def test_a_second_pass_changes_nothing() -> None:
    once = strip_prompts(">>> if x:\n...     y\n...\n>>> z\n3")
    assert strip_prompts(once) == once
