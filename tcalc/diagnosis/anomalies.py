"""What an error of `detect_anomaly` tells: which element is nan, and the numbers that it came of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.compiler.spelling import operands_of, text_of

if TYPE_CHECKING:
    from tcalc.parser import nodes
    from tcalc.runtime.autograd.anomaly import Anomaly
    from tcalc.source import Source

_LONGEST = 40


def told(anomaly: Anomaly, source: Source, node: nodes.Node) -> str:
    """A note on a gradient that is nan, in the words of the expression that called the op."""
    spelled = {**_texts(source, node, anomaly), "out": "the result"}
    at = f"[{', '.join(map(str, anomaly.at))}]" if anomaly.at else ""

    def named(parameter: str) -> str:
        text = spelled.get(parameter, parameter)
        return text if parameter == "out" else f"{text}{at}"

    parts = [f"{named(name)} = {_number(value)}" for name, value in anomaly.values.items()]
    if anomaly.arrived is not None:
        parts.append(f"the gradient that came to it = {_number(anomaly.arrived)}")
    note = f"the gradient of {named(anomaly.parameter)} is nan"
    if parts:
        note += f", where {', '.join(dict.fromkeys(parts))}"
    if any(value != value for value in anomaly.values.values()):
        note += ": nan was there before the pass back"
    return note


def _texts(source: Source, node: nodes.Node, anomaly: Anomaly) -> dict[str, str]:
    """What the program writes for the op's parameters, as far as that can be told."""
    found = operands_of(node)
    if found is None:
        return {}
    positional, named = found
    pairs = [*zip(anomaly.parameters, positional), *named.items()]
    texts = {}
    for name, operand in pairs:
        text = text_of(operand, source)
        texts[name] = text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    return texts


def _number(value: object) -> str:
    return f"{value:.6g}" if type(value) is float else str(value)
