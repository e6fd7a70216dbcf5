"""What the daemon shows over HTTP on a loopback port: /-/healthy, /-/ready, /-/status and /metrics.

Those read a Snapshot and nothing else. /-/ack/ is where people acknowledge an alert from its message.
"""

from iwmon.web.acknowledging import Acknowledging
from iwmon.web.metrics import Metrics
from iwmon.web.server import Snapshot, application, serve

__all__ = ["Acknowledging", "Metrics", "Snapshot", "application", "serve"]
