"""Reads one event stream with httpx-sse: a request as JSON on stdin, its events as JSON on stdout."""

import json
import sys

import httpx
from httpx_sse import connect_sse

asked = json.load(sys.stdin)
with httpx.Client(timeout=20, trust_env=False) as client:
    with connect_sse(
        client, asked["method"], asked["url"], headers=asked["headers"], content=asked.get("body")
    ) as source:
        source.response.raise_for_status()
        events = [{"event": sse.event, "data": sse.data} for sse in source.iter_sse()]
json.dump(events, sys.stdout)
