"""The history file."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tcalc.prompt import history
from tcalc.prompt.history import PrivateHistory, history_path


def entries(path: Path) -> list[str]:
    return list(PrivateHistory(str(path)).load_history_strings())


@pytest.mark.parametrize(
    ("environ", "path"),
    [
        ({"XDG_STATE_HOME": "/s", "HOME": "/h"}, "/s/tcalc/history"),
        ({"HOME": "/h"}, "/h/.local/state/tcalc/history"),
        ({"XDG_STATE_HOME": "", "HOME": "/h"}, "/h/.local/state/tcalc/history"),
        ({"XDG_STATE_HOME": "relative", "HOME": "/h"}, "/h/.local/state/tcalc/history"),
    ],
)
def test_it_is_kept_where_xdg_says(environ: dict[str, str], path: str) -> None:
    assert history_path(environ) == path


def test_entries_come_back_newest_first_with_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "state" / "tcalc" / "history"
    kept = PrivateHistory(str(path))
    texts = ["x = 1", "def f():\n    return '+'\n", "α = '\f'", "+y"]
    for text in texts:
        kept.store_string(text)
    assert entries(path) == texts[::-1]
    assert kept.failed is None


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "made" / "history"
    PrivateHistory(str(path)).store_string("secret")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    path.chmod(0o644)
    PrivateHistory(str(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_two_sessions_share_it(tmp_path: Path) -> None:
    path = tmp_path / "history"
    one, two = PrivateHistory(str(path)), PrivateHistory(str(path))
    one.store_string("a")
    two.store_string("b")
    one.store_string("c")
    assert entries(path) == ["c", "b", "a"]


def test_a_long_file_is_read_from_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "history"
    kept = PrivateHistory(str(path))
    for number in range(100):
        kept.store_string(f"entry {number}\nits second line")
    monkeypatch.setattr(history, "_READ_BYTES", 500)
    read = entries(path)
    assert 5 < len(read) < 20
    assert read == [f"entry {n}\nits second line" for n in range(99, 99 - len(read), -1)]


def test_a_place_that_cannot_be_written_is_survived(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    kept = PrivateHistory(os.fspath(blocked / "history"))
    kept.append_string("x")
    assert kept.failed
    assert list(kept.load_history_strings()) == []


@pytest.mark.parametrize("kind", ["pipe", "folder", "device", "unreadable", "loop", "null"])
def test_what_is_no_file_neither_hangs_nor_fails(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "history"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "loop":
        path.symlink_to(path)
    elif kind == "unreadable":
        path = Path("/proc/1/mem")
    else:
        path = tmp_path / "a\0b"
    kept = PrivateHistory(os.fspath(path))
    kept.store_string("x = 1")
    assert kept.failed
    assert list(kept.load_history_strings()) == []
