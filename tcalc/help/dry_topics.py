"""Topics on what is told of programs without running them."""

from __future__ import annotations

DRY = {
    "explain": """\
What an expression would do, without doing it

`:explain EXPR` at the prompt and `explain(EXPR)` in programs run an expression dry, on shapes and
dtypes alone: each part with what it comes to and why (promotion, broadcasting, view or copy, work that
waits), the operations on numbers it takes (FLOPs), its bytes, and the memory that is in use at most.

    explain(ones(10**6, 10**6) @ ones(10**6, 1))

Functions of yours are shown as trees of what they call, loops as one line with a count. Variables take
part by shape and dtype. Nothing is allocated, printed, written or changed. What depends on values (a
mask, `nonzero`, an `if` on a tensor) says that it is not known without running; only small tensors of
whole numbers and bools, which programs use as sizes and places, keep their values. In a file that runs
behind the system's wall `explain()` needs `--sandbox off`.

A hole asks for a shape: `A @ ? -> (3, 5)`, `x.view(?, 8)`, `cat([A, ?]) -> (7, 4)`, at the prompt and
as an argument of the shell. All shapes that fit are told; `n` is any size.
""",
    "check": """\
What must fail in a program, without running it

    tcalc check train.py

Every syntax error is told (exit status 3). A program without one is run dry, as `explain` does: names,
attributes, shapes, dtypes and assertions that must fail are errors (exit status 1). Nothing is printed,
written or fetched; of arrays in files the headers are read.

What is told is what comes: behind a branch on values an error counts only if all ways lead to it. Where
nobody can tell how a program goes on (a size that depends on values, input, more than ten seconds of
dry work) that is said on standard error, and what stands behind is not checked.
""",
    "summary": """\
The layers of a model, from one dry run

    >>> net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
    >>> summary(net, (5, 4), verbose=0).total_params
    58

`summary(model, input_size)` prints a table as torchinfo's: each layer with the shape that it gives, its
parameters and its multiplications with additions, then sizes. Nothing is computed. Scripts find it as
`from torchinfo import summary`. `depth=` says how far down, `input_data=` and `dtypes=` what goes in,
`col_names=` which columns; without an input the parameters are told alone, as `:graph model` does.
""",
}
