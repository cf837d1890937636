"""Runs a program and prints its resource usage, which Node.js cannot measure: `rusage.py <stdout> <stderr> <program> [argument...]`.

Prints one line of JSON: wall and CPU time in seconds, and the peak memory in bytes of the largest process among the
program and those that it started and waited for.
"""

import json
import resource
import subprocess
import sys
import time

stdout, stderr, *command = sys.argv[1:]
with open(stdout, "wb") as out, open(stderr, "wb") as err:
    start = time.monotonic()
    code = subprocess.call(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
    wall = time.monotonic() - start

usage = resource.getrusage(resource.RUSAGE_CHILDREN)
unit = 1 if sys.platform == "darwin" else 1024
print(json.dumps({
    "code": code,
    "wall": wall,
    "cpu": usage.ru_utime + usage.ru_stime,
    "memory": usage.ru_maxrss * unit,
}))
