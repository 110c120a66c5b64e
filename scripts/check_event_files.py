#!/usr/bin/env python3
"""Check what SummaryWriter writes with real PyTorch and real TensorBoard.

Run it with a Python that has torch 2.13, tensorboard and pillow: `python scripts/check_event_files.py`.
One program, the tests' own, runs in PyTorch and in tcalc; TensorBoard's own reader must find the same
in the files of both: event by event, message by message, images point by point. --record keeps
PyTorch's for the tests. Graphs differ by nature: TensorBoard's
graph plugin must take tcalc's. A tcalc that is killed amid its writing must leave a readable file.
tcalc is run as --tcalc says, by default by the checkout's own environment.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf import text_format
from PIL import Image
from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.backend.event_processing.plugin_event_accumulator import EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.graph_pb2 import GraphDef
from tensorboard.plugins.graph import graph_util
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData
from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "tests" / "library" / "tensorboard"
PROGRAM = (DATA / "program.tcalc").read_text()
GRAPH = """
from torch.utils.tensorboard import SummaryWriter
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(),
                                      nn.MaxPool2d(2))
        self.drop, self.fc = nn.Dropout(), nn.Linear(36, 10)
    def forward(self, x):
        x = self.features(x).flatten(1)
        x = x + x.mean(1, keepdim=True)
        return F.log_softmax(self.fc(self.drop(x)), dim=1)
with SummaryWriter('graphs') as w:
    w.add_graph(Net(), torch.rand(2, 1, 8, 8))
"""
ENDLESS = """
from torch.utils.tensorboard import SummaryWriter
w = SummaryWriter('killed')
step = 0
while True:
    w.add_histogram('x', torch.rand(1000), step)
    step += 1
    if step == 20: print('ready', flush=True)
"""


def read(path: Path) -> list[Any]:
    """The events of a file, as TensorBoard reads them."""
    return [Event.FromString(data) for data in RawEventFileLoader(str(path)).Load()]


def files(folder: Path) -> dict[str, list[Path]]:
    """The files of events below a folder by the folder that they are in, in order of making."""
    found: dict[str, list[Path]] = {}
    for path in folder.rglob("events.out.tfevents.*"):
        found.setdefault(str(path.parent.relative_to(folder)), []).append(path)
    for paths in found.values():
        paths.sort(key=lambda path: int(path.name.removesuffix(".abc").rpartition(".")[2]))
    return found


def plain(event: Any) -> Any:
    """An event without what is another moment's: images as their points, settings in order."""
    if event.wall_time != 1000.5:
        event.wall_time = 0
    for value in event.summary.value:
        if value.HasField("image"):
            points = Image.open(BytesIO(value.image.encoded_image_string))
            value.image.encoded_image_string = points.tobytes()
        plugin = value.metadata.plugin_data
        if plugin.plugin_name == "hparams":
            data = HParamsPluginData.FromString(plugin.content)
            plugin.content = data.SerializeToString(deterministic=True)
    return event


