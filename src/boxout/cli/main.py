"""The `boxout` command: its groups, and how errors reach a person."""

from __future__ import annotations

import atexit
import importlib
import os
import sys
import threading
from typing import NoReturn

import click

from boxout import __version__
from boxout.cli.commands import COMMANDS
from boxout.errors import BoxoutError, StoppedError

INTERRUPTED = 130


class LazyGroup(click.Group):
    """A group that finds its commands in `COMMANDS`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order of work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command; the others stay where they are."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"boxout.cli.{COMMANDS[cmd_name].module}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each command's line, without importing it."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, listed.line) for name, listed in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="boxout")
def boxout() -> None:
    """NBA player props from raw box scores to graded predictions, with contracts at every step.

    Start with `boxout run`: without data of your own it works on a simulated league. A project
    lives in one folder: ./.boxout, or the one that --home or BOXOUT_HOME names.

    Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a contract or gate held something back,
    130 stopped on request.
    """


def main() -> None:
    """Run the command line; print errors as what, where and next step, never a traceback."""
    try:
        code = boxout.main(standalone_mode=False)
        _end(code if isinstance(code, int) else 0)
    except StoppedError as stop:
        click.echo(f"stopped: {stop}", err=True)
        sys.exit(stop.exit_code)
    except BoxoutError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_code)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped; what was committed stays, and the same command resumes", err=True)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
    except Exception as error:
        # Imported only now: it would be half of the time that --help takes.
        from boxout.warehouse.engine import duckdb

        if isinstance(error, duckdb.OutOfMemoryException):
            _fail(
                f"Memory ran out: {str(error).splitlines()[0]}",
                "Give more with BOXOUT_MEMORY_LIMIT (such as 4GB), or backfill a shorter range.",
            )
        if isinstance(error, duckdb.Error | OSError):
            _fail(
                f"The engine stopped: {str(error).splitlines()[0]}",
                "Check disk space and permissions, then run the command again; it resumes.",
            )
        raise


def _end(code: int) -> NoReturn:
    """End the process, where nothing else is at work in it without taking apart what it loaded.

    To free each object of a process whose memory goes at once takes a short command 15 to 20 ms.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    if threading.active_count() > 1:
        sys.exit(code)
    atexit._run_exitfuncs()
    os._exit(code)


def _fail(what: str, next_step: str) -> NoReturn:
    click.echo(f"error: {what}\n  next:  {next_step}", err=True)
    sys.exit(1)
