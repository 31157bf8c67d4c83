"""Answers that a caller may keep: an entity tag, and for how long they stay true."""

from hashlib import blake2b
from typing import Any

from litestar import Request, Response

from service.api.messages.heads import JSON


def respond(request: Request[Any, Any, Any], content: bytes, *, identity: bytes, seconds: int) -> Response[bytes]:
    """Answer with JSON, or with 304 where the caller has the same already.

    Args:
        request: with its If-None-Match.
        content: the answer.
        identity: what makes it another answer; an age that only grows is not part of it.
        seconds: for which it stays true; 0 where it has to be asked for each time.
    """
    tag = f'W/"{blake2b(identity, digest_size=16).hexdigest()}"'
    lifetime = f"private, max-age={seconds}" if seconds else "private, no-cache"
    headers = {"etag": tag, "cache-control": lifetime, "vary": "authorization"}
    known = {entry.strip() for entry in request.headers.get("if-none-match", "").split(",")}
    if known & {tag, tag.removeprefix("W/"), "*"}:
        return Response(b"", status_code=304, headers=headers)
    return Response(content, media_type=JSON, headers=headers)
