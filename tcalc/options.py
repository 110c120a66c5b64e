"""The command line, matched by hand on whole arguments before typer sees any of it.

An argument is an option only if it is exactly one of the table's flags: there are no clusters and
no glued values, so `-4+3`, `-y**2` and `-pi` stay the expressions they look like. The same table
gives `--help` its text. Imports nothing, since every start of tcalc pays for this module.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class UsageError(Exception):
    """A command line that means nothing; `hint` says what would."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Options:
    """What one command line asked for.

    command: "eval" (expressions), one of COMMANDS, or "" when there was no argument at all.
    words: the expressions, or the command's arguments; for "run" the file and then its arguments.
    """

    def __init__(self) -> None:
        self.command = ""
        self.words: list[str] = []
        self.help = False
        self.version = False
        self.bindings: list[tuple[str, str]] = []
        self.output: str | None = None
        self.digits: int | None = None
        self.color = "auto"
        self.device: str | None = None
        self.dtype: str | None = None
        self.seed: int | None = None
        self.broadcast: str | None = None
        self.threads: int | None = None
        self.keep_going = False
        self.timeout: float | None = None
        self.max_memory: int | None = None
        self.status_from_value = False
        self.quiet = False
        self.allow_net = False
        self.sandbox = "auto"
        self.folders: list[str] = []
        self.save_to: str | None = None
        self.columns: str | None = None
        self.config = True
        self.tour = False
        self.stats = False
        self.rtol = 0.0
        self.atol = 0.0
        self.completions: str | None = None
        # The options that were given and that only some commands have.
        self.special: list[Option] = []


class Option:
    """One row of the table: a flag, and how it changes Options.

    read: turns the argument after the flag into the field's value and raises UsageError, or is
    None for a flag that stands alone and stores `value`. choices: all that can be given, where
    they are few. commands: those that alone have the option; () for all.
    """

    __slots__ = ("choices", "commands", "field", "flag", "help", "metavar", "read", "value")

    def __init__(
        self,
        flag: str,
        field: str,
        help: str,
        metavar: str = "",
        read: Callable[[str], object] | None = None,
        value: object = True,
        *,
        choices: tuple[str, ...] = (),
        commands: tuple[str, ...] = (),
    ) -> None:
        self.flag = flag
        self.field = field
        self.help = help
        self.metavar = metavar
        self.read = _choice(flag, choices) if choices else read
        self.value = value
        self.choices = choices
        self.commands = commands


class Command:
    """A sub-command: how it is written, how many words it takes, what it does.

    words: what they are: "data" (files), "programs" or "names"; "" for none.
    """

    __slots__ = ("help", "least", "most", "usage", "words")

    def __init__(
        self, usage: str, least: int, most: int | None, help: str, words: str = ""
    ) -> None:
        self.usage = usage
        self.least = least
        self.most = most
        self.help = help
        self.words = words


