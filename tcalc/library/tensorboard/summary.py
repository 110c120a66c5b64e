"""What one call of SummaryWriter shows, as a summary: a tag with a value and what it is for."""

from __future__ import annotations

import json
import wave
from io import BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np

from tcalc.errors import ArgumentError, AssertionProblem, UnsupportedDtype, ValueProblem
from tcalc.library.tensorboard import messages as m
from tcalc.library.tensorboard.arrays import array_of, take
from tcalc.runtime.base import memory
from tcalc.runtime.types import dtypes
from tcalc.runtime.types.codes import COMPLEXES, FLOATS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from tcalc.runtime.tensor.tensor import Tensor

# It does a program's own steps for it: what fails in here is the program's.
_stands_in_ = True

# How many thresholds a curve has at most.
_MOST_THRESHOLDS = 127
_LEAST_COUNT = 1e-7
_HALVES = (dtypes.float16, dtypes.bfloat16)
# By dtype, what TensorBoard calls it, and the field that holds its numbers.
_TENSORS = {
    dtypes.float16: (19, "half_val"), dtypes.bfloat16: (14, "half_val"),
    dtypes.float32: (1, "float_val"), dtypes.float64: (2, "double_val"),
    dtypes.int8: (6, "int_val"), dtypes.int16: (5, "int_val"), dtypes.int32: (3, "int_val"),
    dtypes.int64: (9, "int64_val"), dtypes.uint8: (4, "uint32_val"), dtypes.bool_: (10, "bool_val"),
    dtypes.complex64: (8, "scomplex_val"), dtypes.complex128: (18, "dcomplex_val"),
}  # fmt: skip
# What a mesh is made of: in the order in which it is written, each with its mark.
_PARTS = {"VERTEX": 1, "FACE": 2, "COLOR": 3}


def one(tag: str, plugin: str = "", content: bytes = b"", **value: Any) -> bytes:
    """A summary of one value; plugin: what shows it, where the kind of the value does not tell."""
    metadata = m.METADATA(plugin_data=m.PLUGIN(plugin_name=plugin, content=content))
    return m.SUMMARY(value=[m.VALUE(tag=tag, metadata=metadata if plugin else None, **value)])


def scalar(tag: str, value: object, new_style: bool, double_precision: bool) -> bytes:
    """One number."""
    array = array_of(value).squeeze()
    if array.ndim:
        raise AssertionProblem(
            "Tensor should contain one element (0 dimensions). Was given size: "
            f"{array.size} and {array.ndim} dimensions.",
            argument="scalar_value",
        )
    if array.dtype.char in COMPLEXES:
        raise ArgumentError("a complex number is no point of a curve", argument="scalar_value")
    number = float(array)
    if not new_style:
        return one(tag, simple_value=number)
    if double_precision:
        tensor = m.TENSOR(dtype=m.DT_DOUBLE, double_val=[number])
    else:
        tensor = m.TENSOR(dtype=m.DT_FLOAT, float_val=[number])
    return one(tag, "scalars", tensor=tensor)


def tensor(tag: str, value: Tensor) -> bytes:
    """All numbers of a tensor."""
    if value.numel() * value.itemsize >= 1 << 31:
        raise ValueProblem(
            "tensor is bigger than protocol buffer's hard limit of 2GB in size", argument="tensor"
        )
    if value.dtype not in _TENSORS:
        raise UnsupportedDtype(
            f"{tag} has unsupported tensor dtype {value.dtype}", argument="tensor"
        )
    kind, field = _TENSORS[value.dtype]
    numbers = _numbers(value)
    return one(
        tag, "tensor",
        tensor=m.TENSOR(dtype=kind, tensor_shape=m.shape(value.shape), **{field: numbers}),
    )  # fmt: skip


def _numbers(value: Tensor) -> Any:
    """What the field for a tensor's numbers takes: halves as the bits of single ones, parts of
    complex ones side by side."""
    if value.dtype in _HALVES:
        return array_of(value.float()).reshape(-1).view(np.int32).tolist()
    array = np.ascontiguousarray(array_of(value)).reshape(-1)
    if array.dtype.char in COMPLEXES:
        return array.view(array.real.dtype)
    return array if array.dtype.char in FLOATS else array.tolist()


