"""Settings of a run beside what came of them: the summaries of TensorBoard's table of runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tcalc.errors import ArgumentError, ValueProblem
from tcalc.library.tensorboard import messages as m
from tcalc.library.tensorboard.arrays import array_of, take
from tcalc.library.tensorboard.summary import one
from tcalc.runtime.tensor.tensor import Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

_PLUGIN = "hparams"
_STRING, _FLOAT64 = 1, 3
_SUCCESS = 1


def summaries(
    settings: dict[Any, Any], metrics: Sequence[str], discrete: object
) -> tuple[bytes, bytes, bytes]:
    """What an experiment has, that a run of it begins, and that it has ended.

    discrete: by the name of a setting, all values that it may have.
    """
    settings = {_name(name): value for name, value in settings.items()}
    domains = _domains(settings, discrete)
    infos, entries = [], []
    for name, value in settings.items():
        if value is None:
            continue
        kind, message = _value(value)
        domain = domains.get(name)
        values = None if domain is None else m.LIST(values=[_value(v)[1] for v in domain])
        infos.append(m.HPARAM(name=name, type=kind, domain_discrete=values))
        entries.append(m.ENTRY(key=name, value=message))
    found = [m.METRIC(name=m.METRIC_NAME(tag=tag)) for tag in metrics]
    experiment = m.EXPERIMENT(hparam_infos=infos, metric_infos=found)
    return (
        _summary("experiment", experiment=experiment),
        _summary("session_start_info", session_start=m.SESSION_START(hparams=entries)),
        _summary("session_end_info", session_end=m.SESSION_END(status=_SUCCESS)),
    )


def _summary(name: str, **data: bytes) -> bytes:
    return one(f"_hparams_/{name}", _PLUGIN, m.HPARAMS(**data))


def _name(name: object) -> str:
    found: str = take("add_hparams", "hparam_dict", name, "str")
    return found


def _value(value: object) -> tuple[int, bytes]:
    """A setting's type and the message of its value: a bool is a number."""
    if type(value) is str:
        return _STRING, m.STRING(value=value)
    if type(value) in (int, float, bool):
        return _FLOAT64, m.NUMBER(value=take("add_hparams", "hparam_dict", value, "float"))
    if isinstance(value, Tensor) and value.numel():
        return _FLOAT64, m.NUMBER(value=float(array_of(value).reshape(-1)[0].real))
    raise ValueProblem(
        "value should be one of int, float, str, bool, or torch.Tensor", argument="hparam_dict"
    )


def _domains(settings: dict[str, Any], discrete: object) -> dict[str, list[Any]]:
    if discrete is None:
        return {}
    if not isinstance(discrete, dict):
        raise ArgumentError(
            "parameter: hparam_domain_discrete should be a dictionary, nothing logged.",
            argument="hparam_domain_discrete",
        )
    found = {}
    for name, values in dict.items(discrete):
        fits = type(name) is str and name in settings and isinstance(values, list)
        if not fits or any(type(v) is not type(settings[name]) for v in values):
            raise ArgumentError(
                f"parameter: hparam_domain_discrete[{name}] should be a list of same type as "
                f"hparam_dict[{name}].",
                argument="hparam_domain_discrete",
            )
        found[name] = list(values)
    return found
