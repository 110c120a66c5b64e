"""`x.__dict__`: what programs keep in their own objects, by name."""

from __future__ import annotations

import pytest

SETUP = """
import torch
from torch import nn
class P:
    def __init__(self, **given): self.__dict__.update(given)
    @property
    def x(self): return self.__dict__['x'] + 1
class Sets:
    def __init__(self): self.__dict__['kept'] = {}
    def __setattr__(self, name, value): self.kept[name] = value
    def __getattr__(self, name): return self.__dict__['kept'][name]
class Frame(nn.Module):
    def __init__(self, **given):
        super().__init__()
        self.__dict__.update(given)
        self.__dict__['unseen'] = nn.Linear(1, 1)
        self.seen = nn.Linear(2, 1)
p = P(a=1, b=[2])
"""


def test_attributes_as_a_dictionary(run) -> None:
    run(SETUP)
    assert run.value("p.a, p.b, p.__dict__, vars(p)") == (1, [2], *[{"a": 1, "b": [2]}] * 2)
    assert run.value("'{a} {b[0]}'.format(**p.__dict__)") == "1 2"
    assert run.value("[f'{k}={v!r}' for k, v in p.__dict__.items()]") == ["a=1", "b=[2]"]
    assert run.value("repr(p.__dict__), isinstance(p.__dict__, dict)") == (
        "{'a': 1, 'b': [2]}",
        True,
    )
    run("import json, copy")
    assert run.value("json.dumps(p.__dict__)") == '{"a": 1, "b": [2]}'
    assert run.value("copy.copy(p.__dict__) == copy.deepcopy(p.__dict__) == p.__dict__") is True
    assert run.value("P(**p.__dict__).__dict__ == p.__dict__") is True


def test_what_is_written_there_is_written_to_the_object(run) -> None:
    run(SETUP + "d = p.__dict__; d['c'] = 3; del d['a']; d |= {'e': 5}; d.update([('f', 6)], g=7)")
    assert run.value("p.c, p.e, p.f, p.g, hasattr(p, 'a')") == (3, 5, 6, 7, False)
    assert run.value("d.setdefault('c', 0), d.setdefault('h', 8), p.h") == (3, 8, 8)
    assert run.value("d.pop('h'), d.pop('h', None), hasattr(p, 'h')") == (8, None, False)
    assert run.value("d.popitem(), hasattr(p, 'g')") == (("g", 7), False)
    run("kept = d.copy(); d.clear()")
    assert run.value("p.__dict__, sorted(kept)") == ({}, ["b", "c", "e", "f"])
    run.fails("d.popitem()", KeyError)
    run.fails("d.pop('z')", KeyError)
    run.fails("del d['z']", KeyError)


def test_it_passes_by_properties_and_setters(run) -> None:
    run(SETUP + "p.__dict__['x'] = 1; s = Sets(); s.y = 2")
    assert run.value("p.x, p.__dict__['x'], s.y, s.__dict__") == (2, 1, 2, {"kept": {"y": 2}})


def test_modules(run) -> None:
    run(SETUP + "f = Frame(rate=0.5)")
    assert run.value("f.rate, list(f.state_dict())") == (0.5, ["seen.weight", "seen.bias"])
    assert run.value("f.unseen.weight.shape, 'rate' in f.__dict__, f.__dict__['training']") == (
        (1, 1), True, True,
    )  # fmt: skip
    run("f.__dict__['training'] = False")
    assert run.value("f.training") is False


@pytest.mark.parametrize(
    "program",
    [
        "p.__dict__['__class__'] = 1", "p.__dict__.update(__array_interface__={})",
        "p.__dict__.setdefault('__array__', 1)", "p.__dict__[1] = 2", "p.__dict__ = {}",
        "nn.Linear(1, 1).__dict__['_non_persistent'] = 1", "p.__dict__._put", "p.__dict__._drop",
        "type(p.__dict__)({}, print, print)", "p.__dict__.fromkeys", "super(P, p).__dict__",
        "nn.Linear(1, 1).__dict__['_parameters'] = 1", "P.__dict__", "[].__dict__",
    ],
)  # fmt: skip
def test_what_cannot_be_done(run, program: str) -> None:
    run(SETUP)
    run.fails(program, (AttributeError, TypeError))
    assert run.value("sorted(p.__dict__)") == ["a", "b"]


def test_a_name_that_changes_while_it_is_looked_at(run) -> None:
    run(
        SETUP
        + """
class N:
    def __hash__(self): return hash('a')
    def __eq__(self, other):
        p.__dict__.clear()
        return True
"""
    )
    run.fails("p.__dict__[N()] = 1", TypeError)
    run.fails("del p.__dict__[N()]", TypeError)
    run("p.a = 1")
    run.fails("p.__dict__.pop(N())", TypeError)


def test_simple_namespace(run) -> None:
    run("from types import SimpleNamespace\nn = SimpleNamespace(lr=0.1, bs=4); n.more = [n.bs]")
    assert run.value("str(n), n.lr") == ("namespace(lr=0.1, bs=4, more=[4])", 0.1)
    assert run.value("n == SimpleNamespace(**vars(n)), n == 3, vars(n) == n.__dict__") == (
        True, False, True,
    )  # fmt: skip
    run("class Own(SimpleNamespace): pass\nn.__dict__.update(bs=5)")
    assert run.value("repr(Own(a=1)), n.bs, Own(a=1) == SimpleNamespace(a=1)") == (
        "Own(a=1)", 5, False,
    )  # fmt: skip
    run.fails("SimpleNamespace(__class__=1)", ValueError)
    run.fails("n.zz", AttributeError)
    run("import argparse; a = argparse.Namespace(x=1)")
    assert run.value("a.__dict__, 'x' in a, a == argparse.Namespace(x=1)") == ({"x": 1}, True, True)
