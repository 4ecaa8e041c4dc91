"""How every picture looks and is saved: one size, colours that the colour-blind can tell apart,
and the same bytes for the same data."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from boxout.errors import UsageError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito 2008, "Color Universal Design".
OVER, UNDER, PUSH, LINE, OTHER = "#0072B2", "#E69F00", "#999999", "#D55E00", "#009E73"
INCHES = (8.0, 4.5)
DOTS_PER_INCH = 120


def save_picture(
    folder: Path, name: str, title: str, note: str, draw: Callable[[Axes], Any]
) -> tuple[Path, Path]:
    """Draw one picture and save it as NAME.svg and NAME.png in a folder.

    Parameters
    ----------
    title, note
        What it shows, and what it rests on; both are in the file's metadata, too, for readers
        who do not see it.
    draw
        Draws on the axes that it is given.

    Raises
    ------
    UsageError
        When matplotlib is not installed, or the folder cannot be written.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError as error:
        raise UsageError(
            "Pictures need matplotlib, which is not installed.",
            "the extra `pictures`",
            "Install it: pip install 'boxout[pictures]'.",
        ) from error
    # Text stays text, and ids come from the content alone.
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": name, "font.size": 10}):
        figure = Figure(figsize=INCHES, layout="constrained")
        axes = figure.add_subplot()
        axes.set_title(title, loc="left", fontweight="bold")
        axes.spines[["top", "right"]].set_visible(False)
        draw(axes)
        figure.supxlabel(note, x=0.99, ha="right", fontsize=8, color="#555555")
        paths = (folder / f"{name}.svg", folder / f"{name}.png")
        about = {"Title": title, "Description": note}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            figure.savefig(paths[0], metadata={**about, "Date": None})
            figure.savefig(paths[1], metadata={**about, "Software": None}, dpi=DOTS_PER_INCH)
        except OSError as error:
            raise UsageError(
                f"The picture cannot be written: {error.strerror}.",
                str(folder),
                "Name another folder with --folder.",
            ) from error
    return paths
