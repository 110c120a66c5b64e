"""Completions for bash: one function, which is told of words by variables."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from tcalc.command.completing.words import DATA, FOLDERS, PROGRAM

if TYPE_CHECKING:
    from tcalc.command.completing.words import Words

_SCRIPT = r"""# Completes tcalc's command lines in bash: eval "$(tcalc --completions bash)"
_tcalc_names=%(names)s
_tcalc_topics=%(topics)s

# Files whose names end as a pattern says, and the folders on the way to them.
_tcalc_files() {
    local name
    compopt -o filenames 2>/dev/null
    while IFS= read -r name; do
        if [[ -d $name || ${name,,} =~ $1 ]]; then COMPREPLY+=("$name"); fi
    done < <(compgen -f -- "$cur")
}

_tcalc_words() {
    local word
    while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -W "$1" -- "$cur")
}

_tcalc() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
    local data=%(data)s programs=%(programs)s command= at=1 word
    COMPREPLY=()
    while ((at < COMP_CWORD)); do
        word=${COMP_WORDS[at]}
        case $word in
            %(valued)s) ((at++)) ;;
            -*) ;;
            *) command=$word; break ;;
        esac
        ((at++))
    done
    case $prev in
%(values)s
    esac
    if [[ $cur == -* ]]; then
        local options=%(options)s
        case $command in
%(special)s
        esac
        _tcalc_words "$options"
        return
    fi
    case $command in
        '')
            _tcalc_words %(commands)s
            [[ -n $cur && $cur != */* ]] && _tcalc_words "$(grep -v '\.' <<< "$_tcalc_names")"
            _tcalc_files "$data|$programs" ;;
%(words)s
        *) if [[ ${command,,} =~ $data ]]; then _tcalc_files "$data"; else compopt -o default; fi ;;
    esac
}

complete -F _tcalc tcalc
"""


def script(words: Words) -> str:
    """The script."""
    every = [option.flag for option in words.options if not option.commands]
    valued = [option.flag for option in words.options if option.read is not None]
    return _SCRIPT % {
        "names": quote("\n".join(words.names)),
        "topics": quote("\n".join(words.topics)),
        "data": _ending(words.suffixes[DATA]),
        "programs": _ending(words.suffixes[PROGRAM]),
        "valued": "|".join(valued),
        "values": "\n".join(_values(words)),
        "options": quote(" ".join(every)),
        "special": "\n".join(
            f"            {command}) options+=' {' '.join(own)}' ;;"
            for command in words.commands
            if (own := [o.flag for o in words.options if command in o.commands])
        ),
        "commands": quote(" ".join(words.commands)),
        "words": "\n".join(
            f"        {name}) {_of_command[command.words]} ;;"
            for name, command in words.commands.items()
        ),
    }


_of_command = {
    "": ":",
    "data": '_tcalc_files "$data"',
    "programs": '_tcalc_files "$programs"',
    "names": '_tcalc_words "$_tcalc_topics"$\'\\n\'"$_tcalc_names"',
}


def _ending(suffixes: tuple[str, ...]) -> str:
    return quote(r"\.(" + "|".join(suffix[1:] for suffix in suffixes) + ")$")


def _values(words: Words) -> list[str]:
    """What follows each option that takes a value."""
    lines = []
    for option in words.options:
        values = words.values(option)
        if values is None:
            continue
        if isinstance(values, tuple):
            done = f"_tcalc_words {quote(' '.join(values))}"
        elif values == FOLDERS:
            done = 'compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur")'
        else:
            done = f'_tcalc_files "${DATA}"' if values == DATA else ":"
        lines.append(f"        {option.flag}) {done}; return ;;")
    # bash parts `-v x=a.npy` at the sign.
    return [*lines, '        =) _tcalc_files "$data"; return ;;']