def recorded(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """PyTorch's events by folder, as the tests compare them."""
    found: dict[str, list[dict[str, Any]]] = {}
    for home, paths in sorted(files(folder).items()):
        found[home] = []
        for event in map(plain, [event for path in paths for event in read(path)]):
            entry: dict[str, Any] = {"event": event.SerializeToString(deterministic=True).hex()}
            for value in event.summary.value:
                if value.HasField("image"):
                    image = value.image
                    entry = {"tag": value.tag, "points": image.encoded_image_string.hex(),
                             "size": [image.height, image.width, image.colorspace]}  # fmt: skip
            found[home].append(entry)
    return found


def differences(real: Path, own: Path) -> Iterator[str]:
    """Where the files of the two differ."""
    expected, found = files(real), files(own)
    if {k: len(v) for k, v in expected.items()} != {k: len(v) for k, v in found.items()}:
        yield f"files: {expected} but {found}"
    for folder, paths in expected.items():
        for one, other in zip(paths, found.get(folder, [])):
            if one.suffix[1:].isdigit() != other.suffix[1:].isdigit():
                yield f"{one.name} but {other.name}"
            events, ours = read(one), read(other)
            if len(events) != len(ours):
                yield f"{folder}: {len(events)} events but {len(ours)}"
            for event, our in zip(events, ours):
                if plain(event) != plain(our) and str(event) != str(our):  # nan is not nan
                    yield f"{folder}:\n{str(event)[:2000]}\nbut\n{str(our)[:2000]}"
    for path in sorted(real.rglob("*")):
        other = own / path.relative_to(real)
        if path.suffix == ".tsv" and path.read_bytes() != other.read_bytes():
            yield f"{path.name}: {path.read_text()!r} but {other.read_text()!r}"
        if path.suffix == ".png" and not np.array_equal(Image.open(path), Image.open(other)):
            yield f"{path.name} differs"
        if path.suffix == ".pbtxt":
            both = [text_format.Parse(p.read_text(), ProjectorConfig()) for p in (path, other)]
            if both[0] != both[1]:
                yield f"{both[0]}\nbut\n{both[1]}"


def check_graph(folder: Path) -> Iterator[str]:
    """Whether TensorBoard's graph plugin would show the graph."""
    accumulator = EventAccumulator(str(folder / "graphs"))
    accumulator.Reload()
    graph: GraphDef = accumulator.Graph()
    combined = graph_util.merge_graph_defs([graph])
    names = {node.name for node in combined.node}
    missing = {name for node in combined.node for name in node.input} - names
    if missing:
        yield f"nodes that are not there: {missing}"
    wanted = {"Net/Sequential[features]/Conv2d[0]/weight", "input/input.1", "output/output.1"}
    if not wanted <= names:
        yield f"no {wanted - names} among {sorted(names)}"
    print(f"graph: {len(names)} nodes")


def check_killed(command: list[str], folder: Path, env: dict[str, str]) -> Iterator[str]:
    """Whether what a killed process wrote can be read."""
    (folder / "endless.tcalc").write_text(ENDLESS)
    with subprocess.Popen(
        [*command, "endless.tcalc"], cwd=folder, env=env, stdout=subprocess.PIPE, text=True,
        start_new_session=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        process.stdout.readline()
        os.killpg(process.pid, signal.SIGKILL)
    (paths,) = files(folder / "killed").values()
    events = read(paths[0])
    steps = [event.step for event in events[1:]]
    if steps != list(range(len(steps))) or len(steps) < 20:
        yield f"of the killed process: {steps}"
    print(f"killed: {len(steps)} events")


def main() -> int:
    """Run both, and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tcalc", default=f"{ROOT / '.venv/bin/python'} -m tcalc")
    parser.add_argument("--record", action="store_true")
    given = parser.parse_args()
    command = shlex.split(given.tcalc)
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    with tempfile.TemporaryDirectory() as name:
        real, own = Path(name, "real"), Path(name, "own")
        for folder in (real, own):
            folder.mkdir()
            (folder / "program.tcalc").write_text(PROGRAM)
        subprocess.run([sys.executable, "program.tcalc"], cwd=real, check=True)
        if given.record:
            text = json.dumps(recorded(real), indent=1)
            (DATA / "events.json").write_text(f"{text}\n")
        subprocess.run([*command, "program.tcalc"], cwd=own, check=True, env=env)
        (own / "graph.tcalc").write_text(GRAPH)
        subprocess.run([*command, "graph.tcalc"], cwd=own, check=True, env=env)
        found = [*check_graph(own)]
        for path in own.rglob("graphs"):
            for inner in [*path.iterdir()]:
                inner.unlink()
            path.rmdir()
        found += differences(real, own)
        found += check_killed(command, own, env)
    print("\n\n".join(found) or "all is the same")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
