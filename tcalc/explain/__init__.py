"""What programs would do, told without doing it: dry runs of expressions and of whole programs.

apart: a process of its own, which leaves no trace. trial: a program run dry in it. steps: what each
part of an expression came to. rows, drawing: that as a tree. check: what must fail in a program.
"""
