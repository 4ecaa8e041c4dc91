"""Where a project lives on disk: the paths inside one home folder.

Nothing here opens a database; `ducklake` does.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from boxout.errors import WarehouseError

DEFAULT_HOME = ".boxout"
HOME_VARIABLE = "BOXOUT_HOME"
# The layout of what a home's catalog holds; a project of another one is refused.
FORMAT = 2


@dataclass(frozen=True)
class Home:
    """The paths of one project folder.

    Parameters
    ----------
    path
        The folder itself; created on first use.
    """

    path: Path

    @property
    def catalog(self) -> Path:
        """The SQLite catalog of the lake."""
        return self.path / "catalog.sqlite"

    @property
    def data(self) -> Path:
        """The folder of Parquet files."""
        return self.path / "data"

    @property
    def locks(self) -> Path:
        """Operating-system lock files, one for commits and one a table."""
        return self.path / "locks"

    @property
    def runs(self) -> Path:
        """Heartbeat files and stop requests of the runs at work."""
        return self.path / "runs"

    @property
    def models(self) -> Path:
        """Model files and their cards."""
        return self.path / "models"

    @property
    def simulated(self) -> Path:
        """The files of the simulated league, when the project runs on one."""
        return self.path / "simulated"

    @property
    def scratch(self) -> Path:
        """Where the engine spills when memory runs out."""
        return self.path / "tmp"

    @property
    def format(self) -> Path:
        """The file that names the layout of the project."""
        return self.path / "format"

    def exists(self) -> bool:
        """Whether a project has been created here.

        Raises
        ------
        WarehouseError
            When the operating system does not let it be told.
        """
        try:
            return self.catalog.exists()
        except OSError as error:
            raise WarehouseError(
                f"The home folder cannot be looked into: {error.strerror}.",
                str(self.path),
                f"Choose another folder with --home or {HOME_VARIABLE}.",
            ) from error

    def create(self) -> None:
        """Create the folders.

        Raises
        ------
        WarehouseError
            When the folder cannot be written, or holds a project of another layout, or one
            without its data.
        """
        if self.exists():
            self._check_format()
            self._check_data()
        try:
            for folder in (
                self.path,
                self.data,
                self.locks,
                self.runs,
                self.models,
                self.scratch,
            ):
                folder.mkdir(parents=True, exist_ok=True)
            if not self.exists():
                self.format.write_text(f"{FORMAT}\n", encoding="ascii")
        except OSError as error:
            raise WarehouseError(
                f"The home folder cannot be created: {error.strerror}.",
                str(self.path),
                f"Choose a folder you can write to with --home or {HOME_VARIABLE}.",
            ) from error

    def _check_format(self) -> None:
        found = (
            self.format.read_text(encoding="utf-8", errors="replace").strip()
            if self.format.exists()
            else "1"
        )
        if found != str(FORMAT):
            raise WarehouseError(
                f"The project was made by another version of boxout "
                f"(layout {found[:20]}, this one reads {FORMAT}).",
                str(self.path),
                "Ingest the raw files into another --home; a run builds everything from them.",
            )

    def _check_data(self) -> None:
        # Were it created anew, all that the catalog knows would seem to be damaged.
        if not self.data.is_dir():
            raise WarehouseError(
                "The project's folder of data is missing; its catalog is there.",
                str(self.data),
                "Bring the folder back, or ingest the raw files into another --home.",
            )


def find_home(option: str | None = None) -> Home:
    """Return the home named by an option, else by `BOXOUT_HOME`, else `./.boxout`."""
    return Home(Path(option or os.environ.get(HOME_VARIABLE) or DEFAULT_HOME).absolute())
