"""The topics on data: files, summaries and comparisons of them, completing their names."""

from __future__ import annotations

DATA: dict[str, str] = {
    "files": """\
Reading and writing data

`load(path)` and `save(value, path)` tell the format by the suffix: `help load` and `help save` list
them. In the REPL `:load FILE` binds
what a file holds to variables (or runs it, when it is a .tcalc or .py program) and `:save FILE`
writes the session as a program.

    >>> save(arange(3), "numbers.csv")    # doctest: skip
    >>> load("numbers.csv")               # doctest: skip

On the command line `-v x=data.npy` binds a file and `-v x=-` standard input, whose format is
told by its first bytes:

    seq 5 | tcalc -v x=- 'mean(x)'

In a table (.csv .tsv .txt) a first row is a header where none of its fields is a number. Whole
numbers alone give int64, anything else the default dtype, or float64 where that could not hold the
whole ones; blanks, NA, N/A, null and nan are nan. Where semicolons or tabs stand between fields,
commas may be decimal. What is no number, or what float64 cannot hold, is an error with its place.

Text is left out by `columns=` in a program and by `--columns` in a shell, by names or by numbers
from 0; `table=True` gives every column by name, numbers as tensors and text as lists:

    load("people.csv", columns=["height", "n"])
    load("people.csv", table=True)["name"]
    tcalc -v x=people.csv --columns height,n 'x.mean(0)'
    tcalc people.csv                       sums up what it holds
    tcalc inspect model.safetensors        the same without its numbers, from the header alone
    tcalc diff a.pt b.safetensors          how two files differ

`help summaries` tells of the last three.

`save` and `-o FILE` (the last value) write a tensor with the header it was loaded with; what is
computed from it has none, and a dict of columns has its keys.

Models are in PyTorch's own files (.pt .pth .ckpt .bin) and in .safetensors: state dicts, checkpoints
and other containers of tensors, numbers and text, which PyTorch loads with weights_only=True. What
it wrote before 1.6 is read too. A model saved whole is a pickle of a class, and refused: its
`state_dict()` is what can be saved.

    torch.save({"epoch": 3, "model": net.state_dict()}, "checkpoint.pt")
    net.load_state_dict(torch.load("checkpoint.pt", map_location="cpu")["model"])
    load("weights.safetensors", mmap=True)["w"]
    tcalc checkpoint.pt                    lists its tensors, from its header

With `mmap=True` the numbers of a model or of an .npy file stay in the file until they are looked at,
and what is written to is copied: a data set may be larger than memory.

A program reaches only regular files with a known suffix, under the working directory, beside the
program or in a folder that `--allow DIR` names, and those that you named on the command line or at
the prompt. Sizes are checked
before anything is allocated, and nothing is ever unpickled but weights, by a machine that knows
nothing else. A file is written whole or not at
all, also where the program is ended while it writes; what a killed one left behind goes when the
next file is written into that folder.

`torch.utils.tensorboard.SummaryWriter` writes what `tensorboard --logdir runs` shows, into folders
that it makes under the same rules. Its files of events grow record by record, each of which is there
when the call returns.
""",
    "summaries": """\
What data files hold, and how two differ

`tcalc FILE` sums up a data file in a pass over it: of a table its columns, of any other file its
arrays, with dtype, shape, missing numbers, least, mean, greatest, and a sketch of how the numbers lie
between. What is larger than memory is read a block at a time.

    tcalc people.csv                       what was assumed of header and separator stands above
    tcalc m.pt                             layers.#.weight are several of one shape
    tcalc people.csv | cut -f 1,5          in a pipe a row for each, tabs between, headings first
    tcalc --json m.pt | jq -s '.[1:] | map(.name)'

`tcalc inspect FILE ...` tells names, dtypes and shapes from the headers of files alone, whatever their
size (of a long table from its first rows, `[?]` where the end would have to be read); `--stats` adds
what `tcalc FILE` has. `-` is standard input. `--columns a,b` tells of some columns of tables alone.

`tcalc diff A B` compares array by array, also between formats: what is only in one, shapes and dtypes
(text says none: numbers are compared in the dtype of the other file), how many elements differ, the
greatest difference, where it is, and the greatest as a part of the second number. Where each file
holds one array, their names do not matter; the columns of tables are found by name.

    tcalc diff a.pt b.safetensors && echo same
    tcalc --rtol 1e-5 --atol 1e-8 diff old.csv new.csv

Numbers are the same where |a - b| <= atol + rtol * |b|, both 0 unless told; nan is the same as nan and
as nothing else. Exit status: 0 the same, 1 they differ, 2 trouble. `--json` writes an object for each
array, those that are the same too.
""",
    "completions": """\
Completing command lines in bash, zsh and fish

    eval "$(tcalc --completions bash)"     in ~/.bashrc
    eval "$(tcalc --completions zsh)"      in ~/.zshrc, after compinit
    tcalc --completions fish | source      in ~/.config/fish/config.fish

Commands, options and their values, data files, programs, and the names that `help` and expressions
know are completed with the Tab key.
""",
}
