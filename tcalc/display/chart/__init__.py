"""Figures as text: curves of braille dots, bars of eighths of blocks, pictures of half blocks.

figure: what is to be seen, as data. scales: limits and ticks. canvas: cells, dots in them, and what
stands over them. colours: what a terminal can show. draw: axes on a canvas. pictures: matrices.
pixels: what terminals that draw pixels are told; sixel: one of the forms. render: a figure as text. files: a figure through matplotlib.
"""
