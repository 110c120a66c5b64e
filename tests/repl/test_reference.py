"""Help: every topic's examples run, every name has something to say."""

from __future__ import annotations

import doctest
import importlib
import sys
from pathlib import Path

import pytest

from tcalc.display import plain
from tcalc.help import reference, topics
from tcalc.help._facts import FACTS
from tcalc.options import COMMANDS, OPTIONS
from tcalc.runtime.base import _index
from tcalc.runtime.base.op import Op
from tcalc.session import Session

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

import op_facts
import ops_page
from op_facts import public

for _module in _index.MODULES:
    importlib.import_module(_module)
DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGES = {page.name: page.read_text(encoding="utf-8") for page in sorted(DOCS.glob("*.md"))}


def examples(text: str) -> list[tuple[str, str]]:
    """What is typed after `>>>` and what is shown below it."""
    unfenced = text.replace("\n```", "\n").replace("# doctest: skip", "# skip")
    return [
        (example.source.rstrip(), "\n".join(line.strip() for line in example.want.splitlines()))
        for example in doctest.DocTestParser().get_examples(unfenced)
    ]


# Those of every op are run one by one (tests/ops/test_definitions.py).
@pytest.mark.parametrize("name", [*topics.TOPICS, *(page for page in PAGES if page != "ops.md")])
def test_the_examples_of_a_topic_and_a_page_give_what_they_show(name: str) -> None:
    session = Session()
    for source, shown in examples(topics.TOPICS.get(name) or PAGES[name]):
        if "# skip" in source:
            continue
        value = session.evaluate(source)
        text = "" if value is None else plain.text(value)
        assert (source, [line.strip() for line in text.splitlines()]) == (
            source,
            shown.splitlines(),
        )


@pytest.mark.parametrize("topic", topics.TOPICS)
def test_a_topic_fits_the_width_and_begins_with_its_title(topic: str) -> None:
    text = reference.help_text(topic, 80)
    assert text is not None
    assert text.startswith(topics.title(topic))
    assert [line for line in text.splitlines() if len(line) > 100] == []
    narrow = reference.help_text(topic, 40)
    assert narrow is not None and len(narrow.splitlines()) > len(text.splitlines())


def test_the_options_topic_has_every_option_and_command() -> None:
    text = reference.help_text("options", 80) or ""
    for option in OPTIONS:
        assert f"    {option.flag}" in text
    for command in COMMANDS.values():
        assert command.usage in text


def test_help_on_an_op_has_signature_effect_example_names_and_gradient() -> None:
    text = reference.help_text("exp", 80) or ""
    assert text.startswith("exp(input")
    for piece in (">>> ", "names ", "torch.exp", "x.exp", "in place  torch.exp_(...), x.exp_(...)",
        "dtypes ", "gradient  first and second order, forward mode"):  # fmt: skip
        assert piece in text
    assert "\x1b" not in text
    assert "\x1b[" in (reference.help_text("exp", 80, colour=True) or "")


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("norm", "norm(input"),
        ("torch.norm", "norm(input"),
        ("norm()", "norm(input"),
        ("Tensor.mean", "mean(input"),
        ("torch.Tensor.mean", "mean(input"),
        ("F.relu", "relu(input"),
        ("linalg.det", "det("),
        ("add_", "add_(input"),
        ("linalg", "linalg\n"),
        ("torch", "torch\n"),
        ("math", "math\n"),
        ("numpy", "numpy\n"),
        ("load", "load(f, map_location=None"),
        ("save", "save(obj, f, "),
        ("print", "print(*values"),
        ("type", "type("),
        ("pi", "pi = 3.14"),
        ("math.sqrt", "sqrt("),
        ("len", "len("),
        ("enumerate", "enumerate("),
        ("ValueError", "ValueError("),
        ("sum", "sum("),
        ("x.mean", "mean(input"),
        ("tensor.add_", "add_(input"),
        ("T", "x.T\n"),
        ("x.shape", "x.shape\n"),
        ("Tensor.grad_fn", "x.grad_fn\n"),
    ],
)
def test_a_name_is_found_however_it_is_written(name: str, begins: str) -> None:
    text = reference.help_text(name, 80)
    assert text is not None and text.startswith(begins)


