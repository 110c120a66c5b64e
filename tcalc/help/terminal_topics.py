"""Topics of `tcalc help` on what a terminal shows."""

from __future__ import annotations

TERMINAL: dict[str, str] = {
    "values": """\
What a terminal shows of a value

A tensor begins with a line of what it is: dtype, shape, device, gradient, and how many elements are
nan or inf. Then its numbers, in the notation of PyTorch's repr: as many rows and columns of both ends
as the window has room for. Of one that does not fit there is a line of its range (with how its numbers
lie in between), mean and standard deviation, and one that says what is left out. Of more than 4 million
elements some are looked at for that, evenly apart, and it says so.

    …  ⋮                   columns and rows that are left out
    !nan  !inf  !-inf      what is not finite; zeros are faint
    [0, :, :]              which matrix of a tensor of more dimensions stands below

Dicts, lists, tuples, named tuples and dataclasses that take more than a line are tables: key, type,
shape, smallest, mean and largest element (`~`: of some of the elements), or the value. Containers of
tensors that fit are drawn one by one.

`:more` shows the last value whole, at the prompt: in `$PAGER` or `less`, made as it is read. What is
wider than the window comes in bands of columns, `[:, 0:8]`. Ctrl-C stops it.

`torch.set_printoptions` holds here too: with `edgeitems` or `threshold` tensors above the threshold
have so many items at each end, with `profile='full'` nothing is left out, `precision`, `sci_mode` and
`linewidth` mean what they mean in PyTorch. `--plain` prints PyTorch's repr; in pipes values are whole.
""",
}
