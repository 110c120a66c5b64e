"""Greek letters by their TeX names, for `\\alpha` Tab."""

from __future__ import annotations

_NAMES = """
    alpha α beta β gamma γ delta δ epsilon ε zeta ζ eta η theta θ iota ι kappa κ lambda λ mu μ
    nu ν xi ξ omicron ο pi π rho ρ sigma σ varsigma ς tau τ upsilon υ phi φ chi χ psi ψ omega ω
"""

# With TeX's other variants left out: Python reads ϕ as φ and ϑ as θ, so that they would be one name.
_words = _NAMES.split()
GREEK: dict[str, str] = dict(zip(_words[::2], _words[1::2]))
GREEK |= {n.capitalize(): a.upper() for n, a in GREEK.items() if not n.startswith("var")}
