"""Plots: `plot`, `hist`, `bar`, `heat` for formulas, and what `matplotlib.pyplot` is here.

values: what programs give, as numbers, texts and styles. plots: the functions for formulas. axes,
figures, pyplot: matplotlib's names. Figures are data of `tcalc.display.chart`, which draws them.
"""
