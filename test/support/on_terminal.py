"""Runs a program on a terminal of its own: standard input is typed, standard output is what the screen shows."""

import os
import pty
import select
import sys

child, terminal = pty.fork()
if child == 0:
    os.execvp(sys.argv[1], sys.argv[1:])

sources = [0, terminal]
while terminal in sources:
    ready, _, _ = select.select(sources, [], [], 60)
    if not ready:
        break
    for source in ready:
        try:
            data = os.read(source, 65536)
        except OSError:
            # Linux reports the end of the other side of a terminal as an error.
            data = b""
        if not data:
            sources.remove(source)
        else:
            os.write(terminal if source == 0 else 1, data)

_, status = os.waitpid(child, 0)
sys.exit(os.waitstatus_to_exitcode(status))
