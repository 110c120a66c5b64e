"""Completions for zsh: a function for `_arguments`, with a description for each word."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from tcalc.command.completing.words import DATA, FOLDERS, PROGRAM

if TYPE_CHECKING:
    from tcalc.command.completing.words import Words
    from tcalc.options import Option

_SCRIPT = r"""#compdef tcalc
# Completes tcalc's command lines in zsh: eval "$(tcalc --completions zsh)" after compinit, or as a
# file `_tcalc` in a folder of $fpath.

_tcalc_names() {
    local -a names topics
    names=(%(names)s)
    topics=(%(topics)s)
    case $1 in
        bare) compadd -- ${names:#*.*} ;;
        *) compadd -X 'topics' -- $topics; compadd -X 'names' -- $names ;;
    esac
}

_tcalc_words() {
    local command= at
    for ((at = 2; at < CURRENT; at++)); do
        case $words[at] in
            %(valued)s) ((at++)) ;;
            -*) ;;
            *) command=$words[at]; break ;;
        esac
    done
    case $command in
        '')
            local -a commands
            commands=(
%(commands)s
            )
            _describe -t commands 'command' commands
            [[ -n $PREFIX && $PREFIX != */* ]] && _tcalc_names bare
            _files -g %(both)s ;;
%(words)s
        *.(#i)(%(data_endings)s)) _files -g %(data)s ;;
        *) _files ;;
    esac
}

_tcalc() {
    setopt localoptions extendedglob
    local -a options
    options=(
%(options)s
    )
    case " ${words[*]} " in
%(special)s
    esac
    _arguments -S $options '*: :_tcalc_words'
}

if [[ $funcstack[1] == _tcalc ]]; then _tcalc "$@"; else compdef _tcalc tcalc; fi
"""


def script(words: Words) -> str:
    """The script."""
    data, programs = (_glob(words.suffixes[kind]) for kind in (DATA, PROGRAM))
    both = _glob(words.suffixes[DATA] + words.suffixes[PROGRAM])
    of_command = {
        "": "_message 'no argument'",
        "data": f"_files -g {data}",
        "programs": f"_files -g {programs}",
        "names": "_tcalc_names",
    }
    return _SCRIPT % {
        "names": " ".join(map(quote, words.names)),
        "topics": " ".join(map(quote, words.topics)),
        "valued": "|".join(o.flag for o in words.options if o.read is not None),
        "commands": "\n".join(
            " " * 16 + quote(f"{name}:{_plain(command.help)}")
            for name, command in words.commands.items()
        ),
        "both": both,
        "data": data,
        "data_endings": "|".join(suffix[1:] for suffix in words.suffixes[DATA]),
        "words": "\n".join(
            f"        {name}) {of_command[command.words]} ;;"
            for name, command in words.commands.items()
        ),
        "options": "\n".join(
            " " * 8 + _option(option, words, data)
            for option in words.options
            if not option.commands
        ),
        "special": "\n".join(
            f"        *' {command} '*) options+=({' '.join(own)}) ;;"
            for command in words.commands
            if (own := [_option(o, words, data) for o in words.options if command in o.commands])
        ),
    }


def _glob(suffixes: tuple[str, ...]) -> str:
    return quote("*.(#i)(" + "|".join(suffix[1:] for suffix in suffixes) + ")")


def _option(option: Option, words: Words, data: str) -> str:
    """What `_arguments` is told of an option."""
    told = f"*{option.flag}[{_plain(option.help)}]"
    values = words.values(option)
    if values is None:
        return quote(told)
    if isinstance(values, tuple):
        done = f"({' '.join(values)})"
    else:
        done = {DATA: f"_files -g {data}", FOLDERS: "_files -/"}.get(values, " ")
    return quote(f"{told}:{_plain(option.metavar)}:{done}")


def _plain(text: str) -> str:
    """A description without what `_arguments` and `_describe` read as theirs."""
    for sign in "\\[]:":
        text = text.replace(sign, "\\" + sign)
    return text
