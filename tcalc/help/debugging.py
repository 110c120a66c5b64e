"""The help topic on looking into a program that runs."""

DEBUGGING = """\
Looking into a program: `why`, `inspect`, anomalies, broadcasting, shared memory

`:why x[3, 7]` at the prompt, `why(x[3, 7])` in a program, tells which call first made an element nan
or infinite, with the numbers that it was given and its place in the program, and the way from there;
of a number that is finite, the calls and numbers that it came of. Of a tensor the first element that
is nan or infinite is told of.

    >>> a, b = tensor([4., 1.]), tensor([0., 2.])
    >>> c = (a - b).sqrt() * 3
    >>> why(c[1])

says `nan first came of sqrt(-1)`, and draws how:

    c[1] = nan               mul  <prompt 1>:1  (a - b).sqrt() * 3
    (a - b).sqrt()[1] = nan  first nan: sqrt  <prompt 1>:1  (a - b).sqrt()
    ╰─ (a - b)[1] = -1       sub  <prompt 1>:1  a - b
       ├─ a[1] = 1           <prompt 1>:1  tensor([4., 1.])
       ╰─ b[1] = 2           <prompt 1>:1  tensor([0., 2.])

Nothing is noted while programs run, so that they are as fast as ever: all that was run so far is run
again, with the random numbers of then, and watched. What it prints and writes goes nowhere. Where that
comes to another number, since the clock, input or a file took part, it says that it cannot tell.

`with autograd.detect_anomaly():` raises where a gradient is nan, as PyTorch does, and tells which
element of which gradient, and the numbers that it came of.

`set_broadcast("warn")` tells on standard error, once for each place, where a call stretches its
operands to one shape, and what would give both one; `set_broadcast("error")` refuses it, and
`set_broadcast("allow")` is as ever. `--broadcast warn` on the command line and `broadcast = "warn"` in
config.toml do the same. Losses of a (n, 1) and a (n,) warn in any case.

    >>> set_broadcast("warn")
    >>> ones(3, 1) - ones(3, 1)
    tensor([[0.],
            [0.],
            [0.]])
    >>> set_broadcast("allow")

`inspect(x)` stands anywhere in an expression: it says on standard error where it is and what x is
like (dtype, shape, range, mean, spread, how many elements are nan or infinite, grad_fn), and gives x
on. It takes several values, and names for them.

    >>> y = inspect(ones(2, 3) * 2) + 1
    >>> inspect(loss=y.sum())

At the prompt `:alias x` shows what shares memory with x: views, tensors in lists, dicts and modules,
gradients and NumPy arrays, each with shape, strides, offset and version (how often the memory was
written to), and a picture of the memory that each has.

"""
