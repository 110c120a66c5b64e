"""Completions for fish: a line for each option and each command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcalc.command.completing.words import DATA, FOLDERS, PROGRAM

if TYPE_CHECKING:
    from tcalc.command.completing.words import Words
    from tcalc.options import Option

_SCRIPT = r"""# Completes tcalc's command lines in fish: tcalc --completions fish | source
set -g _tcalc_names %(names)s
set -g _tcalc_topics %(topics)s
set -g _tcalc_valued %(valued)s

# The first word that is neither an option nor the value of one.
function _tcalc_command
    set -l passed 0
    for word in (commandline -opc)[2..-1]
        if test $passed = 1
            set passed 0
        else if contains -- $word $_tcalc_valued
            set passed 1
        else if not string match -q -- '-*' $word
            echo $word
            return
        end
    end
end

function _tcalc_is
    contains -- (_tcalc_command) $argv
end

function _tcalc_begins
    test -z (_tcalc_command)
end

function _tcalc_shows
    _tcalc_command | string match -riq -- %(data)s
end

# Files whose names end as a pattern says, and the folders on the way to them.
function _tcalc_files
    for name in (commandline -ct | string unescape)*
        if test -d $name
            echo $name/
        else if string match -riq -- $argv[1] $name
            echo $name
        end
    end
end

function _tcalc_bare
    test -n (commandline -ct); and string match -v -- '*.*' $_tcalc_names
end

complete -c tcalc -f
complete -c tcalc -n _tcalc_begins -k -a '(_tcalc_files %(both)s; _tcalc_bare)'
%(commands)s
complete -c tcalc -n _tcalc_shows -a '(_tcalc_files %(data)s)'
%(options)s
"""


def script(words: Words) -> str:
    """The script."""
    data, programs = (_ending(words.suffixes[kind]) for kind in (DATA, PROGRAM))
    of_command = {
        "data": f"(_tcalc_files {data})",
        "programs": f"(_tcalc_files {programs})",
        "names": "$_tcalc_topics $_tcalc_names",
    }
    commands = []
    for name, command in words.commands.items():
        commands.append(f"complete -c tcalc -n _tcalc_begins -a {name} -d {_quoted(command.help)}")
        if command.words:
            done = of_command[command.words]
            commands.append(f"complete -c tcalc -n '_tcalc_is {name}' -a '{done}'")
    return _SCRIPT % {
        "names": " ".join(words.names),
        "topics": " ".join(words.topics),
        "valued": " ".join(o.flag for o in words.options if o.read is not None),
        "data": data,
        "both": _ending(words.suffixes[DATA] + words.suffixes[PROGRAM]),
        "commands": "\n".join(commands),
        "options": "\n".join(_option(option, words, data) for option in words.options),
    }


def _ending(suffixes: tuple[str, ...]) -> str:
    """A pattern of names that needs no quotes where it stands in others."""
    return '"[.](' + "|".join(suffix[1:] for suffix in suffixes) + ')\\$"'


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _option(option: Option, words: Words, data: str) -> str:
    name = option.flag.lstrip("-")
    kind = "-l" if option.flag.startswith("--") else "-s"
    line = f"complete -c tcalc {kind} {name} -d {_quoted(option.help)}"
    if option.commands:
        line += f" -n '_tcalc_is {' '.join(option.commands)}'"
    values = words.values(option)
    if values is None:
        return line
    if isinstance(values, tuple):
        return f"{line} -x -a '{' '.join(values)}'"
    done = {DATA: f"(_tcalc_files {data})", FOLDERS: '(_tcalc_files "^\\$")'}.get(values)
    return f"{line} -x" + (f" -a '{done}'" if done else "")
