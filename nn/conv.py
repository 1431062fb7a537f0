"""Convolution and pooling on images: nested lists [channel][row][column].

What networks call convolution is cross-correlation: the kernel slides over the image without being
flipped, and each output is the dot product of the kernel with the patch under it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autograd_lite import Operation, Value, div, dot, equal, greater, maximum, mean_of, where

from .arguments import choice, generator, whole
from .initialisers import Initialiser, InitialiserName, Rng, initialiser
from .layers import Bias
from .module import Module

Image = Sequence[Sequence[Sequence[Any]]]


class Conv2d(Module):
    """out[k][i][j] = b[k] + Σ w[k][c][u][v] · x[c][i·stride + u − padding][j·stride + v − padding].

    One ``dot`` node per output, whose gradients are the patch (to the kernel) and the kernel (to
    the patch). ``bias`` is ``"add"`` or None.

        >>> import random
        >>> conv = Conv2d(1, 2, 3, padding=1, rng=random.Random(0))
        >>> image = [[[1.0] * 5] * 4]
        >>> shape(conv(image))
        (2, 4, 5)

    Raises ValueError naming the expected and the given shape.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        stride: int = 1,
        padding: int = 0,
        bias: Bias = "add",
        init: InitialiserName | Initialiser = "he",
        rng: Rng | None = None,
    ):
        in_channels = whole("Conv2d", "in_channels", in_channels)
        out_channels = whole("Conv2d", "out_channels", out_channels)
        kernel_size = whole("Conv2d", "kernel_size", kernel_size)
        stride, padding = whole("Conv2d", "stride", stride), whole("Conv2d", "padding", padding, least=0)
        choice("Conv2d", "bias", bias, ("add", None))
        rng, draw = generator("Conv2d", rng, "uniform", "gauss"), initialiser(init)
        area = kernel_size * kernel_size
        fan_in, fan_out = in_channels * area, out_channels * area
        self.w = [
            [_kernel(f"w{k + 1}.{c + 1}", kernel_size, lambda: draw(fan_in, fan_out, rng)) for c in range(in_channels)]
            for k in range(out_channels)
        ]
        if bias:
            self.b = [Value(0.0, f"b{k + 1}") for k in range(out_channels)]
        self._bias, self._size, self._stride, self._padding = bias, kernel_size, stride, padding

    def forward(self, image: Image) -> list[list[list[Any]]]:
        channels, height, width = shape(image)
        where = self.name or "Conv2d"
        if channels != len(self.w[0]):
            raise ValueError(f"{where}: expected {len(self.w[0])} channel(s), got {channels}")
        size, stride, pad = self._size, self._stride, self._padding
        if height + 2 * pad < size or width + 2 * pad < size:
            raise ValueError(
                f"{where}: expected at least {size}×{size} with padding {pad}, got {height}×{width} "
                f"({height + 2 * pad}×{width + 2 * pad} padded)"
            )
        rows = [_padded(channel, pad, width) for channel in image]
        flat = [[w for channel in kernel for row in channel for w in row] for kernel in self.w]
        corners = [
            (i, j)
            for i in range(0, height + 2 * pad - size + 1, stride)
            for j in range(0, width + 2 * pad - size + 1, stride)
        ]
        columns = (width + 2 * pad - size) // stride + 1
        patches = [
            [x for channel in rows for row in channel[i : i + size] for x in row[j : j + size]] for i, j in corners
        ]
        planes = [
            [dot(kernel, patch, self.b[k] if self._bias else None) for patch in patches]
            for k, kernel in enumerate(flat)
        ]
        return [[plane[i : i + columns] for i in range(0, len(plane), columns)] for plane in planes]


class MaxPool2d(Module):
    """The largest of each window; the gradient goes to it alone (in equal shares where several are the largest).

    Windows are ``stride`` apart, side by side unless said otherwise.

        >>> MaxPool2d(2)([[[1.0, 2.0], [4.0, 3.0]]])
        [[[4.0]]]

    Raises ValueError naming the expected and the given size.
    """

    def __init__(self, size: int, *, stride: int | None = None):
        where = type(self).__name__
        self._size = whole(where, "size", size)
        self._stride = self._size if stride is None else whole(where, "stride", stride)

    def forward(self, image: Image) -> list[list[list[Any]]]:
        return _pooled(self, image, self._size, self._stride, _largest_of)


