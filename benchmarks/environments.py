"""Each peer's own environment: a virtual environment from its pinned requirements."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
ENVIRONMENTS = FOLDER / ".envs"
UV = FOLDER.parent / ".uv" / "bin" / "uv"
# Where a shell forbids Python to keep compiled modules, each start would compile all of them.
COMPILED = "--compile-bytecode"


def binary(peer: str, name: str) -> str:
    """Return the path of a program in a peer's environment."""
    return str(ENVIRONMENTS / peer / "bin" / name)


def create_environment(peer: str) -> None:
    """Create a peer's environment, unless it is there as its requirements say."""
    requirements = FOLDER / "peers" / peer / "requirements.txt"
    if not requirements.exists():
        return
    folder = ENVIRONMENTS / peer
    mark = folder / "requirements.sha256"
    wanted = hashlib.sha256(requirements.read_bytes() + COMPILED.encode()).hexdigest()
    if mark.exists() and mark.read_text() == wanted:
        return
    uv = str(UV) if UV.exists() else shutil.which("uv") or "uv"
    subprocess.run([uv, "venv", "-q", "--clear", "-p", sys.executable, str(folder)], check=True)
    install = [uv, "pip", "install", "-q", "-p", binary(peer, "python"), "-r", str(requirements)]
    subprocess.run([*install, COMPILED], check=True)
    mark.write_text(wanted)


def versions(peer: str, packages: tuple[str, ...]) -> dict[str, str]:
    """Return the versions of packages, as installed in a peer's environment."""
    program = (
        "import importlib.metadata as m, sys; "
        "print('\\n'.join(f'{p} {m.version(p)}' for p in sys.argv[1:]))"
    )
    python = binary(peer, "python") if (ENVIRONMENTS / peer).exists() else sys.executable
    done = subprocess.run(
        [python, "-c", program, *packages], check=True, capture_output=True, text=True
    )
    return dict(line.split(" ", 1) for line in done.stdout.splitlines())