def _binding(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    name = name.strip()
    if not equals or not name.isidentifier() or not value.strip():
        raise UsageError(
            f"-v takes NAME=VALUE, not {text!r}", "for instance -v x=3, -v x=data.npy or -v x=-"
        )
    if name.startswith("__"):
        raise UsageError(f"-v cannot bind the reserved name {name!r}")
    return name, value


def _whole(flag: str, least: int | None, most: int | None = None) -> Callable[[str], int]:
    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise UsageError(f"{flag} takes a whole number, not {text!r}") from None
        if least is not None and number < least:
            raise UsageError(f"{flag} takes a number from {least} up, not {number}")
        if most is not None and number > most:
            raise UsageError(f"{flag} takes a number up to {most}, not {number}")
        return number

    return read


def _choice(flag: str, choices: tuple[str, ...]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise UsageError(f"{flag} takes {' or '.join(choices)}, not {text!r}")
        return text

    return read


def _folder(path: str) -> str:
    if not os.path.isdir(path):
        raise UsageError(f"--allow takes a folder, and there is none at {path!r}")
    return path


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < 1e9:
        raise UsageError(f"--timeout takes a number of seconds above 0, not {text!r}")
    return seconds


def _tolerance(flag: str) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = -1.0
        if not 0 <= number < float("inf"):
            raise UsageError(f"{flag} takes a number from 0 up, not {text!r}")
        return number

    return read


def _data_file(path: str) -> str:
    from tcalc.files import FORMATS, is_known

    if not is_known(path):
        raise UsageError(f"-o takes the name of a data file, not {path!r}: {' '.join(FORMATS)}")
    return path


_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def _size(text: str) -> int:
    word = text.strip().upper().removesuffix("B").removesuffix("I")
    unit = word[-1:] if word[-1:] in _UNITS else ""
    try:
        number = float(word.removesuffix(unit) if unit else word)
    except ValueError:
        number = 0.0
    if not 0 < number < 1e15:
        raise UsageError(f"--max-memory takes a size such as 500M or 4G, not {text!r}")
    return int(number * _UNITS[unit])


OPTIONS: tuple[Option, ...] = (
    Option(
        "-v",
        "bindings",
        "Bind a variable to an expression, to a file (a known suffix, a / or @PATH) "
        "or to standard input (-).",
        "NAME=VALUE",
        _binding,
    ),
    Option("--json", "output", "One JSON object a line for each value.", value="json"),
    Option("--json-data", "output", "The same as plain data: numbers, lists.", value="json-data"),
    Option("--plain", "output", "PyTorch's repr, without colour.", value="plain"),
    Option(
        "--terse", "output", "Bare numbers, rows with tabs: the default in a pipe.", value="terse"
    ),
    Option("--csv", "output", "Rows with commas, two dimensions at most.", value="csv"),
    Option("-o", "save_to", "Save the last value to a data file.", "FILE", _data_file),
    Option(
        "--columns",
        "columns",
        "Columns of the tables that are read, by name or by number from 0.",
        "A,B",
        str,
    ),
    Option("-p", "digits", "Digits shown.", "N", _whole("-p", 0, 100)),
    Option(
        "--color",
        "color",
        "When to use colour: auto, always or never.",
        "WHEN",
        choices=("auto", "always", "never"),
    ),
    Option("--device", "device", "Default device: cpu, cuda, cuda:1, meta.", "D", str),
    Option("--dtype", "dtype", "Default floating dtype: float32, float64, ….", "T", str),
    Option("--seed", "seed", "Seed of the random numbers.", "N", _whole("--seed", None)),
    Option(
        "--broadcast",
        "broadcast",
        "Where operands are stretched to one shape: allow, warn or error.",
        "WHEN",
        _choice("--broadcast", ("allow", "warn", "error")),
    ),
    Option("--threads", "threads", "Threads to compute with.", "N", _whole("--threads", 1, 4096)),
    Option("--keep-going", "keep_going", "After an error go on with the next statement."),
    Option("--timeout", "timeout", "Stop after so many seconds, status 124.", "S", _seconds),
    Option(
        "--max-memory",
        "max_memory",
        "Most memory to use, such as 4G; 80 % of what is left unless told.",
        "SIZE",
        _size,
    ),
    Option(
        "-x",
        "status_from_value",
        "Exit status from the last value: 0 true, 1 false, zero or empty, 2 trouble.",
    ),
    Option("-q", "quiet", "Do not echo values."),
    Option("--allow-net", "allow_net", "Let programs read from the network."),
    Option("--allow", "folders", "Let programs read and write in a folder.", "DIR", _folder),
    Option(
        "--sandbox",
        "sandbox",
        "The system's wall around programs from files and standard input: auto, as far as there "
        "is one; require, in any case; off.",
        "WHEN",
        choices=("auto", "require", "off"),
    ),
    Option(
        "--stats",
        "stats",
        "What the numbers are: blanks, least, mean and greatest; reads the data.",
        commands=("inspect",),
    ),
    Option(
        "--rtol",
        "rtol",
        "How far numbers may be apart, as a part of the second.",
        "X",
        _tolerance("--rtol"),
        commands=("diff",),
    ),
    Option(
        "--atol",
        "atol",
        "How far they may be apart beside that.",
        "X",
        _tolerance("--atol"),
        commands=("diff",),
    ),
    Option(
        "--completions",
        "completions",
        "Write what completes command lines in bash, zsh or fish.",
        "SHELL",
        choices=("bash", "zsh", "fish"),
    ),
    Option("--tour", "tour", "Five minutes at a prompt, where each step is tried and checked."),
    Option(
        "--no-config",
        "config",
        "Read neither config.toml nor init.tcalc, which are for terminals and prompts.",
        value=False,
    ),
    Option("--version", "version", "Show the version."),
    Option("-h", "help", "The same as --help."),
    Option("--help", "help", "Show this text, or a command's."),
)

COMMANDS: dict[str, Command] = {
    "run": Command("tcalc run FILE [ARG ...]", 1, None, "Run a program.", "programs"),
    "repl": Command("tcalc repl [FILE]", 0, 1, "Start a prompt, after running a file.", "programs"),
    "inspect": Command(
        "tcalc inspect FILE ...", 1, None, "Say what data files hold, from their headers.", "data"
    ),
    "diff": Command("tcalc diff A B", 2, 2, "Compare two data files array by array.", "data"),
    "help": Command("tcalc help [NAME]", 0, 1, "Tell about a function or a topic.", "names"),
    "ops": Command("tcalc ops [PATTERN]", 0, 1, "List functions.", "names"),
    "devices": Command("tcalc devices", 0, 0, "List the devices that tensors can be on."),
    "check": Command("tcalc check FILE ...", 1, None, "Report syntax errors.", "programs"),
}

_BY_FLAG = {option.flag: option for option in OPTIONS}
# How the names of programs end.
PROGRAMS = (".tcalc", ".py")
# No expression begins like this, so an argument that does can only be meant as a file.
_PATH_STARTS = ("/", "./", "../", "~/")


def parse(argv: Iterable[str]) -> Options:
    """Match a command line (without the program's name) against the tables.

    Raises UsageError for an unknown `--word`, a missing or wrong value, a wrong number of words,
    and for a program file that is named but does not exist.

    >>> options = parse(["--json", "-4+3", "-p", "3", "--", "-q"])
    >>> options.command, options.words, options.output, options.digits, options.quiet
    ('eval', ['-4+3', '-q'], 'json', 3, False)
    """
    options = Options()
    arguments = list(argv)
    at, literal = 0, False
    while at < len(arguments):
        word = arguments[at]
        at += 1
        if not literal and word == "--":
            literal = True
        elif not literal and word in _BY_FLAG:
            at = _apply(_BY_FLAG[word], options, arguments, at)
        elif not literal and word.startswith("--"):
            raise _unknown(word)
        elif not options.command and word in COMMANDS:
            options.command = word
        elif not options.command and _is_data_file(word):
            options.command = "inspect"
            options.stats = True
            options.words.append(word)
        elif options.command == "run" or (not options.command and is_program(word)):
            # From the file on everything belongs to the program, options too.
            options.command = "run"
            options.words = arguments[at - 1 :]
            break
        else:
            options.command = options.command or "eval"
            options.words.append(word)
    if not (options.help or options.version or options.completions):
        _check_words(options)
        _check_input(options)
    return options


def is_program(word: str) -> bool:
    """Whether a first argument is a program's file rather than an expression.

    It is if it holds a slash or ends in .tcalc or .py, and names something to be read as a file.
    One that can only be a path but names no file is a UsageError.
    """
    named = word.endswith(PROGRAMS)
    if named or "/" in word:
        if os.path.exists(word) and not os.path.isdir(word):
            return True
        # What holds blanks or brackets is an expression: `a.px + b.py`.
        if (named and _is_name(word)) or word.startswith(_PATH_STARTS):
            what = "is a folder" if os.path.isdir(word) else "no such file"
            raise UsageError(f"{what}: {word}")
    return False


def _is_data_file(word: str) -> bool:
    """Whether a first argument is a data file's name, of which a summary is wanted.

    One that can only be a name, as `x.csv`, but names no file is a UsageError.
    """
    ending = word.rpartition(".")[2]
    if not ending.isalnum() or ending.isdigit():
        return False
    from tcalc.files.formats import is_known

    if not is_known(word):
        return False
    if not os.path.isfile(word) and _is_name(word):
        raise UsageError(f"{'is a folder' if os.path.isdir(word) else 'no such file'}: {word}")
    return os.path.isfile(word)


def _is_name(word: str) -> bool:
    """Whether a word looks like a file's name rather than a calculation."""
    return all(char.isalnum() or char in "._-/~" for char in word)


def names_path(text: str) -> bool:
    """Whether the value of -v can only be a path: no expression begins with / ./ ../ or ~/."""
    return text.startswith(_PATH_STARTS)


def _apply(option: Option, options: Options, arguments: list[str], at: int) -> int:
    value = option.value
    if option.read is not None:
        if at == len(arguments):
            raise UsageError(f"{option.flag} needs a value: {option.flag} {option.metavar}")
        value = option.read(arguments[at])
        at += 1
    if option.commands:
        options.special.append(option)
    held = getattr(options, option.field)
    if isinstance(held, list):  # it can be given again
        held.append(value)
    else:
        setattr(options, option.field, value)
    return at


def _unknown(word: str) -> UsageError:
    flag, equals, value = word.partition("=")
    if equals and flag in _BY_FLAG and _BY_FLAG[flag].read is not None:
        return UsageError(f"unknown option {word}", f"write it as two arguments: {flag} {value}")
    from tcalc.suggest import closest

    guess = closest(flag, _BY_FLAG)
    if guess is not None:
        return UsageError(f"unknown option {word}", f"did you mean {guess}?")
    return UsageError(
        f"unknown option {word}", "tcalc --help lists them; an expression can follow after --"
    )


def _check_words(options: Options) -> None:
    for option in options.special:
        if options.command not in option.commands:
            raise UsageError(f"{option.flag} is for tcalc {' and tcalc '.join(option.commands)}")
    command = COMMANDS.get(options.command)
    if command is None:
        return
    if options.save_to is not None and options.command != "run":
        raise UsageError(f"-o saves the last value of a program, and {options.command} has none")
    count = len(options.words)
    if count < command.least or (command.most is not None and count > command.most):
        needs = "needs two files" if command.least == 2 else "needs a file"
        what = needs if count < command.least else "was given too many arguments"
        raise UsageError(f"{options.command} {what}", f"usage: {command.usage}")


def _check_input(options: Options) -> None:
    readers = [name for name, value in options.bindings if value.strip() == "-"]
    takes_tables = options.command in ("inspect", "diff")
    if options.columns is not None and not options.bindings and not takes_tables:
        raise UsageError("--columns is for tables: -v NAME=FILE, or tcalc inspect FILE")
    if len(readers) > 1:
        raise UsageError(f"standard input can be read once, not as {' and as '.join(readers)}")