class AvgPool2d(MaxPool2d):
    """The mean of each window; the gradient is spread evenly.

    >>> AvgPool2d(2)([[[1.0, 2.0], [4.0, 3.0]]])
    [[[2.5]]]
    """

    def forward(self, image: Image) -> list[list[list[Any]]]:
        return _pooled(self, image, self._size, self._stride, mean_of)


class Flatten(Module):
    """All numbers of nested lists in one list, in order.

    >>> Flatten()([[[1.0, 2.0]], [[3.0, 4.0]]])
    [1.0, 2.0, 3.0, 4.0]
    """

    def forward(self, tree: Any) -> list[Any]:
        return [x for branch in tree for x in self.forward(branch)] if isinstance(tree, (list, tuple)) else [tree]


def shape(image: Image) -> tuple[int, int, int]:
    """Return (channels, rows, columns). Raises ValueError unless the nested lists are rectangular.

    >>> shape([[[1, 2, 3]]])
    (1, 1, 3)
    """
    try:
        channels, rows, columns = len(image), len(image[0]), len(image[0][0])
        regular = all(len(c) == rows and all(len(row) == columns for row in c) for c in image)
    except (TypeError, IndexError):
        raise ValueError("expected an image as nested lists [channel][row][column]") from None
    if not regular:
        raise ValueError(f"expected {channels} channel(s) of {rows}×{columns}, got rows of different lengths")
    return channels, rows, columns


def _kernel(name: str, size: int, draw: Callable[[], float]) -> list[list[Value]]:
    """Return size × size weights, named by row and column."""
    return [[Value(draw(), f"{name}[{u + 1},{v + 1}]") for v in range(size)] for u in range(size)]


def _padded(channel: Sequence[Sequence[Any]], pad: int, width: int) -> list[list[Any]]:
    blank = [0.0] * (width + 2 * pad)
    return [blank] * pad + [[0.0] * pad + list(row) + [0.0] * pad for row in channel] + [blank] * pad


def _pooled(module: Module, image: Image, size: int, stride: int, pool: Any) -> list[list[list[Any]]]:
    _, height, width = shape(image)
    if height < size or width < size:
        raise ValueError(
            f"{module.name or type(module).__name__}: expected at least {size}×{size}, got {height}×{width}"
        )
    return [
        [
            [
                pool([x for row in channel[i : i + size] for x in row[j : j + size]])
                for j in range(0, width - size + 1, stride)
            ]
            for i in range(0, height - size + 1, stride)
        ]
        for channel in image
    ]


def _largest_of(xs: Sequence[Any]) -> Any:
    """Fold with ``maximum``, and count the equals on the way: halves of halves would not be equal shares."""
    top, equals = xs[0], 1.0
    for x in xs[1:]:
        alone = isinstance(equals, float) and equals == 1.0  # not alone, or not known while it is recorded
        larger = maximum(top, x) if alone else LARGER(top, x, equals)
        top, equals = larger, where(greater(x, top), 1.0, equals + equal(x, top))
    return top


class _Larger(Operation):
    """The operation below, which graphs are pickled by name."""

    __slots__ = ()

    def __reduce__(self) -> str:
        return "LARGER"


LARGER = _Larger(
    "larger",
    lambda top, x, equals: maximum(top, x),
    lambda out, top, x, equals: (
        greater(top, x) + equal(top, x) * div(equals, equals + 1.0),
        greater(x, top) + equal(top, x) * div(1.0, equals + 1.0),
        0.0,
    ),
    kink=lambda top, x, equals: top - x,
    note="at a tie 1/(n + 1) to x, the rest to top, which is the largest of n equals",
    formula="the larger of top and x",
)
