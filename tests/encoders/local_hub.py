"""A model hub on this machine: the few answers that the hub's own client asks for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

COMMIT = "a" * 40


@contextmanager
def serving(root: str | Path) -> Iterator[str]:
    """The address of a hub of the folders OWNER/NAME below `root`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Answers, Path(root)))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


class _Answers(BaseHTTPRequestHandler):
    def __init__(self, root: Path, *connection: Any) -> None:
        self._root = root
        super().__init__(*connection)

    def do_GET(self) -> None:
        match self.path.partition("?")[0].strip("/").split("/"):
            case ["api", "models", owner, name] if (self._root / owner / name).is_dir():
                files = [{"rfilename": path.name} for path in (self._root / owner / name).iterdir()]
                self._say({"id": f"{owner}/{name}", "sha": COMMIT, "siblings": files})
            case ["api", "models", owner, name, "tree", *_] if (self._root / owner / name).is_dir():
                self._say([])
            case [owner, name, "resolve", _, file] if (path := self._root / owner / name / file).is_file():
                self._send(200, path.read_bytes())
            case [owner, name, *_] if (self._root / owner / name).is_dir():
                self._send(404, code="EntryNotFound")
            case [""]:
                self._send(200)
            case _:
                self._send(404, code="RepoNotFound")

    def do_HEAD(self) -> None:
        self.do_GET()

    def _say(self, answer: object) -> None:
        self._send(200, json.dumps(answer).encode())

    def _send(self, status: int, content: bytes = b"", code: str | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("ETag", f'"{hashlib.sha1(content).hexdigest()}"')
        self.send_header("X-Repo-Commit", COMMIT)
        if code is not None:
            self.send_header("X-Error-Code", code)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """A test's output is its own."""
