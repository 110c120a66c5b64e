"""`matplotlib.pyplot`: plots in the terminal, and in files."""

from __future__ import annotations

from tcalc.language.plotting.pyplot import members as members
