"""Files of weights: where the hub keeps them, and what they hold."""

from __future__ import annotations

import posixpath
import re
from typing import Any

from tcalc.errors import ArgumentError, ValueProblem
from tcalc.library.host import host
from tcalc.runtime.base.modes import effect
from tcalc.runtime.base.registry import export

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

# How the names of published files tell what their hash begins with.
_HASHED = re.compile(r"-([a-f0-9]*)\.")


def get_dir() -> str:
    """The folder in which the hub keeps things: that of PyTorch, unless set_dir set another.

    That is `$TORCH_HOME/hub`, else `$XDG_CACHE_HOME/torch/hub`, else `~/.cache/torch/hub`; weights
    are in `checkpoints` there.

    >>> torch.hub.set_dir("weights")
    >>> torch.hub.get_dir()
    'weights'
    """
    effect("get_dir")
    return host.hub().folder


def set_dir(d: Any) -> None:
    """Have the hub keep things in another folder, under the rules for files of programs."""
    effect("set_dir")
    hub = host.hub()
    hub.folder = hub.name_of(d)


def download_url_to_file(
    url: str, dst: Any, hash_prefix: str | None = None, progress: bool = True
) -> None:
    """Fetch a file by https, where --allow-net lets programs: whole or not at all.

    dst: the file's name, under the rules for files of programs. hash_prefix: what its SHA-256
    begins with, in hexadecimal; RuntimeError where that is another. progress: whether a terminal
    shows how far it has come.
    """
    effect("download_url_to_file")
    url = _text("download_url_to_file", "url", url)
    begins = "" if hash_prefix is None else _hexadecimal(hash_prefix)
    hub = host.hub()
    hub.fetch(url, hub.name_of(dst), begins=begins, most=None, progress=progress is True)


def load_state_dict_from_url(
    url: str,
    model_dir: Any = None,
    map_location: Any = None,
    progress: bool = True,
    check_hash: bool = False,
    file_name: str | None = None,
    weights_only: bool = False,
) -> Any:
    """What a published file of weights holds, which is fetched where it is not there yet.

    It is looked for in `model_dir`, by default `checkpoints` in get_dir(), under the last part of
    the URL or `file_name`. Fetching takes --allow-net. check_hash: whether its SHA-256 must begin as
    the name says (`resnet18-f37072fd.pth`). Nothing is unpickled but weights, whatever weights_only
    says.
    """
    return kept(url, model_dir, map_location, progress, check_hash, file_name)


def kept(
    url: str,
    model_dir: Any = None,
    map_location: Any = None,
    progress: bool = True,
    check_hash: bool = False,
    file_name: str | None = None,
    *,
    most: int | None = None,
) -> Any:
    """The same; most: the most bytes that the file may have."""
    name = "load_state_dict_from_url"
    effect(name)
    url = _text(name, "url", url)
    file = posixpath.basename(url.partition("?")[0].partition("#")[0])
    if file_name is not None:
        file = _text(name, "file_name", file_name)
    hub = host.hub()
    folder = posixpath.join(hub.folder, "checkpoints")
    if model_dir is not None:
        folder = hub.name_of(model_dir)
    path = posixpath.join(folder, file)
    if not hub.is_there(path):
        hashed = _HASHED.search(file) if check_hash else None
        begins = "" if hashed is None else hashed[1]
        hub.fetch(url, path, begins=begins, most=most, progress=progress is True)
    return hub.load(path, map_location)


def _text(function: str, name: str, value: object) -> str:
    if type(value) is not str:
        raise ArgumentError(
            f"{function}(): argument '{name}' must be str, not {type(value).__name__}",
            argument=name,
        )
    return value


def _hexadecimal(text: object) -> str:
    begins = _text("download_url_to_file", "hash_prefix", text)
    if re.fullmatch(r"[0-9a-fA-F]*", begins) is None:
        raise ValueProblem(f"a hash is hexadecimal, not {begins!r}", argument="hash_prefix")
    return begins


for _function in (download_url_to_file, get_dir, load_state_dict_from_url, set_dir):
    export(f"torch.hub.{_function.__name__}", value=_function)
export("torch.utils.model_zoo.load_url", value=load_state_dict_from_url)
