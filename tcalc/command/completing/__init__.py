"""Scripts that complete command lines in shells, made from the tables of options and commands.

eval "$(tcalc --completions bash)"       in ~/.bashrc
eval "$(tcalc --completions zsh)"        in ~/.zshrc, after compinit
tcalc --completions fish | source        in ~/.config/fish/config.fish
"""

from __future__ import annotations

from tcalc.command.completing import bash, fish, zsh
from tcalc.command.completing.words import Words

_SHELLS = {"bash": bash.script, "zsh": zsh.script, "fish": fish.script}


def script(shell: str) -> str:
    """The script for a shell."""
    return _SHELLS[shell](Words())
