"""Words of other languages, shells and calculators, and what does the same here.

Loaded only where there is an error. Code in a hint stands between backticks and can be run.
"""

from __future__ import annotations

# Usual names of imported modules, with what follows `import MODULE`.
IMPORTED_AS = {
    "pd": [("pandas", " as pd")],
    "tf": [("tensorflow", " as tf")],
    "jnp": [("jax", "")],
    "jax": [("jax", "")],
    "plt": [("matplotlib.pyplot", " as plt")],
    "sns": [("seaborn", " as sns")],
    "scipy": [("scipy", "")],
    "pandas": [("pandas", "")],
    "tensorflow": [("tensorflow", "")],
    "sklearn": [("sklearn", "")],
    "cv2": [("cv2", "")],
}
_NAMES = {
    **dict.fromkeys(("ln", "loge"), "did you mean log?"),
    "lg": "did you mean log10?",
    **dict.fromkeys(("avg", "average"), "did you mean mean?"),
    "stdev": "did you mean std?",
    "arctg": "did you mean atan?",
    "true": "write `True`",
    "false": "write `False`",
    **dict.fromkeys(("null", "nil", "NULL", "undefined", "NA"), "write `None`"),
    **dict.fromkeys(("NaN", "NAN"), "write `nan`"),
    **dict.fromkeys(("Inf", "INF", "Infinity", "infinity"), "write `inf`"),
    **dict.fromkeys(("PI", "Pi"), "write `pi`"),
    **dict.fromkeys(("eval", "exec", "compile"), "no text is run as a program: pass a function, "
                    "as in `lambda x: x + 1`"),
    "println": "write `print(…)`",
    "printf": "write `print(f'{x:.3f}')` with a value for x",
    "disp": "write `print(…)`",
    "cout": "write `print(…)`",
    "strlen": "did you mean len?",
    "length": "did you mean len?",
    "size": "a tensor has it: x.shape",
    "ndims": "a tensor has it: x.ndim",
    "isempty": "a tensor has it: x.numel()",
    "repmat": "did you mean tile?",
    "rank": "did you mean linalg.matrix_rank?",
    "randi": "did you mean randint?",
    "find": "did you mean nonzero?",
    "mod": "did you mean remainder?",
    "rem": "did you mean fmod?",
    "nchoosek": "did you mean math.comb?",
    "circshift": "did you mean roll?",
    "horzcat": "did you mean hstack?",
    "vertcat": "did you mean vstack?",
    "chol": "did you mean linalg.cholesky?",
    "expm": "did you mean matrix_exp?",
    "mse": "did you mean F.mse_loss?",
    **dict.fromkeys(("cumtrapz", "cumtrapezoid"), "did you mean cumulative_trapezoid?"),
}  # fmt: skip
# What a shell or another prompt understands; at ours a command may stand for it.
_FILES = "`import os; os.listdir('.')` lists files"
_WORDS = {
    **dict.fromkeys(("ls", "dir", "ll"), (_FILES, None)),
    "pwd": ("`import os; os.getcwd()` tells the folder", None),
    "cd": ("start tcalc in that folder; --allow opens others to programs", None),
    "cat": ("open(name).read() is the text of a file", None),
    **dict.fromkeys(
        ("who", "whos"), ("`dir()` lists the variables", "`:vars` lists the variables")
    ),
    **dict.fromkeys(
        ("clear", "cls", "clc"),
        ("`del x` forgets x", "Ctrl-L clears the screen, `:reset` forgets the variables"),
    ),
    "history": ("the prompt keeps a history", "the arrow keys go through what was entered"),
    **dict.fromkeys(
        ("man", "doc", "help"), ("`help(norm)` tells about norm", "`norm?` tells about norm")
    ),
    "bye": ("`exit()` ends a program", "`:quit` leaves, as Ctrl-D does"),
}
# IPython's magic commands, and the prompt's; {} is what follows.
_MAGICS = {
    **dict.fromkeys(("time", "timeit"), ":time {}"),
    **dict.fromkeys(("prun", "lprun"), ":profile {}"),
    **dict.fromkeys(("who", "whos", "who_ls"), ":vars"),
    **dict.fromkeys(("run", "load"), ":load {}"),
    "reset": ":reset",
    **dict.fromkeys(("pdoc", "pinfo"), "{}?"),
    "quickref": ":help",
    "magic": ":help",
    "save": ":save {}",
}
# What methods of other libraries' arrays come to: {x} the tensor, {a} the arguments.
_METHODS = {
    "astype": "{x}.to({a})",
    "copy": "{x}.clone()",
    "length": "len({x})",
    "len": "len({x})",
    "append": "cat([{x}, tensor([{a}])])",
    "push": "cat([{x}, tensor([{a}])])",
    "extend": "cat([{x}, tensor({a})])",
    "tonumpy": "{x}.numpy()",
    "to_numpy": "{x}.numpy()",
    "toarray": "{x}.numpy()",
    "map": "vmap({a})({x})",
    "len_": "len({x})",
    "sqr": "{x}.square()",
    "transposed": "{x}.T",
    "value": "{x}.item()",
}


def of_name(name: str, at_prompt: bool) -> str | None:
    """The hint for a name that means something elsewhere, None for others.

    >>> of_name("true", False), of_name("whos", True)
    ('write `True`', '`:vars` lists the variables')
    """
    if name in _NAMES:
        return _NAMES[name]
    told, there = _WORDS.get(name, (None, None))
    return there if at_prompt and there else told


def of_words(word: str, rest: str) -> str | None:
    """The hint for a line that begins with a command of a shell, or another prompt's.

    >>> of_words("help", "norm"), of_words("cat", "a.csv")
    ('write `help(norm)`, at the prompt `norm?`', "`print(open('a.csv').read())` shows a text")
    """
    if word in ("help", "man", "doc") and rest.replace(".", "").isidentifier():
        return f"write `help({rest})`, at the prompt `{rest}?`"
    if word == "cat" and rest and "'" not in rest:
        return f"`print(open({rest!r}).read())` shows a text"
    return of_name(word, at_prompt=False) if word in _WORDS else None


def of_magic(word: str, rest: str) -> str:
    """The hint for a line that begins with `%` and a word, as IPython's do.

    >>> of_magic("timeit", "exp(1)")
    'at the prompt, `:time exp(1)`'
    """
    command = _MAGICS.get(word)
    if command is None:
        if word in ("matplotlib", "autoreload", "load_ext", "config", "pylab"):
            return "leave the line out: there is nothing to set"
        return f"commands of the prompt begin with `:`, and `:help` lists them: there is no %{word}"
    return f"at the prompt, `{command.format(rest).rstrip()}`"


def of_method(name: str, owner: str, arguments: str) -> str | None:
    """What does for a tensor what a method of another library's arrays does."""
    pattern = _METHODS.get(name)
    return None if pattern is None else pattern.format(x=owner, a=arguments)
