"""Plots, where people look rather than read: ``pip install amaas[plot]``.

>>> from amaas import plots
>>> plots.latency(plots.measure(reviews, texts))
>>> plots.tuning(service.tune("sentiment@^1", texts))
>>> plots.usage([(0, before), (60, after)])

Each takes the axes to draw on, or makes some, and returns them.

The trap: what ``measure`` measures is one caller alone. Under load people wait for each other; that
is what ``service.tune`` and ``route.usage`` tell of.
"""

from __future__ import annotations

from itertools import pairwise
from time import perf_counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from matplotlib.axes import Axes

    from amaas import Route, Tuned, Usage

__all__ = ["latency", "measure", "tuning", "usage"]


def measure(route: Route, texts: Iterable[str]) -> list[float]:
    """Ask for each text alone and return how many seconds each call took.

    >>> times = plots.measure(reviews, ["I loved it"] * 100)
    """
    times = []
    for text in texts:
        start = perf_counter()
        route(text)
        times.append(perf_counter() - start)
    return times


def latency(seconds: Iterable[float], *, bins: int = 50, ax: Axes | None = None) -> Axes:
    """Draw a histogram of times, with the median and the 99th percentile.

    ``seconds`` are the times of calls; they are shown in milliseconds.

    Raises ``ValueError`` when there are none.

    >>> plots.latency(times).figure.savefig("latency.svg")
    """
    times = sorted(1e3 * time for time in seconds)
    if not times:
        raise ValueError("there are no times to draw")
    ax = _axes(ax)
    ax.hist(times, bins=bins, color="tab:blue", alpha=0.7)
    for share, colour in ((0.5, "tab:green"), (0.99, "tab:red")):
        value = times[min(int(share * len(times)), len(times) - 1)]
        ax.axvline(value, color=colour, label=f"p{100 * share:.0f}: {value:.2f} ms")
    ax.set(xlabel="time of a call, ms", ylabel="calls", title=f"Latency of {len(times):,} calls")
    ax.legend()
    return ax


def tuning(tuned: Tuned, *, ax: Axes | None = None) -> Axes:
    """Draw what tuning measured: arrangements by clients, coloured by requests a second.

    What left the race early has fewer fields. The best is framed.

    >>> plots.tuning(tuned)
    """
    named = [(_arrangement(row), row) for row in tuned.table]
    names = list(dict.fromkeys(name for name, _ in named))
    clients = sorted({row.clients for row in tuned.table})
    found = {(name, row.clients): row.requests_per_second for name, row in named}
    rates = [[found.get((name, count), float("nan")) for count in clients] for name in names]
    ax = _axes(ax)
    image = ax.imshow(rates, aspect="auto", cmap="viridis")
    figure: Any = ax.figure
    figure.colorbar(image, ax=ax, label="requests a second")
    ax.set_xticks(range(len(clients)), [str(count) for count in clients])
    ax.set_yticks(range(len(names)), names)
    ax.set(xlabel="requests at once", title=f"Tuned for {tuned.objective}")
    if tuned.best is not None:
        x, y = clients.index(tuned.best.clients), names.index(_arrangement(tuned.best))
        ax.scatter([x], [y], marker="s", s=200, facecolors="none", edgecolors="red", label="best")
        ax.legend()
    return ax


def usage(samples: Sequence[tuple[float, Usage]], *, ax: Axes | None = None) -> Axes:
    """Draw rows and failures a second over time.

    ``samples`` are pairs of a time in seconds and what ``route.usage`` said then, in order.

    Raises ``ValueError`` for fewer than two samples, or when time stands still.

    >>> log = []
    >>> log.append((time.time(), reviews.usage))  # now and then
    >>> plots.usage(log)
    """
    if len(samples) < 2 or any(later <= time for (time, _), (later, _) in pairwise(samples)):
        raise ValueError("two samples or more are needed, each later than the one before")
    start = samples[0][0]
    times = [time - start for time, _ in samples[1:]]
    steps = [(new - old, a, b) for (old, a), (new, b) in pairwise(samples)]
    ax = _axes(ax)
    rows = [(b.rows - a.rows) / seconds for seconds, a, b in steps]
    failures = [(b.failures - a.failures) / seconds for seconds, a, b in steps]
    ax.plot(times, rows, drawstyle="steps-mid", label="rows a second")
    ax.plot(times, failures, drawstyle="steps-mid", color="tab:red", label="failures a second")
    ax.set(xlabel="time, s", ylabel="a second", title="Usage")
    ax.legend()
    return ax


def _arrangement(row: Any) -> str:
    width = f"{row.instances} × {row.threads}" if row.instances else "usual"
    return f"{width}, {row.rows} rows"


def _axes(ax: Axes | None) -> Axes:
    if ax is not None:
        return ax
    try:
        import matplotlib.pyplot as plt
    except ImportError as cause:
        raise ImportError("plots need matplotlib: run `pip install amaas[plot]`") from cause
    return plt.subplots(layout="constrained")[1]
