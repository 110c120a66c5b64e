"""Static graphs: a function's work traced once, made smaller, and done again without its Python.

tracing: runs a function on its real values and notes every NumPy call on a tape. traced: the arrays
that do so. roots: what the function can reach, and when its plan still holds. passes: what need not
be done twice or at all. buffers: memory assigned once. emit: the plan as straight-line Python.
replay: running it, and gradients through it. functions: what programs call. show: it as text.
"""
