"""SummaryWriter: writes what a program does to files of events, which TensorBoard shows."""

from __future__ import annotations

import os
import time
from types import FunctionType
from typing import Any

from tcalc.errors import ArgumentError, AssertionProblem, NotDefined, ValueProblem
from tcalc.library.host import host
from tcalc.library.tensorboard import embedding, figures, hparams, summary
from tcalc.library.tensorboard.arrays import array_of, take
from tcalc.library.tensorboard.events import Events, step_of, tag_of
from tcalc.library.tensorboard.graph import graph
from tcalc.library.tensorboard.image import bytes_of, image, image_of, rows_of, with_boxes
from tcalc.library.tensorboard.numbers import Numbers
from tcalc.runtime.base.modes import effect
from tcalc.runtime.base.registry import export, silent

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True


@export("torch.utils.tensorboard.SummaryWriter", "torch.utils.tensorboard.writer.SummaryWriter",
        home="torch.utils.tensorboard.writer")  # fmt: skip
class SummaryWriter(Numbers):
    """Writes scalars, histograms, images and more to files that `tensorboard --logdir runs` shows.

    log_dir: the folder, made where it is not there; by default `runs/` and the moment and the
    machine, with `comment` behind. purge_step: from which step on the events of an earlier run in the
    same folder count no more. filename_suffix: what the names of the files end in. Each call is in
    the file when it returns, so that max_queue and flush_secs have nothing to say.

    Folders are made and files written under the rules for files (`help files`).

        from torch.utils.tensorboard import SummaryWriter
        with SummaryWriter("runs/first") as writer:
            for step in range(100):
                writer.add_scalar("loss/train", 1 / (step + 1), step)
    """

    _public_ = frozenset(
        {
            "add_audio", "add_embedding", "add_figure", "add_graph", "add_hparams", "add_image",
            "add_image_with_boxes", "add_images", "add_mesh", "add_text", "add_video",
        }
    )  # fmt: skip

    # -- images, sounds and texts -------------------------------------------------------------

    @silent
    def add_image(
        self,
        tag: str,
        img_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,
        dataformats: str = "CHW",
    ) -> None:
        """Add an image: of uint8 from 0 to 255, of any other dtype from 0 to 1.

        dataformats: how its dims lie: CHW, HWC, HW, or NCHW for several in one picture.
        """
        self._image("add_image", tag, img_tensor, global_step, walltime, dataformats)

    @silent
    def add_images(
        self,
        tag: str,
        img_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,
        dataformats: str = "NCHW",
    ) -> None:
        """Add several images in one picture, eight in a row; dataformats: NCHW, NHWC."""
        self._image("add_images", tag, img_tensor, global_step, walltime, dataformats)

    def _image(
        self, caller: str, tag: str, img_tensor: Any, step: Any, walltime: Any, layout: str
    ) -> None:
        layout = take(caller, "dataformats", layout, "str")
        made = image(bytes_of(rows_of(array_of(img_tensor), layout)))
        self._add(summary.one(tag_of(caller, tag), image=made), step, walltime)

    @silent
    def add_image_with_boxes(
        self,
        tag: str,
        img_tensor: Any,
        box_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,
        rescale: float = 1,
        dataformats: str = "CHW",
        labels: Any = None,
    ) -> None:
        """Add an image with red frames around boxes, (N, 4): left, top, right and bottom of each.

        rescale, labels: images are not made larger here, and no texts written into them.
        """
        caller = "add_image_with_boxes"
        if labels is not None:
            raise ArgumentError(
                "no texts are written into images here", hint="leave labels out", argument="labels"
            )
        if take(caller, "rescale", rescale, "float") != 1:
            raise ArgumentError(
                "images are not made larger here",
                hint="torch.nn.functional.interpolate makes it larger before",
                argument="rescale",
            )
        layout = take(caller, "dataformats", dataformats, "str")
        points = bytes_of(rows_of(array_of(img_tensor), layout))
        made = image(with_boxes(points, array_of(box_tensor)))
        self._add(summary.one(tag_of(caller, tag), image=made), global_step, walltime)

    @silent
    def add_figure(
        self,
        tag: str,
        figure: Any,
        global_step: Any = None,
        close: bool = True,
        walltime: float | None = None,
    ) -> None:
        """Add a figure of `matplotlib.pyplot`, drawn as a picture by matplotlib where that is
        installed; close: let go of it then.
        """
        if isinstance(figure, (list, tuple)):
            raise ArgumentError("figures are added one at a time", argument="figure")
        folder = self._main().folder
        close = take("add_figure", "close", close, "bool")
        made = image_of(figures.host.picture(figure, folder, close))
        self._add(summary.one(tag_of("add_figure", tag), image=made), global_step, walltime)

    def add_video(
        self,
        tag: str,
        vid_tensor: Any,
        global_step: Any = None,
        fps: float = 4,
        walltime: float | None = None,
    ) -> None:
        """Refused: nothing here writes videos."""
        raise NotDefined(
            "add_video() writes a GIF by moviepy, which tcalc has not",
            hint="add_images(tag, frames) shows the frames of one beside each other",
        )

    @silent
    def add_audio(
        self,
        tag: str,
        snd_tensor: Any,
        global_step: Any = None,
        sample_rate: int = 44100,
        walltime: float | None = None,
    ) -> None:
        """Add a sound of one channel, (1, L) or (L): from -1 to 1."""
        rate = take("add_audio", "sample_rate", sample_rate, "int")
        if not 0 < rate < 1 << 31:
            raise ValueProblem("sample_rate is above 0", argument="sample_rate")
        made = summary.audio(tag_of("add_audio", tag), snd_tensor, rate)
        self._add(made, global_step, walltime)

    @silent
    def add_text(
        self, tag: str, text_string: str, global_step: Any = None, walltime: float | None = None
    ) -> None:
        """Add a text, which TensorBoard reads as Markdown."""
        text = take("add_text", "text_string", text_string, "str")
        self._add(summary.text(tag_of("add_text", tag), text), global_step, walltime)

    # -- models and runs ----------------------------------------------------------------------

    @silent
    def add_graph(
        self,
        model: Any,
        input_to_model: Any = None,
        verbose: bool = False,
        use_strict_trace: bool = True,
    ) -> None:
        """Add a module's calls of ops as a graph, by submodule.

        input_to_model: a tensor or a tuple of them, on which the module is called once, in evaluation
        mode and without gradients. verbose: print the calls too.
        """
        effect("add_graph")
        verbose = take("add_graph", "verbose", verbose, "bool")
        made, run, text = graph(model, input_to_model, verbose)
        if text:
            host.write(text)
        self._main().add_graph(made, run)

    @silent
    def add_hparams(
        self,
        hparam_dict: dict[str, Any],
        metric_dict: dict[str, Any],
        hparam_domain_discrete: dict[str, Any] | None = None,
        run_name: str | None = None,
        global_step: Any = None,
    ) -> None:
        """Add a run to the table of runs: its settings, and what came of them.

        hparam_dict: settings by name: numbers, bools, texts, None. metric_dict: results by name.
        hparam_domain_discrete: by the name of a setting, all that it may be. run_name: the run's
        folder below this one, by default the moment.
        """
        if type(hparam_dict) is not dict or type(metric_dict) is not dict:
            raise ArgumentError("hparam_dict and metric_dict should be dictionary.")
        metrics = {tag_of("add_hparams", tag): value for tag, value in metric_dict.items()}
        made = hparams.summaries(hparam_dict, list(metrics), hparam_domain_discrete)
        name = take("add_hparams", "run_name", run_name or str(time.time()), "str")
        step = step_of(global_step)
        points = [summary.scalar(tag, value, False, False) for tag, value in metrics.items()]
        events = Events(os.path.join(self._main().folder, name), "")
        try:
            for one in (*made, *points):
                events.add(one, step, None)
        finally:
            events.close()

    @silent
    def add_embedding(
        self,
        mat: Any,
        metadata: Any = None,
        label_img: Any = None,
        global_step: Any = None,
        tag: str = "default",
        metadata_header: Any = None,
    ) -> None:
        """Add points of many dims, (N, D), for the projector.

        metadata: a label for each, or with metadata_header one for each column. label_img: a picture
        for each, (N, 3, H, W), colours from 0 to 1.
        """
        tag = tag_of("add_embedding", tag)
        points = array_of(mat)
        if points.ndim != 2:
            raise AssertionProblem(
                "mat should be 2D, where mat.size(0) is the number of data points", argument="mat"
            )
        labels = None if metadata is None else list(metadata)
        if labels is not None and len(points) != len(labels):
            raise AssertionProblem("#labels should equal with #data points", argument="metadata")
        pictures = None if label_img is None else array_of(label_img)
        if pictures is not None and (pictures.ndim != 4 or len(points) != len(pictures)):
            raise AssertionProblem("#images should equal with #data points", argument="label_img")
        step = f"{step_of(global_step) or 0:05d}"
        folder = f"{step}/{_encoded(tag)}"
        files = {"tensors.tsv": embedding.tensors(points)}
        if labels is not None:
            files["metadata.tsv"] = embedding.metadata(labels, metadata_header)
        if pictures is not None:
            files["sprite.png"] = embedding.sprite(pictures)
        top = self._main().folder
        home = os.path.join(top, folder)
        if host.files().seen(home) is not None:
            host.write(
                "warning: Embedding dir exists, did you set global_step for add_embedding()?\n"
            )
        host.files().make(home, parents=True, exist_ok=True)
        size = None if pictures is None else (pictures.shape[3], pictures.shape[2])
        self._embeddings += embedding.info(f"{tag}:{step}", folder, labels is not None, size)
        written = {os.path.join(home, name): data for name, data in files.items()}
        config = os.path.join(top, "projector_config.pbtxt")
        for name, data in {**written, config: self._embeddings.encode(errors="replace")}.items():
            with host.files().writing(name) as file:
                file.write(data)

    @silent
    def add_mesh(
        self,
        tag: str,
        vertices: Any,
        colors: Any = None,
        faces: Any = None,
        config_dict: dict[str, Any] | None = None,
        global_step: Any = None,
        walltime: float | None = None,
    ) -> None:
        """Add points in space, (B, N, 3), with colours and with the triangles between them.

        config_dict: camera, lights and the like, as three.js takes them.
        """
        made = summary.mesh(tag_of("add_mesh", tag), vertices, colors, faces, config_dict)
        self._add(made, global_step, walltime)


# Its parts are nobody's affair: errors name the class that programs know.
for _part in SummaryWriter.__mro__[1:-1]:
    for _member in vars(_part).values():
        if isinstance(_member, FunctionType):
            _member.__qualname__ = f"{SummaryWriter.__name__}.{_member.__name__}"


def _encoded(tag: str) -> str:
    """A tag as the name of a folder."""
    for sign in "%/\\":
        tag = tag.replace(sign, f"%{ord(sign):02x}")
    return tag
