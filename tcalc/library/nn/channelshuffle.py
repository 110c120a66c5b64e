"""Channels of several groups in turn."""

from __future__ import annotations

from tcalc.library.nn.arguments import layer, take
from tcalc.library.nn.module import Module
from tcalc.runtime.ops.nn.shuffling import channel_shuffle
from tcalc.runtime.tensor.tensor import Tensor


@layer("channelshuffle")
class ChannelShuffle(Module):
    """The channels of `groups` groups in turn: (n, c, *) → the same, c a multiple of groups.

    >>> nn.ChannelShuffle(2)(arange(4.).reshape(1, 4, 1, 1)).flatten()
    tensor([0., 2., 1., 3.])
    """

    def __init__(self, groups: int) -> None:
        super().__init__()
        self.groups: int = take(self, "groups", groups, "int")

    def forward(self, input: Tensor) -> Tensor:
        """The channels in their new order."""
        return channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        """The number of groups."""
        return f"groups={self.groups}"
