"""Runs an ASGI application under uvicorn: run.py <module:app> [port]. The bound port is the first line of output."""

import sys
from typing import Any

import uvicorn


class AnnouncingServer(uvicorn.Server):
    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(self.servers[0].sockets[0].getsockname()[1], flush=True)


if __name__ == "__main__":
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    config = uvicorn.Config(
        sys.argv[1],
        host="127.0.0.1",
        port=port,
        log_level="critical",
        access_log=False,
        timeout_graceful_shutdown=2,
    )
    AnnouncingServer(config).run()
