"""Topics of `tcalc help` about the session at the prompt: taking back, saving, settings."""

from __future__ import annotations

SESSION: dict[str, str] = {
    "session": """\
The session at the prompt: taking lines back, saving, measuring

A line that fails, or that Ctrl-C stops, changes nothing: variables, what tensors hold, their versions,
`.grad` and `requires_grad`, modules, optimizers, lists, dicts, sets and objects in one another, and
the generators of random numbers are as they were, to the bit. `:redo` brings back what it had done,
so that a training that was stopped can be kept. Each line of a paste stands for itself. A program
that `:load` runs and that fails stays where it has come to, to be looked at.

    :undo                 take the last line back, and one more each time
    :redo                 do it again
    :history [N|PATTERN]  what was entered, by the numbers of the prompts: × failed, ↶ is undone; a
                          pattern looks through earlier sessions too
    :save FILE.tcalc      what ran as a program, with seeds and options: it gives the same values
    :export torch [FILE.py|EXPR]   the same, or a line, as a script for PyTorch
    :vars [-s] [PATTERN]  the variables; -s: the largest first
    :time EXPR            how long it takes; `%timeit EXPR` is the same
    :bench EXPR | EXPR    side by side, in turn, and how they compare
    :pipe CMD             the last value, as text, into a command of the shell

The prompt's number is the one of the next result: what is shown after `3>` is `_3`. A line without a
result leaves it, several results take several, and lines that fail or are undone give theirs back.
`<prompt 3>` in an error is the line at `3>`, and a saved program numbers its results alike.

What measures takes back what it has done. Memory is copied when a line first writes to it: of a small
part of a large tensor that part, 1 GiB for a line at most; what is beyond stays as it was written,
which is said. For `:undo` a hundred entries are kept, as far as they hold no more than 256 MiB.

Not taken back: files that were written, what was printed, iterators and generators that have been
advanced, files that are open, NumPy arrays of more than 32 MiB that are written to as arrays, and
whatever is beyond half a million objects.

What takes longer than a second (files, downloads, large work, `gradcheck`, loaders) says on one line
of the terminal how far it has come. The line is gone when it is done, and pipes never see it.
""",
    "configuration": """\
config.toml and init.tcalc: what holds at every terminal and prompt

Both lie in `$XDG_CONFIG_HOME/tcalc` (`~/.config/tcalc` where that is not set). In `config.toml`:

    theme = "dark"        # auto, dark, light, 16 (the terminal's own colours) or none
    pictures = "sixel"    # auto, off (cells of colours), kitty, iterm2 or sixel: `help plots`
    keys = "vi"           # emacs or vi
    precision = 4         # digits shown, as -p
    pager = "never"       # auto, never, or a command such as "less -R"
    broadcast = "warn"    # allow, warn or error

The theme `auto` is dark or light as the terminal's background is: the prompt asks for that, else
COLORFGBG tells it; where neither does, or there are no 256 colours, it is 16.

What is wrong in it is told with its place, and the rest counts. It is read where standard output is a
terminal; options of the command line count for more. `init.tcalc` runs before the first prompt of
a session, and is a part of what `:save` writes. Programs, pipes and expressions at the shell
never depend on it. `--no-config` leaves both out.
""",
}
