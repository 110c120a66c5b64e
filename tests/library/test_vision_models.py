"""torchvision.models: published weights, what was given before 0.13, networks that are changed.

What the networks answer is recorded from torchvision (tests/recorded/cases/vision_models.txt).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tcalc.errors import NetworkProblem
from tcalc.library.vision.models import api
from tcalc.library.vision.models.weights import WeightsEnum
from tcalc.runtime.base.registry import lookup
from tcalc.runtime.base.warning import warnings
from tcalc.session import Session

NAMES = "alexnet densenet121 googlenet mobilenet_v2 resnet18 resnext50_32x4d squeezenet1_0 vgg11_bn"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The hub's cache of weights."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    folder = tmp_path / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    yield folder


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The warnings of a test."""
    found: list[str] = []
    monkeypatch.setattr(warnings, "always", True)
    monkeypatch.setattr(type(warnings), "show", lambda self, text, category: found.append(text))
    return found


def keep(cache: Path, name: str, weights: WeightsEnum) -> None:
    """Put drawn weights of a network where published ones would be."""
    file = str(cache / weights.url.rpartition("/")[2])
    session = Session(base_dir=str(cache))
    session.evaluate(f"torch.manual_seed(7); net = torchvision.models.get_model({name!r})")
    session.evaluate(f"torch.save(net.state_dict(), {file!r})")


def test_the_notes_program_trains_its_new_head(cache: Path, said: list[str]) -> None:
    keep(cache, "resnet18", lookup("torchvision.models.ResNet18_Weights").DEFAULT)
    session = Session()
    session.evaluate("""
from torch import nn, optim
model = torchvision.models.resnet18(pretrained=True)
for param in model.parameters():
    param.requires_grad = False
model.fc = nn.Linear(512, 10)
optimizer = optim.SGD(model.fc.parameters(), lr=1e-2, momentum=0.9)
before, head = model.layer1[0].conv1.weight.clone(), model.fc.weight.clone()
x, y = torch.randn(4, 3, 32, 32), torch.tensor([1, 5, 5, 9])
losses = []
for step in range(6):
    optimizer.zero_grad()
    loss = nn.functional.cross_entropy(model(x), y)
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
""")
    assert session.evaluate("losses[-1] < losses[0]")
    assert session.evaluate("torch.equal(before, model.layer1[0].conv1.weight)")
    assert not session.evaluate("torch.equal(head, model.fc.weight)")
    assert session.evaluate("[n for n, p in model.named_parameters() if p.grad is not None]") == [
        "fc.weight", "fc.bias",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            "pretrained=True",
            ["The parameter 'pretrained' is", "Arguments other than a weight enum"],
        ),
        ("True", ["Using 'weights' as positional", "Arguments other than a weight enum"]),
        ("weights=True", ["Arguments other than a weight enum"]),
        ("weights='DEFAULT'", []),
        ("weights='SqueezeNet1_1_Weights.IMAGENET1K_V1'", []),
        ("weights=torchvision.models.SqueezeNet1_1_Weights.DEFAULT, progress=False", []),
        (
            "pretrained=False",
            ["The parameter 'pretrained' is", "Arguments other than a weight enum"],
        ),
        ("False", ["Using 'weights' as positional", "Arguments other than a weight enum"]),
        ("None", ["Using 'weights' as positional"]),
        ("", []),
    ],
)
def test_weights_are_asked_for_as_ever(
    cache: Path, said: list[str], given: str, expected: list[str]
) -> None:
    weights = lookup("torchvision.models.SqueezeNet1_1_Weights").DEFAULT
    keep(cache, "squeezenet1_1", weights)
    session = Session()
    session.evaluate("torch.manual_seed(0)")
    session.evaluate(f"net = torchvision.models.squeezenet1_1({given})")
    loaded = "torch.load(file)['classifier.1.weight']"
    session.allow(str(cache / weights.url.rpartition("/")[2]))
    session.variables["file"] = str(cache / weights.url.rpartition("/")[2])
    wanted = "False" not in given.partition(",")[0] and "None" not in given and given != ""
    assert session.evaluate(f"torch.equal(net.classifier[1].weight, {loaded})") is wanted
    assert len(said) == len(expected)
    assert all(text.startswith(start) for text, start in zip(said, expected))


