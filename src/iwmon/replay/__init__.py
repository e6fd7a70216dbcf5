"""The time machine: recorded items through the live pipeline, with any configuration.

rows of files, or what the store holds → `advance`, step by step, in memory → `iwmon.report.Report`.
Nothing here is sent to anybody, and the store is only read.
"""

from iwmon.replay.running import HOUR, WORTH_WORKERS, Replay

__all__ = ["HOUR", "WORTH_WORKERS", "Replay"]
