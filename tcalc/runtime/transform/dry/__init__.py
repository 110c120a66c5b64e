"""Programs run on tensors that have a shape and a dtype and no contents.

interpreter: what runs each call of an op so. unknown: numbers that are read out of such tensors. notes:
what is kept of a call, and how much work it is.
"""
