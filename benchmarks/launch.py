"""Start one command from a small process, so that its peak memory is its own.

    python launch.py REPORT SECONDS COMMAND...

Linux counts the memory of the process that forks into the peak of what it starts; this one is
small. SECONDS is when to kill the command and all it started, or `-`. The report is JSON.
"""

import json
import os
import signal
import subprocess
import sys
import time

report, seconds, *command = sys.argv[1:]
started = time.perf_counter()
process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
if seconds != "-":
    while time.perf_counter() < started + float(seconds):
        if os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            break
        time.sleep(0.02)
    else:
        os.killpg(process.pid, signal.SIGKILL)
_, status, usage = os.wait4(process.pid, 0)
with open(report, "w") as file:  # noqa: PTH123, pathlib would add to what is measured
    json.dump(
        {
            "wall": time.perf_counter() - started,
            "cpu": usage.ru_utime + usage.ru_stime,
            "memory": usage.ru_maxrss / 1024,
            "code": os.waitstatus_to_exitcode(status),
        },
        file,
    )
