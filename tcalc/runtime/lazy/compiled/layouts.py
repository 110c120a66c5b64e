"""How an array's elements lie along the columns: one number for all rows, one for each row, side by side.
Of functions of rows also: one row for all."""

from __future__ import annotations

NUMBER, STANDING, MOVING, REPEATED = "nrcs"
