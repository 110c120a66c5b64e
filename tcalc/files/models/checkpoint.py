"""PyTorch's files (.pt, .pth, .ckpt, .bin): an archive of a pickle and of storages.

Weights only: the pickle is run by a machine that knows what state dicts, optimizer states and
containers of tensors need, and nothing else. Files from before PyTorch 1.6 are read too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

from tcalc.errors import FileProblem
from tcalc.files.models import archive, blocks, legacy, reading
from tcalc.files.models.archive import Member
from tcalc.files.models.machine import Machine
from tcalc.files.models.marks import LEGACY, PICKLE, ZIPPED, is_safetensors
from tcalc.files.models.storages import Memory, Source, check
from tcalc.runtime.base import memory

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcalc.files.columns import Wanted
    from tcalc.files.formats import Entry
    from tcalc.files.held import Held

# No weights take a longer pickle; while it is run, each of its bytes may take so many.
_LONGEST_PICKLE, _BYTES = 1 << 26, 100
_TAR = slice(257, 262)
_STATE_HINT = "where it was made: torch.save(model.state_dict(), 'model.pt')"


def load(file: BinaryIO, size: int, name: str, wanted: Wanted) -> Any:
    """What a file holds, as programs have it."""
    from tcalc.files.models.places import placing

    place = placing(wanted.place)
    described, source = _described(file, size, name)
    return reading.Values(Memory(source, place, wanted.mapped).tensor, name).value(described)


def save(value: Any, name: str) -> Callable[[BinaryIO], None]:
    """What puts a value into a file that PyTorch loads with weights_only=True."""
    from tcalc.files.models.writing import pickled

    pickle, storages = pickled(value, name)

    def put(file: BinaryIO) -> None:
        root = archive.stem(name)
        writer = archive.Writer(file)
        writer.add(f"{root}/{PICKLE}", pickle)
        writer.add(f"{root}/byteorder", b"little")
        for key, data in storages:
            writer.add(f"{root}/data/{key}", data)
        writer.add(f"{root}/version", b"3\n")
        writer.close()

    return put


def entries(file: BinaryIO, size: int, name: str, columns: Any) -> list[Entry]:
    """What the tensors are, from the pickle alone; of a file of torch.jit.save, from its header."""
    if is_safetensors(file.read(16)):
        from tcalc.files.models import safetensors

        file.seek(0)
        return safetensors.entries(file, size, name, columns)
    file.seek(0)
    described, source = _described(file, size, name)
    for _, laid in reading.tensors(described, name):
        check(laid, source)
    return reading.entries(described, name)


def held(file: BinaryIO, size: int, name: str, wanted: Wanted) -> list[Held]:
    """The tensors with their elements, read as they are asked for."""
    if is_safetensors(file.read(16)):
        from tcalc.files.models import safetensors

        file.seek(0)
        return safetensors.held(file, size, name, wanted)
    file.seek(0)
    described, source = _described(file, size, name)
    return blocks.of_tensors(reading.found(described, name), source)


def _described(file: BinaryIO, size: int, name: str) -> tuple[Any, Source]:
    """What a file describes, and where its storages are."""
    start = file.read(512)
    if start[:4] == ZIPPED:
        return _of_archive(file, size, name)
    if start.startswith(LEGACY):
        return legacy.described(file, size, name)
    if start[_TAR] == b"ustar":
        raise FileProblem(
            f"{name} is a tar archive, as PyTorch wrote until 0.1.10; newer ones are read",
            hint="any later PyTorch loads it, and saves it anew",
            argument="f",
        )
    if start[:1] == b"\x80":
        raise FileProblem(
            f"{name} is a bare pickle, which is a program when read; nothing is unpickled but "
            "weights that torch.save wrote",
            hint=_STATE_HINT,
            argument="f",
        )
    if is_safetensors(start):
        raise FileProblem(
            f"{name} is a safetensors file, as torch.jit.save writes with a program in it",
            hint="torch.jit.load(name) gives the module; under a name in .safetensors, load gives "
            "the weights",
            argument="f",
        )
    raise FileProblem(f"{name} is no file of PyTorch's: it does not begin as one", argument="f")


def _of_archive(file: BinaryIO, size: int, name: str) -> tuple[Any, Source]:
    members = archive.members(file, size, name)
    roots = [entry.partition("/")[0] for entry in members if entry.endswith("/" + PICKLE)]
    if len(roots) != 1 or f"{roots[0]}/{PICKLE}" not in members:
        raise FileProblem(
            f"{name} is an archive that torch.save did not write: it has no {PICKLE}", argument="f"
        )
    root = roots[0]
    if f"{root}/constants.pkl" in members:
        raise FileProblem(
            f"{name} holds a TorchScript program with its weights; programs from files are not run",
            hint=_STATE_HINT,
            argument="f",
        )
    packed = next((entry for entry, member in members.items() if member.is_packed), None)
    if packed is not None:
        raise FileProblem(
            f"{name}: entry {packed!r} is packed, which those of models never are", argument="f"
        )
    order = members.get(f"{root}/byteorder")
    if order is not None and _bytes(file, order, 16, name) != b"little":
        raise FileProblem(f"{name} was written on a machine of another byte order", argument="f")
    pickle = members[f"{root}/{PICKLE}"]
    memory.check(pickle.size * _BYTES, f"the pickle of {name}")
    described = Machine(_bytes(file, pickle, _LONGEST_PICKLE, name), 0, name).run()
    start = f"{root}/data/"
    parts = {entry[len(start) :]: m for entry, m in members.items() if entry.startswith(start)}
    return described, Source(file, parts, name)


def _bytes(file: BinaryIO, member: Member, most: int, name: str) -> bytes:
    if member.size > most:
        raise FileProblem(f"{name}: an entry of {member.size} bytes is no pickle", argument="f")
    file.seek(member.start)
    return file.read(member.size)
