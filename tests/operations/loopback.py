"""A small HTTP server on loopback that keeps what it was sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Loopback:
    """What came in, and where to send it."""

    def __init__(self) -> None:
        self.posts: list[dict[str, Any]] = []
        self.gets: list[str] = []
        self.is_down = False
        keeper = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if not keeper.is_down:
                    keeper.posts.append(json.loads(body))
                self.send_response(503 if keeper.is_down else 200)
                self.end_headers()

            def do_GET(self) -> None:
                keeper.gets.append(self.path)
                self.send_response(200)
                self.end_headers()

            def log_message(self, *arguments: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]


@contextmanager
def loopback_server() -> Iterator[Loopback]:
    """Serve until the block ends."""
    loopback = Loopback()
    thread = threading.Thread(target=loopback.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield loopback
    finally:
        loopback.server.shutdown()
        loopback.server.server_close()
