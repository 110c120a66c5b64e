"""The tables of the modules that programs may import beside torch and numpy, one a module.

Each has `members()`: what the module shows, by name. It is loaded when a program imports it.
"""

from __future__ import annotations

# Packages whose names are the registry's, and of which it is known what they have elsewhere.
PACKAGES = ("torch", "torchvision", "PIL")
# By name, the module here that makes its table.
TABLES = {
    name: name.replace(".", "_").lower()
    for name in (
        "abc argparse base64 bisect calendar cmath collections collections.abc contextlib "
        "copy csv dataclasses datetime enum errno functools gc glob hashlib heapq html "
        "importlib inspect io IPython IPython.display itertools json logging math matplotlib "
        "matplotlib.pyplot numbers operator os os.path packaging packaging.version pathlib "
        "platform pprint random re secrets statistics string struct sys textwrap time timeit "
        "traceback types typing unicodedata uuid warnings"
    ).split()
} | {
    "__future__": "future",
    **dict.fromkeys(("matplotlib.cm", "matplotlib.patches"), "matplotlib"),
    **{f"tqdm{part}": "tqdm" for part in ("", ".auto", ".autonotebook", ".notebook", ".std")},
    "tensorboardX": "tensorboardx",
    **dict.fromkeys(("torchinfo", "torchsummary"), "torchinfo"),
}