@pytest.mark.parametrize("name", ["", ".", "nothing", "torch.nothing", "norm.x", "_", "__class__"])
def test_there_is_no_help_on_what_is_not_there(name: str) -> None:
    assert reference.help_text(name, 80) is None


def test_a_topic_that_is_a_function_too_tells_both() -> None:
    text = reference.help_text("grad", 80) or ""
    assert "Gradients" in text and "grad(" in text


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("nrom", "norm"),
        ("laod", "load"),
        ("torch.lialg", "linalg"),
        ("sintax", "syntax"),
        ("enumerat", "enumerate"),
    ],
)
def test_what_was_meant(wrong: str, right: str) -> None:
    assert reference.suggestion(wrong) == right


def test_every_name_of_a_program_has_help() -> None:
    names = [name for name in Session().namespace.names() if reference.help_text(name) is None]
    assert names == []


def test_code_that_is_wrapped_keeps_its_colour_and_loses_its_marks() -> None:
    for text in ("aaaa `bbbb cccc dddd eeee` ffff", "`bbbb cccc dddd eeee ffff`"):
        pen = reference.Pen(20, colour=True)
        pen.prose(text)
        pen.table([("name", text)])
        shown = pen.text()
        assert "`" not in shown
        for line in shown.splitlines():
            assert line.count("\x1b[36m") == line.count("\x1b[0m")


def test_a_pattern_is_of_the_name_however_it_is_written() -> None:
    names = [
        {name for name, *_ in reference.listing(pattern)}
        for pattern in ("linalg.*", "torch.linalg.*")
    ]
    assert "torch.linalg.det" in names[0] and names[0] == names[1]


def test_every_op_has_a_first_line_in_the_listing() -> None:
    lines = reference.listing()
    assert "torch.load" in {name for name, *_ in lines}
    assert len(lines) > 100
    assert lines == sorted(lines)
    from tcalc.runtime.base import registry

    undocumented = []
    for name, effect, *_ in lines:
        op = getattr(registry.lookup(name), "__op__", None)
        if isinstance(op, Op) and not effect.strip():
            undocumented.append(name)
    assert undocumented == []


def test_the_overview_names_topics_and_modules() -> None:
    text = reference.overview(80)
    assert [topic for topic in topics.TOPICS if topic not in text] == []
    assert "linalg" in text and "nn" in text
    assert max(map(len, text.splitlines())) <= 80


def test_prose_is_wrapped_and_examples_are_not() -> None:
    pen = reference.Pen(30, colour=False)
    pen.prose(
        "A line that is longer than\nthirty columns is wrapped.\n\n>>> f(a_name_longer_than_thirty)"
    )
    assert pen.text() == (
        "A line that is longer than\nthirty columns is wrapped.\n\n"
        "    >>> f(a_name_longer_than_thirty)"
    )


def test_methods_that_are_no_functions_are_listed_with_their_dtypes_and_gradient() -> None:
    rows = {name: rest for name, *rest in reference.listing("add_")}
    assert rows["Tensor.add_"][1:] == ["any", "first and second order, forward mode"]
    assert not any("__" in name for name in rows)
    assert [
        rest[1:] for name, *rest in reference.listing("nn.Linear") if name == "torch.nn.Linear"
    ] == [["", ""]]
    assert {name for name, *_ in reference.listing("x.new_z*")} == {"Tensor.new_zeros"}


def test_an_in_place_form_says_what_it_writes() -> None:
    assert "written into the first operand" in (reference.help_text("exp_") or "")
    assert "written into the first operand" not in (reference.help_text("exp") or "")


@pytest.mark.parametrize("op", public()[::9], ids=lambda op: op.qualified[0])
def test_the_facts_of_an_op_are_those_that_trying_finds(op: Op) -> None:
    """scripts/make_index.py writes them all."""
    (told,) = op_facts.facts([op])
    assert FACTS.get(told, "").split().count(op.qualified[0]) == 1


def test_what_is_listed_can_be_named() -> None:
    assert not [name for name, *_ in reference.listing("*") if "._" in name]


def test_the_page_of_ops_is_up_to_date() -> None:
    """scripts/make_index.py writes it."""
    assert PAGES["ops.md"] == ops_page.page()
