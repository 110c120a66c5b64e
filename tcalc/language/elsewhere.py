"""What does the job here of modules that programs elsewhere import."""

from __future__ import annotations

from tcalc.errors import ModuleError
from tcalc.language.tables import PACKAGES, TABLES
from tcalc.suggest import closest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_TABLE = "load('file.csv') reads a table, tcalc help files tells more"
_NO_NETWORK = "a program here reaches no network"
_NO_PROCESS = "a program here starts no others"
_NO_ARCHIVE = "a program here takes no archives apart: unpack it at the shell first"
_KEPT = "save(value, 'file.pt') and load('file.pt') keep tensors and containers of them"
_TESTS = (
    "assert checks, and ends a program with status 1; torch.testing.assert_close compares tensors"
)
_IMAGES = "torchvision.transforms and PIL.Image work on images"
_WORDS = "str.split and re.findall make words of a text"
_RUNS = "torch.utils.tensorboard.SummaryWriter keeps what a run did"
_PLOTS = "matplotlib.pyplot draws"
_WORLD = "a class with reset() and step(action) is an environment"
_MODELS = "models are built of torch.nn"
_INSTEAD = {
    "pandas": _TABLE, "polars": _TABLE,
    "scipy": "torch.linalg, torch.special and torch.fft have such functions",
    "sklearn": "models are built of torch.nn, losses of torch.nn.functional",
    "jax": "grad, vmap, jit and jacobian are here by these names",
    "tensorflow": "torch has such layers and functions", "keras": _MODELS,
    "transformers": _MODELS, "timm": _MODELS, "lightning": _MODELS, "pytorch_lightning": _MODELS,
    "autograd": "grad, jacobian and hessian are here by these names",
    "sympy": "grad(f, x) gives derivatives as numbers",
    "numba": "jit(f) makes a plan of a function",
    "subprocess": _NO_PROCESS, "multiprocessing": _NO_PROCESS, "threading": _NO_PROCESS,
    "concurrent": _NO_PROCESS, "signal": _NO_PROCESS, "asyncio": _NO_PROCESS,
    "socket": _NO_NETWORK, "requests": _NO_NETWORK, "urllib": _NO_NETWORK, "http": _NO_NETWORK,
    "wget": _NO_NETWORK, "gdown": _NO_NETWORK,
    "zipfile": _NO_ARCHIVE, "tarfile": _NO_ARCHIVE, "gzip": _NO_ARCHIVE, "zlib": _NO_ARCHIVE,
    "shutil": "os.makedirs makes folders, save writes files; nothing removes any",
    "tempfile": "save and open(name, 'w') write beside the program",
    **dict.fromkeys(("pickle", "dill", "joblib", "marshal", "shelve"), _KEPT),
    "h5py": "load and save read and write .npy, .npz, .pt, .safetensors, .csv, .tsv and .json",
    "yaml": "json.load reads what such a file says in JSON",
    "unittest": _TESTS, "pytest": _TESTS, "doctest": _TESTS,
    "queue": _NO_PROCESS, "_thread": _NO_PROCESS,
    "resource": "--max-memory and --timeout bound a program; time.process_time() tells what it took",
    "tracemalloc": "torch.cuda.max_memory_allocated and tcalc devices tell about memory",
    "pdb": "the prompt (`tcalc repl FILE`) goes on where a program has ended",
    "locale": "texts are UTF-8, numbers have a decimal point",
    "getpass": "input(prompt) reads a line",
    "sqlite3": _TABLE,
    "ctypes": "torch.autograd.Function makes an op of your own",
    "cffi": "torch.autograd.Function makes an op of your own",
    "bz2": _NO_ARCHIVE, "lzma": _NO_ARCHIVE,
    "six": "this is Python 3: range, zip, map and input are as they are",
    "cv2": _IMAGES,
    "skimage": _IMAGES,
    "imageio": _IMAGES,
    "seaborn": _PLOTS, "plotly": _PLOTS, "bokeh": _PLOTS,
    "gym": _WORLD,
    "gymnasium": _WORLD,
    "torchmetrics": "(logits.argmax(1) == labels).float().mean() is the accuracy",
    "torchtext": "str.split, collections.Counter and a dict make a vocabulary",
    "nltk": _WORDS,
    "spacy": _WORDS,
    "d2l": "import a d2l.py that lies beside the program",
    "wandb": _RUNS,
    "mlflow": _RUNS,
    "tensorboard": "torch.utils.tensorboard.SummaryWriter writes; `tensorboard --logdir runs` shows it",
    "psutil": "os.cpu_count() and tcalc devices tell about the machine",
    "tabulate": "print(f'{name:10} {value:8.3f}') writes columns",
    "decimal": "floats are double, integers exact of any length",
    "fractions": "floats are double, integers exact of any length",
}  # fmt: skip


_NO_REMOVAL = "nothing here removes or renames files: save and open(name, 'w') write over them"
_MEMBERS = {
    **dict.fromkeys(("os.remove", "os.unlink", "os.rmdir", "os.rename", "os.replace"), _NO_REMOVAL),
    **dict.fromkeys(("os.system", "os.popen", "os.fork", "os.kill", "os.execv"), _NO_PROCESS),
    "os.chdir": "os.path.join(folder, name) names files elsewhere",
    "os.scandir": "os.listdir(folder) and os.path.isdir(name) tell the same",
    "os.stat": "os.path.getsize and os.path.getmtime tell the same",
    "sys.modules": "`try: import name` tells whether a module is there",
    "sys.setrecursionlimit": "calls go as deep as there is room for: sys.getrecursionlimit()",
    "sys.exc_info": "`except Exception as error:` names the error",
    "argparse.FileType": "take a str, and open(args.name) it",
    "dataclasses.make_dataclass": "write the class with @dataclass",
    "enum.StrEnum": "class Name(Enum) holds texts as values",
    "io.BytesIO": "save(value, name) and load(name) keep values in files",
    "string.Formatter": "str.format and f-strings fill in values",
    "functools.update_wrapper": "@functools.wraps(f) gives a function the name of another",
    "importlib.util": "`try: import name` tells whether a module is there",
}


def instead_of_member(qualified: str) -> str | None:
    """What does the job of a member that one of our tables lacks, or None."""
    return _MEMBERS.get(qualified)


def instead_of_module(name: str) -> str | None:
    """What does the job of a module that is not here, or None."""
    return _INSTEAD.get(name.partition(".")[0])


def missing(name: str, closed: Sequence[str]) -> ModuleError:
    """The error for a module that is not there.

    closed: folders in which it was not looked for, since programs may not touch them.
    """
    available = [*PACKAGES, "numpy", *sorted(TABLES)]
    hint = instead_of_module(name)
    if hint is None and closed:
        from shlex import quote

        opening = " ".join(f"--allow {quote(folder)}" for folder in closed)
        hint = f"programs may not touch all of sys.path; {opening} opens it"
    if hint is None:
        near = closest(name, available)
        hint = f"did you mean {near}?" if near else f"there are {', '.join(available)}"
    return ModuleError(f"No module named '{name}'", hint=hint)
