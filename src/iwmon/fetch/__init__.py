"""Fetching: the edge between iwmon and the network of news sources.

`Fetcher.fetch` is all that other rooms need. Inside, from the bottom up: addresses (which are public), wire
(one connection), dial (checked connects), transport (httpx's way to them), decode, turns, answers, fetcher.
"""

from iwmon.fetch.dial import Resolve
from iwmon.fetch.fetcher import Fetcher, hush_http_logs

__all__ = ["Fetcher", "Resolve", "hush_http_logs"]
