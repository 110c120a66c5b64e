"""Text files as programs open them: which there are, what is in them, and how they are written."""

from __future__ import annotations

from tcalc.errors import ArgumentError, FileProblem
from tcalc.files import access, text
from tcalc.files.formats import FORMATS, suffix_of

# By how their names end: what programs may open to read, and what to write.
WRITABLE = frozenset({".txt", ".csv", ".tsv", ".json", ".jsonl", ".md", ".log"})
# By their names in small letters, with `-` for `_`.
_ENCODINGS = {
    "utf-8": "utf-8", "utf8": "utf-8", "utf-8-sig": "utf-8-sig", "ascii": "ascii",
    "us-ascii": "ascii", "latin-1": "latin-1", "latin1": "latin-1", "iso-8859-1": "latin-1",
    "iso-8859-15": "iso-8859-15", "cp1252": "cp1252", "windows-1252": "cp1252", "utf-16": "utf-16",
    "utf-16-le": "utf-16-le", "utf-16-be": "utf-16-be", "gbk": "gbk", "gb18030": "gb18030",
    "shift-jis": "shift_jis", "euc-jp": "euc_jp", "euc-kr": "euc_kr", "big5": "big5",
}  # fmt: skip
_ERRORS = frozenset({"strict", "ignore", "replace", "backslashreplace"})


def need_text(name: str) -> None:
    """FileProblem unless a file's name ends as that of a text."""
    suffix = suffix_of(name)
    if suffix in WRITABLE:
        return
    hint = None
    if suffix in FORMATS:
        hint = "load(name) and save(value, name) read and write it"
    elif suffix in (".pt", ".pth", ".ckpt", ".bin"):
        hint = "torch.load(name) and torch.save(value, name) read and write it"
    raise FileProblem(
        f"{name}: open() takes texts, whose names end in {' '.join(sorted(WRITABLE))}",
        hint=hint,
        argument="file",
    )


def codec(encoding: str | None) -> str:
    """The codec of an encoding's name; None is UTF-8."""
    if encoding is None:
        return "utf-8"
    if type(encoding) is not str:
        raise ArgumentError(f"encoding must be a str, not {type(encoding).__name__}")
    found = _ENCODINGS.get(encoding.lower().replace("_", "-"))
    if found is None:
        raise ArgumentError(
            f"unknown encoding: {encoding}", hint=f"there are {', '.join(_ENCODINGS)}"
        )
    return found


def errors_of(errors: str | None) -> str:
    """What is done with what an encoding does not have."""
    if errors is None:
        return "strict"
    if type(errors) is not str or errors not in _ERRORS:
        raise ArgumentError(f"errors must be one of {', '.join(sorted(_ERRORS))}")
    return errors


def read(path: str, name: str, encoding: str | None, errors: str | None) -> str:
    """What a text file holds, ends of lines as they are."""
    chosen, handler = codec(encoding), errors_of(errors)
    with access.reading(path, name) as (file, size):
        data = access.checked(file, size, name)
    if encoding is None or chosen == "utf-8":
        data = text.utf8(data, name)
    try:
        return data.decode(chosen, handler)
    except UnicodeDecodeError:
        if chosen == "utf-8":
            raise text.undecodable(data, name) from None
        raise FileProblem(f"{name} is not text in {encoding}", argument="encoding") from None


def write(path: str, name: str, data: str, encoding: str | None, errors: str | None) -> None:
    """Write a text file, whole or not at all."""
    try:
        made = data.encode(codec(encoding), errors_of(errors))
    except UnicodeEncodeError as error:
        what = data[error.start : error.start + 1]
        raise FileProblem(f"{name}: {encoding or 'utf-8'} has no {what!a}") from None
    with access.writing(path, name) as file:
        access.put(file, made)
