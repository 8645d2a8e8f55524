"""gunicorn's threaded worker, which leaves new connections to a worker that has less to do."""

import socket
import time

from gunicorn.workers.gthread import ThreadWorker  # type: ignore[import-untyped]

STEP_SECONDS = 0.0005
MOST_STEPS = 8


class EvenWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Whoever comes with several connections at once would have them all in one process, and kept alive they stay.

    All workers are woken by a connection, and the first to look takes it. So each waits a moment for every request
    that it is at: one with fewer is quicker, and there is nothing left to take.
    """

    def accept(self, listener: socket.socket) -> None:
        """Take a waiting connection, unless another worker has meanwhile."""
        idle = len(self.keepalived_conns) + len(self.pending_conns)
        time.sleep(STEP_SECONDS * min(self.nr_conns - idle, MOST_STEPS))
        super().accept(listener)
