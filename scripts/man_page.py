"""The man page, made from the tables of options and commands; scripts/make_index.py writes it."""

from __future__ import annotations

import re

from tcalc import __version__
from tcalc.files import FORMATS
from tcalc.options import COMMANDS, OPTIONS

SYNOPSIS = (
    ("", "a prompt; or runs standard input where it is no terminal"),
    (r"\fIEXPR\fR ...", "evaluates expressions in turn, in one session"),
    (
        r"\fIFILE\fR [\fIARG\fR ...]",
        "runs a program, a file that ends in .tcalc or .py or holds a /",
    ),
    (r"\fIFILE\fR.csv|npy|pt|...", "sums up what a data file holds"),
)
STATUS = (
    ("0", "Fine; of diff: the files hold the same; with \\-x: true."),
    ("1", "An error, or a failed assert; of diff: they differ; with \\-x: false, zero or empty."),
    ("2", "Wrong usage, or no such file; of diff, and with \\-x: any trouble."),
    ("3", "A syntax error: nothing was run."),
    ("124", "Stopped by \\-\\-timeout."),
    ("130", "Interrupted."),
)
ENVIRONMENT = (
    ("NO_COLOR, CLICOLOR_FORCE", "No colour; colour also where there is no terminal."),
    ("COLUMNS", "How wide what is for people may be."),
    ("XDG_CONFIG_HOME", "Where tcalc/config.toml and tcalc/init.tcalc are; ~/.config unless set."),
)
EXAMPLES = (
    ("tcalc 'norm([3, 4])'", "An expression, in PyTorch's names."),
    ("seq 5 | tcalc -v x=- 'mean(x)'", "Numbers from a pipe."),
    ("tcalc people.csv", "What a table holds."),
    ("tcalc inspect model.safetensors", "The tensors of a model, from its header."),
    ("tcalc diff --rtol 1e-5 a.pt b.safetensors", "How two models differ."),
    ("tcalc -v x=a.csv 'x * 2' -q -o b.npy", "From one format to another."),
)


def page() -> str:
    """The page's source."""
    lines = [
        f'.TH TCALC 1 "" "tcalc {__version__}" "User Commands"',
        ".SH NAME",
        r"tcalc \- a tensor calculator: PyTorch's names and numbers, with gradients, at the shell",
        ".SH SYNOPSIS",
        "\n.br\n".join(
            [
                *(f"\\fBtcalc\\fR [\\fIOPTION\\fR ...] {rest}".rstrip() for rest, _ in SYNOPSIS),
                *(_usage(command.usage) for command in COMMANDS.values()),
            ]
        ),
        ".SH DESCRIPTION",
        "Pasted PyTorch runs, with the same numbers; formulas just work.",
        *(_entry(f"\\fBtcalc\\fR {rest}".rstrip(), told) for rest, told in SYNOPSIS),
        ".PP",
        "Options stand before or after the expressions, each an argument of its own. Any other",
        "argument that begins with one",
        r".B \-",
        r"is an expression (\-4+3); what follows",
        r".B \-\-",
        "is never an option.",
        ".SH COMMANDS",
        *(_entry(_usage(command.usage), _text(command.help)) for command in COMMANDS.values()),
        ".SH OPTIONS",
        *(_option(option.flag, option.metavar, _help(option)) for option in OPTIONS),
        ".SH DATA FILES",
        f"Names end in {_text(', '.join(FORMATS))}.",
        r"\fBtcalc help load\fR and \fBtcalc help save\fR tell what each holds.",
        ".SH EXIT STATUS",
        *(_entry(status, told) for status, told in STATUS),
        ".SH ENVIRONMENT",
        *(_entry(f"\\fB{name}\\fR", told) for name, told in ENVIRONMENT),
        ".SH EXAMPLES",
        *(_entry(f"\\fB{_text(line)}\\fR", told) for line, told in EXAMPLES),
        ".SH SEE ALSO",
        r"\fBtcalc help\fR lists the topics on the language and the modules; \fBtcalc help\fR",
        r"\fINAME\fR tells about a function.",
    ]
    return "\n".join(lines) + "\n"


def _entry(head: str, body: str) -> str:
    return f".TP\n{head}\n{body}"


def _option(flag: str, metavar: str, told: str) -> str:
    value = f" \\fI{_text(metavar)}\\fR" if metavar else ""
    return _entry(f"\\fB{_text(flag)}\\fR{value}", told)


def _help(option: object) -> str:
    commands = getattr(option, "commands", ())
    only = f" For {' and '.join(commands)} alone." if commands else ""
    return _text(f"{option.help}{only}")  # type: ignore[attr-defined]  # a row of the table


def _usage(usage: str) -> str:
    """A usage with what stands for something else in italics."""
    words = _text(usage)
    words = re.sub(r"\b([A-Z]+)\b", r"\\fI\1\\fR", words)
    name, command, *rest = words.split(" ", 2)
    return f"\\fB{name} {command}\\fR {' '.join(rest)}".rstrip()


def _text(text: str) -> str:
    """Text whose letters mean themselves."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("…", "...").replace("'", "\\(aq")
    return f"\\&{text}" if text.startswith((".", "'")) else text