@pytest.mark.parametrize("name", ["vgg11", "densenet121", "googlenet"])
def test_networks_with_ways_of_their_own_load(cache: Path, said: list[str], name: str) -> None:
    """VGG draws nothing, DenseNet's file has older names, GoogLeNet's more than is asked for."""
    weights = lookup("torchvision.models.get_model_weights")(name).DEFAULT
    file = str(cache / weights.url.rpartition("/")[2])
    session = Session(base_dir=str(cache))
    session.evaluate(f"""
torch.manual_seed(7)
settings = {{'init_weights': False}} if {name == "googlenet"} else {{}}
state = torchvision.models.get_model({name!r}, **settings).state_dict()
import re
old = {{re.sub(r'(norm|conv)([12])\\.', r'\\1.\\2.', k) if 'denselayer' in k else k: v
       for k, v in state.items() if 'num_batches' not in k}}
torch.save(old, {file!r})
""")
    session.evaluate(f"net = torchvision.models.{name}(weights='DEFAULT')")
    assert session.evaluate("all(torch.equal(v, state[k]) for k, v in net.state_dict().items())")
    if name == "googlenet":
        assert session.evaluate("net.aux1 is None and not net.aux_logits and net.transform_input")


def test_without_weights_an_error_says_what_to_do(cache: Path) -> None:
    with pytest.raises(NetworkProblem) as caught:
        Session().evaluate("torchvision.models.resnet18(weights='DEFAULT')")
    path = str(cache / "resnet18-f37072fd.pth")
    assert path in caught.value.message and "--allow-net" in caught.value.message
    assert f"curl --create-dirs -Lo {path} https://download" in str(caught.value.hint)


@pytest.mark.parametrize("name", NAMES.split())
def test_a_network_is_built_and_looked_at(name: str) -> None:
    """Every network runs on the device of shapes; its class is told and its weights are known."""
    session = Session()
    more = ", init_weights=False" if name == "googlenet" else ""
    session.evaluate(
        f"with torch.device('meta'): net = torchvision.models.{name}(num_classes=5{more}).eval()"
    )
    assert session.evaluate("net(torch.empty(2, 3, 96, 96, device='meta')).shape") == (2, 5)
    assert session.evaluate("isinstance(net, nn.Module) and len(net.state_dict()) > 10")
    assert session.evaluate(f"torchvision.models.get_model_weights({name!r}).DEFAULT.url")[:8] == (
        "https://"
    )


def test_every_file_of_weights_is_published_under_its_hash() -> None:
    from tcalc.files import hubcache

    table = json.loads((Path(api.__file__).parent / "weights.json").read_text(encoding="utf-8"))[
        "weights"
    ]
    urls = [member["url"] for row in table.values() for member in row["members"].values()]
    assert len(urls) > 30
    for url in urls:
        assert url.split("/")[2] in hubcache.PUBLISHERS, url
        assert hubcache.is_published(url.rpartition("/")[2]), url


def test_classes_of_weights_are_no_programs_to_change() -> None:
    session = Session()
    session.evaluate("W = torchvision.models.ResNet18_Weights")
    for text in (
        "W.DEFAULT = 1", "W.DEFAULT.url = 'https://a.example'", "W.DEFAULT.value.url = 'x'",
        "class X(W): pass", "W.DEFAULT._members", "W._members", "del W.DEFAULT",
        "W.DEFAULT.most = 1",
    ):  # fmt: skip
        with pytest.raises((AttributeError, TypeError)):
            session.evaluate(text)


@pytest.mark.parametrize(
    "text",
    [
        "resnet18(num_classes='a')", "resnet18(groups='a')", "resnet18(norm_layer=3)",
        "ResNet(3, [1, 1, 1, 1])", "ResNet(models.resnet.BasicBlock, [1])",
        "ResNet(models.resnet.BasicBlock, 'abcd')", "ResNet(None, [1, 1, 1, 1])",
        "vgg11(dropout='a')", "mobilenet_v2(width_mult='a')", "DenseNet(block_config=3)",
        "get_model(3)", "get_weight(3)", "list_models(include=3)", "get_model_weights(3)",
        "resnet18(None, True, 3)", "resnet18(None, weights=None)",
    ],
)  # fmt: skip
def test_settings_of_other_kinds_are_refused(text: str) -> None:
    """By an error that a program can catch; none is ours alone."""
    from tcalc.diagnosis.diagnostics import diagnose

    session = Session()
    session.evaluate("from torchvision import models")
    with pytest.raises((TypeError, ValueError, AttributeError, RuntimeError)) as caught:
        session.evaluate(f"models.{text}")
    assert "bug" not in diagnose(caught.value, session).message
