"""Training seen: curves, decision boundaries, gradients per layer. Needs matplotlib.

Every function returns a matplotlib ``Figure`` (an animation: a ``FuncAnimation``) that shows itself in
notebooks; ``figure.savefig`` writes it. Colours are those of the pictures.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, Any, Protocol

from autograd_lite.extras import needs
from autograd_lite.ieee import number_of

from .pictures.palette import LIGHT

if TYPE_CHECKING:
    from matplotlib.animation import FuncAnimation
    from matplotlib.figure import Figure


class History(Protocol):
    """What is plotted of a training: lists with one number per epoch."""

    loss: list[float]
    accuracy: list[float]
    held_out_loss: list[float]
    held_out_accuracy: list[float]
    gradient_norms: list[dict[str, float]]


def _figure(columns: int = 1, *, width: float = 6.0) -> tuple[Figure, Any]:
    with needs("plot", "a plot"):
        from matplotlib.figure import Figure

    class Shown(Figure):
        """A figure made without pyplot, which notebooks would show by its name alone."""

        def _repr_png_(self) -> bytes:
            buffer = BytesIO()
            self.savefig(buffer, format="png", dpi=144)
            return buffer.getvalue()

    figure = Shown(figsize=(width * columns, 4.0), layout="constrained")
    axes = figure.subplots(1, columns, squeeze=False)[0]
    for ax in axes:
        ax.spines[["top", "right"]].set_visible(False)
    return figure, axes


def plot_history(history: History) -> Figure:
    """Plot loss and, where it was measured, accuracy over epochs; training and held-out.

    Raises ImportError saying what to install if matplotlib is missing.
    """
    with_accuracy = any(x == x for x in (*history.accuracy, *history.held_out_accuracy))
    figure, axes = _figure(2 if with_accuracy else 1)
    panels = [("loss", history.loss, history.held_out_loss)]
    if with_accuracy:
        panels.append(("accuracy", history.accuracy, history.held_out_accuracy))
    epochs = range(1, len(history.loss) + 1)
    marker = "o" if len(epochs) < 3 else None  # a line of one point cannot be seen
    for ax, (name, train, held_out) in zip(axes, panels):
        ax.plot(epochs, train, color=LIGHT.value, marker=marker, label="training")
        if any(x == x for x in held_out):
            ax.plot(epochs, held_out, color=LIGHT.gradient, linestyle="--", marker=marker, label="held out")
            ax.legend(frameon=False)
        _count_epochs(ax)
        ax.set_ylabel(name)
    return figure


def plot_gradient_norms(history: History) -> Figure:
    """Plot the gradient norm of each layer over epochs as heat; vanishing gradients are seen as pale rows.

    Raises ImportError saying what to install if matplotlib is missing.
    """
    figure, (ax,) = _figure()
    layers = list(history.gradient_norms[0])
    rows = [[math.log10(max(norms[layer], 1e-300)) for norms in history.gradient_norms] for layer in layers]
    around = (0.5, len(history.gradient_norms) + 0.5, len(layers) - 0.5, -0.5)
    image = ax.imshow(rows, aspect="auto", cmap="Oranges", interpolation="nearest", extent=around)
    ax.set_yticks(range(len(layers)), layers)
    _count_epochs(ax)
    figure.colorbar(image, ax=ax, label="log₁₀ of the gradient norm")
    return figure


def _count_epochs(ax: Any) -> None:
    """Epochs are whole numbers, from 1."""
    ax.set_xlabel("epoch")
    ax.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)


Points = Sequence[Sequence[float]]


def plot_decision_boundary(
    model: Callable[[Sequence[float]], Any], data: tuple[Points, Sequence[int]], *, resolution: int = 40
) -> Figure:
    """Plot where a model of two inputs takes which side, with the data on top.

    Raises ImportError saying what to install if matplotlib is missing.
    """
    figure, (ax,) = _figure(width=5.0)
    _draw_boundary(ax, model, data, resolution)
    return figure


def animate_decision_boundary(
    snapshots: Sequence[Callable[[Sequence[float]], Any]], data: tuple[Points, Sequence[int]], *, resolution: int = 30
) -> FuncAnimation:
    """Animate the boundary over training: one frame per model in ``snapshots``.

    ``animation.save("training.gif", writer="pillow")`` writes it.

    Raises ImportError saying what to install if matplotlib is missing.
    """
    figure, (ax,) = _figure(width=5.0)
    from matplotlib.animation import FuncAnimation
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure)

    def frame(i: int) -> list[Any]:
        ax.clear()
        _draw_boundary(ax, snapshots[i], data, resolution)
        ax.set_title(f"epoch {i}")
        return []

    class Shown(FuncAnimation):
        """An animation that notebooks play, whatever matplotlib's settings say."""

        def _repr_html_(self) -> str:
            return str(self.to_jshtml())

    return Shown(figure, frame, frames=len(snapshots), interval=200)


def _draw_boundary(ax: Any, model: Callable[[Sequence[float]], Any], data: Any, resolution: int) -> None:
    xs, ys = data
    columns = []
    for i in (0, 1):
        low, high = min(x[i] for x in xs), max(x[i] for x in xs)
        margin = 0.15 * (high - low)
        columns.append([low - margin + (high - low + 2 * margin) * k / (resolution - 1) for k in range(resolution)])
    across, up = columns
    scores = [[_score(model([a, b])) for a in across] for b in up]
    largest = max(abs(s) for row in scores for s in row) or 1.0
    ax.contourf(across, up, scores, levels=[-largest, 0.0, largest], colors=["#D5E4F2", "#FDE3D3"])
    ax.contour(across, up, scores, levels=[0.0], colors=[LIGHT.ink], linewidths=1.2)
    for label, colour, marker in ((0, LIGHT.value, "o"), (1, LIGHT.gradient, "^")):
        chosen = [x for x, y in zip(xs, ys) if (y > 0) == bool(label)]
        ax.scatter([x[0] for x in chosen], [x[1] for x in chosen], color=colour, marker=marker, s=18)


def _score(output: Any) -> float:
    """One logit is its own score; of two outputs, how much the second exceeds the first."""
    if hasattr(output, "__len__"):
        return number_of(output[1]) - number_of(output[0])
    return number_of(output)