def audio(tag: str, value: object, sample_rate: int) -> bytes:
    """A sound of one channel, as a WAV file of 16 bits; what is beyond -1 and 1 is cut off."""
    array = array_of(value).squeeze()
    if array.ndim != 1 or array.dtype.char in COMPLEXES:
        raise AssertionProblem("input tensor should be 1 dimensional.", argument="snd_tensor")
    samples = (array.clip(-1, 1) * np.iinfo(np.int16).max).astype("<i2")
    file = BytesIO()
    with wave.open(file, "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(sample_rate)
        written.writeframes(samples.tobytes())
    sound = m.AUDIO(
        sample_rate=sample_rate, num_channels=1, length_frames=len(samples),
        encoded_audio_string=file.getvalue(), content_type="audio/wav",
    )  # fmt: skip
    return one(tag, audio=sound)


def text(tag: str, value: str) -> bytes:
    """A text, which TensorBoard reads as Markdown."""
    tensor = m.TENSOR(
        dtype=m.DT_STRING, string_val=[value.encode(errors="replace")], tensor_shape=m.shape((1,))
    )
    return one(f"{tag}/text_summary", "text", tensor=tensor)


def custom_scalars(layout: object) -> bytes:
    """How curves share charts: {category: {chart: [kind, tags]}}."""
    categories = []
    for category, charts in _items("layout", layout):
        made = [_chart(title, *_pair(chart)) for title, chart in _items(category, charts)]
        categories.append(m.CATEGORY(title=category, chart=made))
    tensor = m.TENSOR(
        dtype=m.DT_STRING, string_val=[m.LAYOUT(category=categories)], tensor_shape=m.shape(())
    )
    return one("custom_scalars__config__", "custom_scalars", tensor=tensor)


def _items(what: str, value: object) -> list[tuple[str, Any]]:
    """The items of a dict whose keys are texts."""
    if not isinstance(value, dict):
        raise ArgumentError(f"{what} is a dict, not {type(value).__name__}", argument="layout")
    return [
        (take("add_custom_scalars", "layout", key, "str"), item) for key, item in dict.items(value)
    ]


def _pair(chart: object) -> tuple[str, list[str]]:
    """The kind of a chart, and its tags."""
    if not isinstance(chart, (list, tuple)) or len(chart) != 2:
        raise ArgumentError("a chart is ['Multiline', tags] or ['Margin', tags]", argument="layout")
    return take("add_custom_scalars", "layout", chart[0], "str"), tags_of(chart[1])


def tags_of(tags: object) -> list[str]:
    """Tags that a program gives in a list."""
    if not isinstance(tags, (list, tuple)):
        raise ArgumentError(f"tags are a list, not {type(tags).__name__}", argument="tags")
    return [take("add_custom_scalars", "tags", tag, "str") for tag in tags]


def _chart(title: str, kind: str, tags: Sequence[str]) -> bytes:
    if kind != "Margin":
        return m.CHART(title=title, multiline=m.MULTILINE(tag=tags))
    if len(tags) != 3:
        raise AssertionProblem(f"Expected 3 tags, got {len(tags)}.", argument="tags")
    value, lower, upper = tags
    series = m.SERIES(value=value, lower=lower, upper=upper)
    return m.CHART(title=title, margin=m.MARGIN(series=[series]))


# -- precision and recall -------------------------------------------------------------------------


def curve(tag: str, rows: Sequence[NDArray[Any]], thresholds: int) -> bytes:
    """True and false positives, true and false negatives, precision and recall, by threshold."""
    try:
        data = np.stack(rows)
    except ValueError as error:
        raise ValueProblem(str(error)) from None
    if data.ndim != 2:
        raise ValueProblem("each row of a curve has one number for each threshold")
    tensor = m.TENSOR(
        dtype=m.DT_FLOAT, float_val=data.reshape(-1), tensor_shape=m.shape(data.shape)
    )
    content = m.PR_CURVE(num_thresholds=min(thresholds, _MOST_THRESHOLDS))
    return one(tag, "pr_curves", content, tensor=tensor)


def pr_curve(
    tag: str, labels: NDArray[Any], predictions: NDArray[Any], thresholds: int, weights: object
) -> bytes:
    """The curve of predictions (from 0 to 1) of labels (0 and 1)."""
    thresholds = min(thresholds, _MOST_THRESHOLDS)
    if thresholds < 2:
        raise ValueProblem("a curve has at least 2 thresholds", argument="num_thresholds")
    if labels.shape != predictions.shape:
        raise ValueProblem(
            f"there is a prediction for each label, not {list(predictions.shape)} for {list(labels.shape)}",
            argument="predictions",
        )
    weight = np.ones(1) if weights is None else array_of(weights)
    if weight.size != 1 and weight.shape != labels.shape:
        raise ValueProblem("weights should have the same shape as labels.", argument="weights")
    bins = np.int32(np.floor(predictions * (thresholds - 1)))
    labels = labels.astype(np.float64)

    def above(weights: NDArray[Any]) -> NDArray[Any]:
        """How much lies at each threshold or above."""
        found = np.histogram(
            bins, bins=thresholds, range=(0, thresholds - 1), weights=weights
        )[0]  # fmt: skip
        return np.cumsum(found[::-1])[::-1]

    positive, wrong = above(labels * weight), above((1.0 - labels) * weight)
    negative, missed = wrong[0] - wrong, positive[0] - positive
    precision = positive / np.maximum(_LEAST_COUNT, positive + wrong)
    recall = positive / np.maximum(_LEAST_COUNT, positive + missed)
    return curve(tag, (positive, wrong, negative, missed, precision, recall), thresholds)


# -- meshes ---------------------------------------------------------------------------------------


def mesh(tag: str, vertices: object, colors: object, faces: object, config: object) -> bytes:
    """Points in space with their colours, and the triangles between them: each (B, N, 3)."""
    given = {"VERTEX": vertices, "FACE": faces, "COLOR": colors}
    arrays = {part: array_of(value) for part, value in given.items() if value is not None}
    components = sum(1 << _PARTS[part] for part in arrays)
    text = _json(config)
    values = []
    for part, array in arrays.items():
        if array.ndim != 3:
            raise ValueProblem(
                f"Tensor shape should be of shape BxNx3, but got {list(array.shape)}."
            )
        memory.check(8 * array.size, "the mesh")
        content = m.MESH(
            name=tag, content_type=_PARTS[part], json_config=text, shape=array.shape,
            components=components,
        )  # fmt: skip
        values.append(
            m.VALUE(
                tag=f"{tag}_{part}",
                tensor=m.TENSOR(
                    dtype=m.DT_FLOAT,
                    float_val=array.reshape(-1),
                    tensor_shape=m.shape(array.shape),
                ),
                metadata=m.METADATA(plugin_data=m.PLUGIN(plugin_name="mesh", content=content)),
            )
        )
    return m.SUMMARY(value=values)


def _json(config: object) -> str:
    """What a program says of camera and lights, as JSON."""
    if config is None:
        return "{}"
    if not _is_plain(config, 0):
        raise ArgumentError(
            "config_dict holds dicts, lists, texts and numbers alone", argument="config_dict"
        )
    return json.dumps(config, sort_keys=True)


_DEEPEST = 50


def _is_plain(value: object, depth: int) -> bool:
    """Whether a value holds nothing that would be asked how it is written."""
    if depth > _DEEPEST:
        return False
    if isinstance(value, (list, tuple)):
        return all(_is_plain(item, depth + 1) for item in value)
    if type(value) is dict:
        return all(type(k) is str and _is_plain(item, depth + 1) for k, item in value.items())
    return value is None or type(value) in (str, int, float, bool)
