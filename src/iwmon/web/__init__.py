"""What the daemon shows over HTTP on a loopback port: /-/healthy, /-/ready, /-/status and /metrics.

It reads a Snapshot and nothing else; it changes nothing.
"""

from iwmon.web.metrics import Metrics
from iwmon.web.server import Snapshot, application, serve

__all__ = ["Metrics", "Snapshot", "application", "serve"]
