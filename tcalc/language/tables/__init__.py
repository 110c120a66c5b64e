"""The tables of the modules that programs may import beside torch and numpy, one a module.

Each has `members()`: what the module shows, by name. It is loaded when a program imports it.
"""

from __future__ import annotations

# Packages whose names are the registry's, and of which it is known what they have elsewhere.
PACKAGES = ("torch", "torchvision", "PIL")
# By name, the module here that makes its table.
TABLES = {
    name: name.replace(".", "_")
    for name in (
        "abc argparse bisect collections collections.abc contextlib copy dataclasses datetime enum "
        "functools gc glob heapq importlib io itertools json logging math matplotlib "
        "matplotlib.pyplot operator os os.path pathlib pprint random re statistics string sys "
        "textwrap time timeit types typing unicodedata warnings"
    ).split()
} | {
    "__future__": "future",
    **dict.fromkeys(("matplotlib.cm", "matplotlib.patches"), "matplotlib"),
    "tqdm": "tqdm",
    "tqdm.auto": "tqdm",
    "tqdm.notebook": "tqdm",
    "tqdm.autonotebook": "tqdm",
    "tqdm.std": "tqdm",
    "tensorboardX": "tensorboardx",
}
