"""Static graphs: a function's work traced once, made smaller, and done again without its Python.

tracing: runs a function on its real values. recorder: the interpreter that does its calls and notes
them. calls: the graph that they make. tape, traced, operands: the array steps that each call comes to,
noted by the arrays that kernels run on. guards, containers: what the function can reach, and when its
plan still holds. numbers: those that change from call to call. passes: what need not be done twice or
at all. buffers: memory assigned once. lower, noting: the plan as straight-line Python. replay: running
it, and gradients through it. show: it as text.
"""
