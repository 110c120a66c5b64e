"""torch.hub: weights of the cache and of the network, models of repositories that lie here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tcalc.errors import ClosedFile, MissingFile, NetworkProblem
from tcalc.session import Session
from tests.network.server import Served, serving, to

FILE = "resnet18-{}.pth"
PUBLISHED = "https://download.pytorch.org/models/"


def weights(**values: float) -> bytes:
    """A file of weights as PyTorch writes it."""
    session = Session()
    session.variables["values"] = values
    made = session.evaluate("{name: torch.tensor([value]) for name, value in values.items()}")
    from tcalc import files

    path = Path("weights.pth").absolute()
    files.save(made, str(path))
    found = path.read_bytes()
    path.unlink()
    return found


def named(data: bytes) -> str:
    """The name under which some weights are published."""
    return f"net-{hashlib.sha256(data).hexdigest()[:8]}.pth"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The hub's cache of weights, beside an empty working directory."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "cache" / "torch"))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    yield tmp_path / "cache" / "torch" / "hub" / "checkpoints"


def online(server: Served, **settings: Any) -> Session:
    """A session whose programs may use the network, which is a server on loopback."""
    session = Session(allow_net=True, **settings)
    session.network.client = server.client()
    return session


def fails(session: Session, text: str, kind: type[BaseException]) -> str:
    with pytest.raises(kind) as caught:
        session.evaluate(text)
    return str(caught.value)


def load(url: str, more: str = "") -> str:
    return f"torch.hub.load_state_dict_from_url({url!r}{more})"


def test_the_folder_is_pytorchs_and_can_be_set(home: Path) -> None:
    session = Session()
    assert session.evaluate("torch.hub.get_dir()") == str(home.parent)
    assert session.evaluate("torch.hub.set_dir('kept'); torch.hub.get_dir()") == "kept"
    assert Session().evaluate("torch.hub.get_dir()") == str(home.parent)  # a session's own


def test_weights_come_from_the_cache_without_a_network(home: Path) -> None:
    data = weights(a=1.5)
    home.mkdir(parents=True)
    (home / named(data)).write_bytes(data)
    text = load(PUBLISHED + named(data), ", map_location='cpu', check_hash=True") + "['a'].item()"
    assert Session().evaluate(text) == 1.5


def test_without_leave_the_error_says_what_to_do(home: Path) -> None:
    with pytest.raises(NetworkProblem) as caught:
        Session().evaluate(load(PUBLISHED + "net-12345678.pth"))
    path = home / "net-12345678.pth"
    assert str(path) in caught.value.message and "--allow-net" in caught.value.message
    assert f"curl --create-dirs -Lo {path} {PUBLISHED}net-12345678.pth" in str(caught.value.hint)
    assert not home.exists()


def test_weights_are_fetched_once_and_kept(home: Path) -> None:
    data = weights(a=2.5)
    told: list[str] = []
    with serving({"/models/" + named(data): data}) as server:
        session = online(server, tell=told.append)
        text = load(PUBLISHED + named(data)) + "['a'].item()"
        assert session.evaluate(text) == session.evaluate(text) == 2.5
        assert server.asked == ["download.pytorch.org/models/" + named(data)]
    assert (home / named(data)).read_bytes() == data
    assert told == [f'Downloading: "{PUBLISHED}{named(data)}" to {home / named(data)}']


def test_the_cache_takes_published_weights_alone(home: Path) -> None:
    data = weights(a=1.0)
    other = weights(a=3.0)
    replies = {
        "/models/" + named(data): other, "/models/net.pth": data, "/" + named(data): data,
        "/models/net-12345678.bin": data,
    }  # fmt: skip
    with serving(replies) as server:
        session = online(server)
        # The hash is looked at whether that is asked for or not.
        assert "invalid hash" in fails(session, load(PUBLISHED + named(data)), RuntimeError)
        fails(session, load(PUBLISHED + "net.pth"), ClosedFile)
        fails(session, load("https://weights.example/" + named(data)), ClosedFile)
        fails(session, load(PUBLISHED + named(other), f", file_name={named(data)!r}"), ClosedFile)
        fails(session, load(PUBLISHED + named(data), ", file_name='../../x-12345678.pth'"), OSError)
        path = str(home / named(data))
        fails(
            session,
            f"torch.hub.download_url_to_file('https://weights.example/a', {path!r})",
            ClosedFile,
        )
        assert server.asked == ["download.pytorch.org/models/" + named(data)]
    assert not home.exists() or [*home.iterdir()] == []


def test_what_is_called_otherwise_is_not_read_from_the_cache(home: Path) -> None:
    home.mkdir(parents=True)
    (home / "mine.pth").write_bytes(weights(a=1.0))
    outside = home.parent.parent / "secret-12345678.pth"
    outside.write_bytes(weights(a=1.0))
    (home / "link-12345678.pth").symlink_to(outside)
    session = Session()
    for file in ("mine.pth", "link-12345678.pth"):
        fails(session, load(PUBLISHED + file), OSError)
        fails(session, f"torch.load({str(home / file)!r})", ClosedFile)


def test_other_weights_are_kept_where_the_program_may_write(home: Path) -> None:
    data = weights(a=4.0)
    url = "https://weights.example/mine.pth"
    with serving({"/mine.pth": to("https://mirror.example/a"), "/a": data}) as server:
        session = online(server)
        session.evaluate("torch.hub.set_dir('kept')")
        assert session.evaluate(load(url) + "['a'].item()") == 4.0
        assert Path("kept/checkpoints/mine.pth").read_bytes() == data
        assert (
            session.evaluate(load(url, ", model_dir='here', progress=False") + "['a'].item()")
            == 4.0
        )
        assert Path("here/mine.pth").exists()
        fails(session, load(url, f", model_dir={str(home.parent.parent)!r}"), ClosedFile)
        fails(session, load(url, ", model_dir='.hidden'"), ClosedFile)
        fails(session, load(url, ", file_name='net.sh'"), OSError)
    assert not home.exists()


def test_a_file_is_fetched_with_its_hash(home: Path) -> None:
    data = b"1,2\n3,4\n"
    begins = hashlib.sha256(data).hexdigest()[:12]
    with serving({"/a.csv": data}) as server:
        session = online(server)
        call = "torch.hub.download_url_to_file('https://weights.example/a.csv', 'a.csv', {!r})"
        assert "invalid hash" in fails(session, call.format("00"), RuntimeError)
        assert not Path("a.csv").exists()
        session.evaluate(call.format(begins))
        assert session.evaluate("load('a.csv').tolist()") == [[1, 2], [3, 4]]
        fails(session, call.format("xyz"), ValueError)
        fails(
            session,
            "torch.hub.download_url_to_file('https://weights.example/a.csv', 'a.py')",
            OSError,
        )
    fails(Session(), call.format(begins), NetworkProblem)


@pytest.mark.parametrize(
    "text", ["load_state_dict_from_url(3)", "download_url_to_file(3, 'a')", "set_dir(3)", "load(3, 'a')",
             "load('a', 3)", "list(None)", "download_url_to_file('https://a.example/a', 3)"],
)  # fmt: skip
def test_arguments_of_other_kinds_are_refused(home: Path, text: str) -> None:
    fails(Session(), f"torch.hub.{text}", (TypeError, ValueError, OSError))  # type: ignore[arg-type]  # any of them


# -- repositories ---------------------------------------------------------------------------------

HUBCONF = """
dependencies = ['torch', 'parts']
from parts import Net
import torch.nn as nn
LIMIT = 3

