"""Files of `torch.jit.save`: safetensors whose metadata hold a program, under any name of a model's.

What the metadata say is checked where it is read (`tcalc.language.scripted`); nothing here runs it.
"""

from __future__ import annotations

from typing import Any

from tcalc.errors import FileProblem
from tcalc.files import access
from tcalc.files.columns import Wanted
from tcalc.files.formats import FORMATS, suffix_of
from tcalc.files.models import safetensors
from tcalc.files.models.marks import ZIPPED, is_safetensors
from tcalc.runtime.objects.containers import OrderedDict

FORMAT = "tcalc.jit"
VERSION = "1"
# No program is longer, and no description of a module.
_LONGEST = {"program": 1 << 20, "module": 1 << 25}


def need_known(name: str) -> None:
    """FileProblem where a name does not end as that of a file of models."""
    form = FORMATS.get(suffix_of(name))
    if form is None or not form.of_models:
        known = [suffix for suffix, form in FORMATS.items() if form.of_models]
        raise FileProblem(
            f"{name}: not a file of models; their names end in {' '.join(known)}", argument="f"
        )


def save(tensors: dict[str, Any], metadata: dict[str, str], path: str, name: str) -> None:
    """Write tensors and a program to a file, whole or not at all."""
    value: dict[str, Any] = OrderedDict(tensors)
    value.__dict__["metadata"] = {"format": FORMAT, "version": VERSION, **metadata}
    _check_length(metadata, name)
    put = safetensors.save(value, name)
    with access.writing(path, name) as file:
        put(file)


def load(path: str, name: str, place: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """The tensors in a file, and its program."""
    with access.reading(path, name) as (file, size):
        start = file.read(10)
        if start[:4] == ZIPPED:
            raise FileProblem(
                f"{name} is an archive of PyTorch's: a TorchScript program in it is for PyTorch's "
                "own interpreter, and is not run here",
                hint="where it was made: torch.save(torch.jit.load(name).state_dict(), 'w.pt'); "
                "here: build the module, and load_state_dict(torch.load('w.pt'))",
                argument="f",
            )
        if not is_safetensors(start):
            raise FileProblem(f"{name} is no file that torch.jit.save wrote", argument="f")
        file.seek(0)
        found = safetensors.load(file, size, name, Wanted(place=place))
    metadata: dict[str, str] = found.__dict__.get("metadata", {})
    if metadata.get("format") != FORMAT:
        raise FileProblem(
            f"{name} holds weights and no program", hint="load(name) gives them", argument="f"
        )
    if metadata.get("version") != VERSION:
        raise FileProblem(
            f"{name} is of version {metadata.get('version', '')!r:.40} of these files, and version "
            f"{VERSION!r} is read",
            argument="f",
        )
    for key in _LONGEST:
        if key not in metadata:
            raise FileProblem(f"{name}: its metadata have no {key!r}", argument="f")
    _check_length(metadata, name)
    return found, metadata


def _check_length(metadata: dict[str, str], name: str) -> None:
    for key, most in _LONGEST.items():
        if len(metadata[key]) > most:
            raise FileProblem(
                f"{name}: its {key} takes {len(metadata[key])} characters; {most} at most",
                argument="f",
            )
