"""What was called, as data.

values: the arrays and constants that calls are made on. call: `Call(op, operands, attributes, outs)`
and the Graph of them. evaluate: what a call gives, or its shapes without computing it. listing, passes:
what makes work less, over calls of ops and array steps alike. text: both as people read them.
"""
