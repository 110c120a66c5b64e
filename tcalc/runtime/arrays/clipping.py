"""The ufunc behind `numpy.clip`, which is Python around it. Unlike `maximum` and `minimum` it has vector
loops for numbers."""

from __future__ import annotations

import numpy as np
from numpy._core import umath

clip: np.ufunc = umath.clip  # type: ignore[attr-defined]  # its stub lacks it
