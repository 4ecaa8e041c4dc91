"""A command ends its process at once, after all that is to be done at its end."""

from __future__ import annotations

import subprocess
import sys

VERSION = "import sys; sys.argv = ['boxout', '--version']; from boxout.cli.main import main; "


def _run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)


def test_what_was_registered_for_the_end_is_done_and_nothing_is_taken_apart() -> None:
    ended = _run(
        "import atexit; atexit.register(print, 'registered')\n"
        "class Held:\n    def __del__(self): print('taken apart')\n"
        f"held = Held(); {VERSION}main()"
    )

    assert ended.stdout.splitlines()[-1] == "registered"
    assert ended.stdout.startswith("boxout, version")


def test_a_thread_that_is_still_at_work_ends_its_work() -> None:
    ended = _run(
        "import threading, time\n"
        "threading.Thread(target=lambda: (time.sleep(0.5), print('at work'))).start()\n"
        f"{VERSION}main()"
    )

    assert "at work" in ended.stdout
