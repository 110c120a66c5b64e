"""The messages of event files: what TensorBoard's .proto files say of those that are written."""

from __future__ import annotations

from tcalc.library.tensorboard.wire import (
    Message,
    double,
    each,
    filled,
    integer,
    integers,
    nested,
    numbers,
    single,
    text,
)

# -- events ---------------------------------------------------------------------------------------

EVENT = Message(
    wall_time=(1, filled(double)),
    step=(2, filled(integer)),
    file_version=(3, text),
    graph_def=(4, nested),
    summary=(5, nested),
    session_log=(7, nested),
    tagged_run_metadata=(8, nested),
    source_metadata=(10, nested),
)
SESSION_LOG = Message(status=(1, filled(integer)))
SOURCE = Message(writer=(1, filled(text)))
START = 1

# -- summaries ------------------------------------------------------------------------------------

SUMMARY = Message(value=(1, each(nested)))
VALUE = Message(
    tag=(1, filled(text)),
    simple_value=(2, single),
    image=(4, nested),
    histo=(5, nested),
    audio=(6, nested),
    tensor=(8, nested),
    metadata=(9, nested),
)
METADATA = Message(plugin_data=(1, nested))
PLUGIN = Message(plugin_name=(1, filled(text)), content=(2, filled(nested)))
IMAGE = Message(
    height=(1, filled(integer)),
    width=(2, filled(integer)),
    colorspace=(3, filled(integer)),
    encoded_image_string=(4, filled(nested)),
)
HISTOGRAM = Message(
    min=(1, filled(double)),
    max=(2, filled(double)),
    num=(3, filled(double)),
    sum=(4, filled(double)),
    sum_squares=(5, filled(double)),
    bucket_limit=(6, numbers("<f8")),
    bucket=(7, numbers("<f8")),
)
AUDIO = Message(
    sample_rate=(1, filled(single)),
    num_channels=(2, filled(integer)),
    length_frames=(3, filled(integer)),
    encoded_audio_string=(4, filled(nested)),
    content_type=(5, filled(text)),
)

# -- tensors --------------------------------------------------------------------------------------

TENSOR = Message(
    dtype=(1, filled(integer)),
    tensor_shape=(2, nested),
    float_val=(5, numbers("<f4")),
    double_val=(6, numbers("<f8")),
    int_val=(7, integers),
    string_val=(8, each(nested)),
    scomplex_val=(9, numbers("<f4")),
    int64_val=(10, integers),
    bool_val=(11, integers),
    dcomplex_val=(12, numbers("<f8")),
    half_val=(13, integers),
    uint32_val=(16, integers),
)
SHAPE = Message(dim=(2, each(nested)))
DIM = Message(size=(1, filled(integer)))
DT_FLOAT, DT_DOUBLE, DT_STRING = 1, 2, 7


def shape(sizes: tuple[int, ...]) -> bytes:
    """A shape."""
    return SHAPE(dim=[DIM(size=size) for size in sizes])


# -- what plugins say -----------------------------------------------------------------------------

LAYOUT = Message(category=(2, each(nested)))
CATEGORY = Message(title=(1, filled(text)), chart=(2, each(nested)))
CHART = Message(title=(1, filled(text)), multiline=(2, nested), margin=(3, nested))
MULTILINE = Message(tag=(1, each(text)))
MARGIN = Message(series=(1, each(nested)))
SERIES = Message(value=(1, filled(text)), lower=(2, filled(text)), upper=(3, filled(text)))

PR_CURVE = Message(num_thresholds=(2, filled(integer)))
MESH = Message(
    name=(2, filled(text)),
    content_type=(3, filled(integer)),
    json_config=(5, filled(text)),
    shape=(6, integers),
    components=(7, filled(integer)),
)

HPARAMS = Message(experiment=(2, nested), session_start=(3, nested), session_end=(4, nested))
EXPERIMENT = Message(hparam_infos=(4, each(nested)), metric_infos=(5, each(nested)))
HPARAM = Message(name=(1, filled(text)), type=(4, filled(integer)), domain_discrete=(5, nested))
METRIC = Message(name=(1, nested))
METRIC_NAME = Message(tag=(2, filled(text)))
SESSION_START = Message(hparams=(1, each(nested)))
SESSION_END = Message(status=(1, filled(integer)))
ENTRY = Message(key=(1, text), value=(2, nested))
LIST = Message(values=(1, each(nested)))
NUMBER = Message(value=(2, double))
STRING = Message(value=(3, text))

# -- graphs ---------------------------------------------------------------------------------------

GRAPH = Message(node=(1, each(nested)), versions=(4, nested))
VERSIONS = Message(producer=(1, filled(integer)))
NODE = Message(
    name=(1, filled(text)), op=(2, filled(text)), input=(3, each(text)), attr=(5, each(nested))
)
ATTRIBUTE = Message(list=(1, nested), s=(2, text))
SHAPES = Message(shape=(7, each(nested)))
TAGGED_RUN = Message(tag=(1, filled(text)), run_metadata=(2, filled(nested)))
RUN = Message(step_stats=(1, nested))
STEP_STATS = Message(dev_stats=(1, each(nested)))
DEVICE_STATS = Message(device=(1, filled(text)))
