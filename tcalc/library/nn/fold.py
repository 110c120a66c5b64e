"""Windows of images laid out as columns, and columns added up into images."""

from __future__ import annotations

from tcalc.library.nn.arguments import Sizes, layer, take
from tcalc.library.nn.module import Module
from tcalc.runtime.ops.nn import folding
from tcalc.runtime.tensor.tensor import Tensor


class _Folding(Module):
    """What both share. _said: the settings, in the order in which their text names them."""

    _said: tuple[str, ...] = ("kernel_size", "dilation", "padding", "stride")

    def _keep(self, **settings: object) -> None:
        for name, value in settings.items():
            setattr(self, name, take(self, name, value, "Ints"))

    def extra_repr(self) -> str:
        """The settings."""
        return ", ".join(f"{name}={getattr(self, name)}" for name in self._said)


@layer("fold")
class Fold(_Folding):
    """Columns added up as windows of images: (n, c kh kw, windows) → (n, c, *output_size).

    >>> nn.Fold((1, 3), (1, 2))(ones(2, 2))
    tensor([[[1., 2., 1.]]])
    """

    _said = ("output_size", *_Folding._said)

    def __init__(
        self, output_size: int | Sizes, kernel_size: int | Sizes, dilation: int | Sizes = 1,
        padding: int | Sizes = 0, stride: int | Sizes = 1,
    ) -> None:  # fmt: skip
        super().__init__()
        self._keep(output_size=output_size, kernel_size=kernel_size, dilation=dilation,
                   padding=padding, stride=stride)  # fmt: skip

    def forward(self, input: Tensor) -> Tensor:
        """The images."""
        return folding.fold(
            input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride
        )


@layer("fold")
class Unfold(_Folding):
    """The windows of images as columns: (n, c, h, w) or (c, h, w) → (n, c kh kw, windows).

    >>> nn.Unfold((1, 2))(arange(4.).reshape(1, 2, 2))
    tensor([[0., 2.],
            [1., 3.]])
    """

    def __init__(
        self, kernel_size: int | Sizes, dilation: int | Sizes = 1, padding: int | Sizes = 0,
        stride: int | Sizes = 1,
    ) -> None:  # fmt: skip
        super().__init__()
        self._keep(kernel_size=kernel_size, dilation=dilation, padding=padding, stride=stride)

    def forward(self, input: Tensor) -> Tensor:
        """The columns."""
        return folding.unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)
