"""Greek letters by their TeX names, for `\\alpha` Tab."""

from __future__ import annotations

_LOWER = (
    "alpha α beta β gamma γ delta δ epsilon ε zeta ζ eta η theta θ iota ι kappa κ lambda λ mu μ "
    "nu ν xi ξ omicron ο pi π rho ρ sigma σ tau τ upsilon υ phi φ chi χ psi ψ omega ω"
).split()

# With TeX's variants left out: Python reads ϕ as φ and ϑ as θ, so that they would be one name.
GREEK: dict[str, str] = dict(zip(_LOWER[::2], _LOWER[1::2]))
GREEK |= {name.capitalize(): letter.upper() for name, letter in GREEK.items()}
