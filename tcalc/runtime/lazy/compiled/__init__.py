"""Step lists as machine code, where llvmlite is installed: one loop over a block for all its steps.

primitives: the one table of what each function comes to. polynomials: functions in it that are no
instruction; precise, inverse, gammas: such that are computed in double. dividing: those of division with
remainder, and shifts. code: the text of a function, a value at a time. lower: a list of steps as such a text.
summing: the same with sums. rowwise: a function that does the same with each row, as such a text.
rowforms, rownorms, channelnorms, rowscans: what is made of rows. columnforms, places: of columns.
loops: functions that are loops inside one another. sliding, pooling: of windows. sequences, tiles, rowcells:
of recurrent layers. chances: of random words. fewrows: products of few
rows.
folding, rowkernel: reductions of rows and the other forms, as programs use them. build: the text as an
object file. cache: object files on disk. loader: an object file as memory that can be called. kernels:
what programs use of the rest.
"""