def net(width=2, **settings):
    '''A small network.'''
    import parts
    return Net(width)

def _hidden():
    pass
"""
PARTS = """
import torch.nn as nn
class Net(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc = nn.Linear(width, 1)
    def forward(self, x):
        return self.fc(x)
"""


@pytest.fixture
def repository(home: Path) -> Path:
    folder = Path("repo")
    folder.mkdir()
    (folder / "hubconf.py").write_text(HUBCONF)
    (folder / "parts.py").write_text(PARTS)
    return folder


def test_a_repository_lists_helps_and_makes(repository: Path) -> None:
    session = Session()
    assert session.evaluate("torch.hub.list('repo')") == ["Net", "net"]
    assert session.evaluate("torch.hub.help('repo', 'net')") == "A small network."
    made = session.evaluate("torch.hub.load('repo', 'net', source='local', width=3)")
    assert repr(made.fc) == "Linear(in_features=3, out_features=1, bias=True)"
    assert session.evaluate("torch.hub.load('repo', 'net', 4, source='local')(ones(4)).shape") == (
        1,
    )
    # What a repository imports is its own affair: a program beside it is found first otherwise.
    Path("parts.py").write_text("mine = 7")
    assert Session().evaluate("import parts; torch.hub.list('repo'); parts.mine") == 7


def test_what_a_repository_lacks_is_told(repository: Path) -> None:
    session = Session()
    assert "Cannot find callable LIMIT" in fails(
        session, "torch.hub.load('repo', 'LIMIT', source='local')", RuntimeError
    )
    assert "Cannot find callable none" in fails(
        session, "torch.hub.help('repo', 'none')", RuntimeError
    )
    Path("repo/hubconf.py").write_text("dependencies = ['torch', 'sklearn']\ndef a(): pass")
    assert "Missing dependencies: sklearn" in fails(
        Session(), "torch.hub.load('repo', 'a', source='local')", RuntimeError
    )
    Path("empty").mkdir()
    fails(session, "torch.hub.load('empty', 'a', source='local')", MissingFile)
    fails(session, "torch.hub.load('nowhere', 'a', source='local')", MissingFile)
    fails(session, "torch.hub.load('/etc', 'a', source='local')", ClosedFile)
    fails(session, "torch.hub.load('repo', 'a', source='web')", ValueError)


def test_a_repository_runs_behind_the_walls(repository: Path) -> None:
    Path("repo/hubconf.py").write_text("def a():\n    return open('/etc/passwd.txt').read()")
    fails(Session(), "torch.hub.load('repo', 'a', source='local')", ClosedFile)
    Path("repo/hubconf.py").write_text("import subprocess")
    fails(Session(), "torch.hub.list('repo')", ModuleNotFoundError)


def test_repositories_of_github_are_not_fetched_but_torchvisions_models_are_here(
    home: Path,
) -> None:
    with pytest.raises(OSError) as caught:
        Session().evaluate("torch.hub.load('owner/name:main', 'net')")
    hint = str(getattr(caught.value, "hint", ""))
    assert "git clone https://github.com/owner/name" in hint and "source='local'" in hint
    made = Session().evaluate("torch.hub.load('pytorch/vision:v0.10.0', 'resnet18', num_classes=3)")
    assert made.fc.out_features == 3
