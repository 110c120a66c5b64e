"""The help topics: what the language and the command line do that no single name documents.

Text in the form of docstrings: paragraphs are wrapped anew, indented lines are kept. The lines
after `>>>` are run by the tests.
"""

from __future__ import annotations

import textwrap

from tcalc.help.data_topics import DATA
from tcalc.help.debugging import DEBUGGING
from tcalc.help.dry_topics import DRY
from tcalc.help.session_topics import SESSION
from tcalc.help.terminal_topics import TERMINAL
from tcalc.options import COMMANDS, OPTIONS

OPTIONS_TOPIC = "options"

TOPICS: dict[str, str] = {
    "syntax": """\
Python's syntax with PyTorch's names

A program is what you would write after `import torch`, and the import may stay: names are found
bare and qualified, as functions and as methods.

    >>> norm([3, 4])
    tensor(5.)
    >>> torch.linalg.norm(tensor([3., 4.]))
    tensor(5.)

Values: int, float, complex (`2j`), strings, f-strings, lists, tuples, dicts, sets, `True`,
`False`, `None`, `...`.

Operators, loosest first:

    :=   lambda   if else   or   and   not
    in  not in  is  <  <=  >  >=  ==  !=
    |   ^   &   << >>   + -   * / // % @   - + ~   **

`@` is the matrix product and `**` the power. `^` is xor of bools, of tensors of bools and of sets;
between numbers it is refused: write `**` or `bitwise_xor(a, b)`.

Statements: assignment (`a, *rest = x`, `x[0] = 1`, `x @= y`), `if`, `while`, `for`, `def`,
`class`, `with`, `try`, `raise`, `assert`, `del`, `return`, `yield`, `import`, with Python's blocks.
Several may share a line with `;`. `tcalc help modules` tells what can be imported.

A statement that is an expression prints its value. It does not when the value is None or a `;`
follows. `_` is the last value printed, `_1`, `_2`, ... are the earlier ones: the prompt shows the
number that the next one will have, so that what came at `3>` is `_3`.

    >>> x = arange(6).reshape(2, 3)
    >>> x[:, 1]
    tensor([1, 4])
    >>> [v.item() for v in x[0] if v > 0]
    [1, 2]

`id`, the hashes of what has no value of its own and `data_ptr` are numbers that tell things apart
and say nothing about where they are; they differ from run to run. A function prints as
`<function f>`.
""",
    "lists": """\
When a list is a list and when it is a tensor

Lists are Python's until something tensor-like touches them. Between two lists `+`, `==`, `<` and
`in` are Python's; every other operator, and any operator with a tensor or a number on the other
side, makes a tensor of the list.

    >>> [1, 2] + [3]
    [1, 2, 3]
    >>> [1, 2] / 2
    tensor([0.5000, 1.0000])
    >>> [[1, 2], [3, 4]] @ [1, 1]
    tensor([3, 7])
    >>> -[1, 2]
    tensor([-1, -2])

`list * int` repeats, unless the list has two or more elements that are all numbers (or lists of
numbers): then it multiplies.

    >>> [0] * 3
    [0, 0, 0]
    >>> [1, 2, 3] * 2
    tensor([2, 4, 6])

To add two lists number by number, make one a tensor: `tensor([1, 2]) + [3, 4]`. Shapes, dims and
sizes stay plain: `x.reshape([2, 3])`.
""",
    "grad": """\
Gradients: of an expression, of a function, and as PyTorch does it

Of an expression, with plain tensors:

    >>> x = tensor([1., 2., 3.])
    >>> grad(sum(x * x), x)
    tensor([2., 4., 6.])

`grad(expr, x)` lets the tensors named as `x` require a gradient while `expr` is evaluated, so
what depends on `x` has to be inside `expr`, or in a function that it calls. A list of tensors
gives a tuple of gradients. A plain number is a tensor without dimensions there, a list of numbers a
tensor too, with a tuple of gradients.

    >>> t = 3.
    >>> grad(t ** 2, t)
    tensor(6.)

Of a function: `grad(f)` is a function too, so that it can be taken again; `grad(f, x)` applies
it.

    >>> f = lambda t: t ** 3
    >>> grad(f, tensor(2.))
    tensor(12.)
    >>> grad(grad(f), tensor(2.)).item()
    12.0

With `requires_grad` and `backward`:

    >>> w = ones(2, requires_grad=True)
    >>> (w * w).sum().backward()
    >>> w.grad
    tensor([2., 2.])

`torch.autograd.grad` returns a tuple, as PyTorch's does. `jacobian`, `hessian`, `vjp`, `jvp`,
`hvp`, `vmap` and `gradcheck` take functions. `with no_grad():` computes without recording.

`vmap(f)` is `f`, written for one example, for a batch of them: every operation works on all examples
at once (docs/vmap.md). With `func.grad` it gives a gradient for each:

    >>> vmap(func.grad(lambda t: t ** 3))(tensor([1., 2.]))
    tensor([ 3., 12.])
""",
    "training": """\
Training: layers, losses, optimizers and batches

Everything has PyTorch's name, arguments, text, state_dict keys and, after `manual_seed`, first
weights and random numbers: a program of a tutorial runs as it stands.

    >>> _ = manual_seed(0)
    >>> model = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1))
    >>> optimizer = optim.SGD(model.parameters(), lr=0.1)
    >>> x = rand(16, 2); y = x.sum(1, keepdim=True)
    >>> for _ in range(3):
    ...     loss = nn.functional.mse_loss(model(x), y)
    ...     optimizer.zero_grad()
    ...     loss.backward()
    ...     optimizer.step()
    >>> loss
    tensor(0.4362, grad_fn=<MseLossBackward0>)

`help nn`, `help optim`, `help optim.lr_scheduler`, `help utils.data`, `help nn.init`, `help nn.utils`
and `help distributions` list what there is, `help nn.Conv2d` tells of one. A layer of your own is a
class that derives from `nn.Module`, a data set one with `__len__` and `__getitem__`, an op with a
gradient of your own one that derives from `torch.autograd.Function`. Distributions draw, know their
densities, and give gradients to what `rsample` draws (docs/distributions.md):

    >>> distributions.kl_divergence(distributions.Normal(0., 1.), distributions.Normal(1., 2.))
    tensor(0.4431)

`torch.save(model.state_dict(), "model.pt")` and `model.load_state_dict(torch.load("model.pt"))` keep
what was learned, in files that PyTorch reads (`help files`). `tqdm` shows how far a loop is. A step
that is repeated often is quicker as a plan: `step = torch.compile(step)` (`help jit`).

docs/training.md has more, and what is not there; examples/ has eight whole programs.
""",
    "speed": """\
How work is run: at once, later, as a plan

Small tensors are computed at once. Elementwise work on large ones waits until someone looks, and
is done in one pass, in blocks, on all cores; a reduction takes it in directly:

    >>> x = ones(500_000)
    >>> y = exp(-x * x / 2)
    >>> y.mean()
    tensor(0.6065)

Shapes, dtypes and errors are there at once, and nothing else tells the difference.

A function that is called often can run as a plan, traced once and replayed without Python:

    >>> f = jit(lambda t: (t * t + 1).sum())
    >>> f(ones(3))
    tensor(6.)

`graph(f)` shows the plan, `torch.compile(f)` and `torch.jit.trace(f, example)` make one too.

Where llvmlite is installed (`pip install llvmlite`), large elementwise work is compiled: docs/speed.md.

`:time EXPR` measures, `:profile EXPR` tells which ops the time goes to (`help profiling`). `--threads N` and `torch.set_num_threads(n)` set how many cores are used.
""",
    **DATA,
    "plots": """\
Pictures of numbers, in the terminal and in files

`plot(y)` draws numbers against their place, `plot(x, y)` against x, `plot(x, y, z)` several lines,
`plot(f, a, b)` a function from a to b. Lists, tensors (those with a gradient too), arrays and dicts
of them are taken.

    plot(sin, 0, 2*pi)
    plot(losses, log="y", title="loss")

`hist(x, bins=20)` draws how often numbers fall where, `bar({"ann": 3})` bars, `heat(A)` or
`imshow(A)` a matrix or a picture ([3, h, w] and [h, w, 3] in their colours, of more dimensions one
each), `plot.scatter(x, y, c=labels)` points. All take `title`, `xlabel`, `ylabel`, `xlim`, `ylim`,
`log="xy"` and `label`, as far as these mean something there.

`plot.live(loss)` in a loop adds a number to a plot that stands on the terminal while the program
runs; it is whole when the program ends.

`save="a.png"` (.svg, .pdf) writes a file instead, which matplotlib draws (`pip install
'tcalc[plot]'`); `save="a.txt"` needs nothing more.

A program's `import matplotlib.pyplot as plt` finds the same pictures under matplotlib's names:
`plot scatter hist bar imshow contourf fill_between errorbar title legend subplots savefig show` and
what stands around them. `plt.show()` draws on a terminal; in a pipe it shows nothing. What says only
how things look (fonts, widths, transparency) is taken and does nothing.

Colours are the terminal's: 24 bits where COLORTERM says so, 256, 16, or none (`--color never`,
NO_COLOR), where lines differ by their dashes and pictures are shades.

Matrices and pictures are real pixels on a terminal that is known to draw such (kitty, Ghostty,
iTerm2, WezTerm, foot, mlterm, mintty), and at the prompt on each that says so when it is asked; else,
in colours, half a cell each. `pictures = "kitty"` in config.toml (`iterm2`, `sixel`, `off`) says it
for a terminal that is not known; inside tmux, screen and Zellij there is only Sixel, and only when it
is said. Lines and bars are text everywhere, and so is a picture that is drawn over or redrawn.
""",
    "modules": """\
What programs import: tables of our own, and other programs

Beside `torch` and `numpy` there is what training scripts import around them: `math`, `time`, `os`,
`pathlib`, `glob`, `sys`, `io`, `json`, `re`, `string`, `random`, `copy`, `itertools`, `functools`,
`collections`, `contextlib`, `dataclasses`, `enum`, `abc`, `typing`, `datetime`, `argparse`, `csv`,
`hashlib`, `base64`, `struct`, `traceback`, `uuid`, `logging`, `warnings`, `tqdm`,
`matplotlib.pyplot` and some more; `import nothing` lists them all. Each shows a table of ours: no
processes, no environment (`os.environ` is an empty dict of the program's own), no lookups of
attributes by names that are made up.

    >>> import os, re, json
    >>> os.path.join("runs", "a.txt"), os.path.exists("/etc/passwd")
    ('runs/a.txt', False)
    >>> re.findall("[a-z]+", "lr=0.1, n=3"), json.dumps({"lr": 0.1})
    (['lr', 'n'], '{"lr": 0.1}')

`open(name, mode)` reads and writes texts (.txt .csv .tsv .json .jsonl .md .log) where programs may
touch files (`tcalc help files`); what is not there or may not be touched does not exist for
`os.path.exists`. `print(..., file=f)`, `input()`, `sys.stdin`, `sys.argv` and
`argparse` work as in Python, `exit(3)` and `raise SystemExit(3)` end with a status. `tqdm` draws its
bar on a terminal alone.

`import name` also runs `name.tcalc` or `name.py` beside the program, or in a folder that it has
appended to `sys.path`, as a module of its own; a folder is a package (`from .part import f`). A
folder elsewhere has to be opened: `--allow DIR`.
""",
    "sandbox": """\
The wall around programs

What a program cannot name it cannot reach: that is the language's wall, and it is always up. For a
program that comes from a file or from standard input, and for the data that it is given, the system
puts a second one around the whole process, so that a fault in the first leads nowhere:

    tcalc FILE, tcalc run FILE, ... | tcalc      up, as far as the kernel has it
    tcalc FILE.csv, tcalc inspect, tcalc diff    up, with those files alone
    tcalc 'EXPR', the prompt, tcalc repl         down: whoever types could type elsewhere

    --sandbox auto       that
    --sandbox require    up, for expressions too; exit status 2 where the kernel lacks a part
    --sandbox off        down

Files (Landlock, Linux 5.13): the folder where tcalc was started, the program's own and those of
`--allow DIR` can be read and written, with all that lies beneath; a file of `-v NAME=FILE` likewise,
but not the folder around it, where saving over the file would need to make another; Python, its packages and the system's libraries can be read. Nothing else can be opened. It goes
by folders where the language goes by names: started in your home folder, it leaves all of that open
(the language still refuses hidden files and other suffixes), so start strangers' programs elsewhere.
That a file is there, and how large it is, can be seen everywhere.

System calls (seccomp, on x86-64 and 64-bit Arm): no program is started, no socket made, no process
signalled or traced, no owner, mode or time of a file changed, nothing mounted, nothing typed into
the terminal. Files that whoever started tcalc left open, beyond the three streams, are closed.

`--allow-net` opens internet sockets, for connections to ports 443 and 53 alone (from Landlock 4,
Linux 6.7), and what looking up hosts reads. NVIDIA's devices can be used; kernels that CuPy compiles
are then kept in memory and not in its cache on disk.

`tcalc devices` says what this system has.
""",
    OPTIONS_TOPIC: """\
The command line

    tcalc                        the REPL; in a pipe, standard input is a program
    tcalc 'EXPR' ['EXPR' ...]    evaluate each in turn
    tcalc FILE [ARG ...]         run a program; `args` holds the rest
    tcalc FILE.csv|npy|pt|…      sum up what a data file holds (`help summaries`)
%(commands)s

%(options)s

An argument that starts with one `-` and is none of these is an expression: `tcalc -4+3`. `--` ends
the options.

Exit status: 0 fine, 1 an error or a failed `assert`, 2 wrong usage or no such file, 3 a syntax
error, 124 timed out, 130 interrupted. With `-x`: 0 true, 1 false, zero or empty, 2 any trouble. `diff`:
0 the same, 1 they differ, 2 trouble.
""",
    "json": """\
What --json prints

One object a line for every value, with `line` (of its statement) and `source` (the file, or the
argument's number):

    {"type":"tensor","dtype":"float32","shape":[2],"device":"cpu","requires_grad":false,
     "grad_fn":null,"data":[1.0,2.0],"line":1,"source":1}
    {"type":"int","value":3}      and float, bool, str, complex
    {"type":"tuple","items":[...]}     and list; named results have "fields" too
    {"type":"ndarray","dtype":"float64","shape":[2],"data":[1.0,2.0]}
    {"type":"size","value":[2,3]}      {"type":"dtype","value":"float32"}
    {"type":"dict","items":[[k,v]]}    {"type":"none"}     {"type":"device","value":"cpu"}
    {"type":"object","repr":"..."}     everything else
    {"type":"print","text":"..."}      what print() wrote
    {"type":"error","error":"ShapeError","message":"...","span":[start,end],"hint":"..."}

Non-finite numbers are the strings "nan", "inf" and "-inf", complex numbers [re, im]. Floats are
written with the digits that give the same float back. Errors are on standard output too, and the
exit status says it as well.

`--json-data` prints the plain data alone, one value a line: tensors, arrays, tuples, lists and sets
as arrays, dicts and named results as objects (as pairs where a key is no string), prints as
strings, which is what jq wants. Errors are on standard error alone.

    tcalc --json-data 'load("w.npz")' | jq '.w[0]'
""",
    "jit": """\
Functions as static graphs: traced once, made smaller, replayed

`jit(f)` runs `f` once on its real arguments and notes every operation, gradients and updates of
parameters included; later calls replay what is left of them without Python, in memory that was
assigned once. It is a decorator too; `torch.compile`, `torch.jit.trace` and `torch.jit.script` are
the same, and modules go in as functions do.

    >>> f = jit(lambda x: grad(((x + 2) ** 2 * 3).mean(), x))
    >>> f(ones(2))
    tensor([9., 9.])

A plan holds for the shapes, dtypes, numbers, global variables and settings that it was traced with;
others are traced anew. What eager work gives, a plan gives bit for bit.

Where Python looks at a tensor's values (`if`, `item()`, `print`), the next call may go another way:
then the function runs eagerly, and a remark says which line it is.

`graph(f)` shows the plan before and after, what each pass left out, and how large its buffers are.
`f.graph` is the same as data, `f.code` the Python that runs. docs/graphs.md has more.
""",
    "profiling": """\
What a program spends its time on, op by op

`torch.profiler.profile` records each call of an op, each node of a pass back, the steps of
optimizers and the batches of loaders, under PyTorch's names and in PyTorch's table:

    >>> from torch.profiler import profile, record_function
    >>> x, w = ones(64, 64), ones(64, 64, requires_grad=True)
    >>> with profile(record_shapes=True) as prof:
    ...     with record_function('scores'):
    ...         loss = (x @ w).sum()
    ...     loss.backward()
    >>> table = prof.key_averages().table(sort_by='self_cpu_time_total', row_limit=10)
    >>> [e.key for e in prof.key_averages() if 'Backward' in e.key and ':' not in e.key]
    ['SumBackward0', 'MmBackward0']
    >>> [(e.key, e.input_shapes) for e in prof.events() if e.key == 'aten::sum']
    [('aten::sum', [[64, 64], [], [], []])]

`with_stack=True` adds the lines of the program (`key_averages(group_by_stack_n=1)`) and the calls of
modules, `profile_memory=True` the bytes of each result, `with_flops=True` products and sums,
`schedule=` and `prof.step()` record some steps of a loop. `prof.export_chrome_trace('trace.json')`
writes what chrome://tracing and ui.perfetto.dev draw.

A profile changes nothing but the time. Work on large tensors waits as ever: the op that noted it took
no time, and the pass that computes it stands as `tcalc::fused_pass` where it is done.

At the prompt `:profile EXPR` shows the table of one expression. `:time EXPR` and
`torch.utils.benchmark.Timer` measure how long something takes in all.
""",
    "graph": """\
Drawing graphs: `graph(tensor)` and `graph(f)`

Of a tensor, `graph` draws the operations that made it, back to the leaves, each with its source: the
dynamic graph, made anew as a program runs. Of a function made by `jit` it shows the static graph,
before and after what was made smaller (`help jit`).

`graph(y, "out.svg")` draws a picture of a tensor's graph instead, `out.dot` is for Graphviz: names,
shapes, sources and their lines. At the prompt `:graph y out.svg` does the same, and `:graph model` tells
a model's layers (`help summary`).
""",
    **DRY,
    "debugging": DEBUGGING,
    "keys": """\
Keys at the prompt

    Tab           complete a keyword, a name, an attribute, a key, a file name, each with what it
                  is; without a name that begins so, by letters in order; \\alpha Tab gives α
    Up, Down      earlier entries that begin with what is typed before the cursor
    Right, End    take the suggestion shown in grey        Ctrl-R    search in history
    Enter         run, when the entry is complete; else a new line. An empty line ends a block
    Alt-Enter     run in any case                          Ctrl-C    stop, or clear the line
    Ctrl-D        leave, when the line is empty: twice     Ctrl-Z    suspend; `fg` comes back
                  where there are variables                Ctrl-L    clear the screen
    Ctrl-X Ctrl-E edit the entry in $VISUAL or $EDITOR, and run it
    ;             after an expression: do not print its value

Under the line stand the call at the cursor with its argument marked, what it does, and the shape
and dtype of the line. Nothing is run for that: shapes are told by a dry run with a limit of time.
`keys = "vi"` in config.toml gives the keys of vi (`help configuration`).

Ctrl-C stops long work between two of its pieces, and the session is as it was before the line
(`help session`). A call that has no pieces (a factorization, one long sort) is left to
itself, which is said: it ends in the background, and its result is dropped.

A pasted session may carry its prompts (`>>>`, `...`, `In [3]:`, `3>`): they are dropped, and so are
the answers between them. Pasted text never runs a `:` command.
""",
    **TERMINAL,
    **SESSION,
}


def title(topic: str) -> str:
    """The first line of a topic.

    >>> title("json")
    'What --json prints'
    """
    return TOPICS[topic].partition("\n")[0]


def text(topic: str, width: int = 80) -> str:
    """A topic's text, the command line's with the options that there are."""
    if topic != OPTIONS_TOPIC:
        return TOPICS[topic]
    flags = [f"{option.flag} {option.metavar}".rstrip() for option in OPTIONS]
    left = 4 + max(map(len, flags)) + 2
    rows = [
        textwrap.fill(
            option.help,
            max(width, left + 20),
            initial_indent=f"    {flag}".ljust(left),
            subsequent_indent=" " * left,
            break_on_hyphens=False,
        )
        for flag, option in zip(flags, OPTIONS)
    ]
    return TOPICS[topic] % {
        "commands": "\n".join(f"    {command.usage}" for command in COMMANDS.values()),
        "options": "\n".join(rows),
    }
