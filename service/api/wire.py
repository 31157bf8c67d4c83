"""Bytes to records and back, strictly: what the document does not allow is refused.

Law: a body is decoded once, into the record the handler names. Litestar's data transfer layer is where that happens:
`Wire` as `dto` and `return_dto` of a router keeps every handler an ordinary typed function.
"""

import asyncio
import json
from functools import cache
from typing import Any

import msgspec
from litestar import HttpMethod, Request, Response
from litestar.dto import AbstractDTO
from litestar.exceptions import InternalServerException
from litestar.types import ASGIApp, Receive, Scope, Send
from litestar.typing import FieldDefinition

from service.api.problems import RefusalError, Violation, printable
from service.api.violations import find_violations

MEDIA_TYPE = "application/json"
READ = (HttpMethod.GET, HttpMethod.HEAD)
"""Methods of an operation that reads: whoever may GET may ask for the head alone."""
LARGEST_BODY = 1024 * 1024
_LONGEST_INTEGER = 300

encode = msgspec.json.Encoder(enc_hook=str).encode
"""Write a record as JSON, its words in plain notation."""


class Wire(AbstractDTO[Any]):
    """Strict JSON for a router's handlers: decodes `data` into its record, encodes what the handler returns."""

    @classmethod
    def create_for_field_definition(cls, *_: object, **__: object) -> None:
        """Need no generated transfer model: the record is the model."""

    @classmethod
    def is_supported_model_type_field(cls, field_definition: FieldDefinition) -> bool:
        """Take every record."""
        return field_definition.is_subclass_of(msgspec.Struct)

    def decode_bytes(self, value: bytes) -> Any:
        """Decode the body of a request."""
        return decode(self.asgi_connection.route_handler.parsed_data_field.annotation, value)

    def data_to_encodable_type(self, data: Any) -> bytes:
        """Encode the record that answers it."""
        return encode(data)


class Reply(Response[bytes]):
    """An answer that `Wire` has encoded: there is nothing left to render, so it is sent as it is."""

    def __init__(self, content: bytes, *, status_code: int, **_: object) -> None:
        self.content = content
        self.status = status_code

    def to_asgi_response(self, *_: object, **__: object) -> ASGIApp:  # type: ignore[override]
        """Make the application that sends it; Litestar calls it and asks no more of it."""
        headers = [(b"content-type", MEDIA_TYPE.encode()), (b"content-length", b"%d" % len(self.content))]

        async def respond(_scope: Scope, _receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": self.status, "headers": headers})
            await send({"type": "http.response.body", "body": self.content, "more_body": False})

        return respond


class StrictRequest(Request[Any, Any, Any]):
    """A request whose body has to be declared as JSON, and to arrive whole and in time.

    Litestar's guards would be the place for the declaration, but they copy the handler for each call.
    """

    async def body(self) -> bytes:
        """Read the body; raise `RefusalError` if it is declared otherwise, empty, cut short or too slow."""
        _check_head(self)
        try:
            async with asyncio.timeout(self.app.state.settings.body_seconds):
                body = await super().body()
        except TimeoutError:
            raise RefusalError("body_timeout", headers={"connection": "close"}) from None
        except InternalServerException:
            raise RefusalError("body_incomplete") from None
        if not body:
            raise RefusalError("not_json", "The body is empty")
        return body


def decode(model: Any, body: bytes) -> Any:
    """Decode a body into its record.

    Raises:
        RefusalError: not_utf8, not_json, duplicate_key or too_deep (400); invalid_request (422) with every violation.
    """
    try:
        record = _decoder(model).decode(body)
    except msgspec.ValidationError:
        return _reread(model, _load(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        _load(body)
        raise RefusalError("not_json") from None
    if _may_repeat_a_key(body):
        _load(body)
    return record


@cache
def _decoder(model: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(model, dec_hook=_parse_word)


def _parse_word(word: Any, value: object) -> Any:
    return word.parse(value)


def _reread(model: Any, value: object) -> Any:
    """Say all that is wrong with a value that was refused, or take it: JSON Schema's integers may be written 8.0."""
    errors = find_violations(model, value)
    if not errors:
        return msgspec.convert(value, model, dec_hook=_parse_word)
    places = "1 place" if len(errors) == 1 else f"{len(errors)} places"
    raise RefusalError("invalid_request", f"{places} to change, the first: {errors[0].detail}", errors=errors)


def _load(body: bytes) -> object:
    """Read the body as plain JSON, and see what msgspec can't: a key that is given twice."""
    try:
        return _plain.decode(body.decode())
    except UnicodeDecodeError:
        raise RefusalError("not_utf8") from None
    except RecursionError:
        raise RefusalError("too_deep") from None
    except json.JSONDecodeError as error:
        raise RefusalError("not_json", f"{error.msg} at character {error.pos}") from None


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise RefusalError("duplicate_key")
    return found


def _may_repeat_a_key(body: bytes) -> bool:
    """Read a JSON text and write it again: a key given twice is lost, and its colon with it.

    Only an escape can hide a colon or add one, so a text without any that kept its colons kept its keys.
    """
    return b"\\" in body or body.count(b":") != _write_plain(_read_plain(body)).count(b":")


def _integer(digits: str) -> float:
    return int(digits) if len(digits) <= _LONGEST_INTEGER else float("inf")


def _fraction(digits: str) -> float:
    number = float(digits)
    return int(number) if number.is_integer() else number


def _no_constant(name: str) -> float:
    raise RefusalError("not_json", f"{name} is not JSON")


_read_plain = msgspec.json.Decoder().decode
_write_plain = msgspec.json.Encoder().encode
_plain = json.JSONDecoder(
    object_pairs_hook=_unique, parse_int=_integer, parse_float=_fraction, parse_constant=_no_constant
)


def _check_head(request: Request[Any, Any, Any]) -> None:
    """Refuse what the head of a request with a body declares wrongly; one sent twice counts as its joined values."""
    sent: dict[bytes, list[str]] = {}
    for name, value in request.scope["headers"]:
        sent.setdefault(name, []).append(value.decode("latin-1"))
    if len(sent.get(b"host", ())) > 1:
        raise RefusalError("bad_head", "Host is sent twice")
    if b"accept" in sent and not _allows_json(",".join(sent[b"accept"])):
        raise RefusalError("not_acceptable")
    encoding = ",".join(sent.get(b"content-encoding", ["identity"])).lower()
    if encoding != "identity" or not _declares_json(",".join(sent.get(b"content-type", ()))):
        raise RefusalError("unsupported_media_type", headers={"accept": MEDIA_TYPE})
    if request.scope["query_string"]:
        raise _refuse_query(request)


def _allows_json(accept: str) -> bool:
    """Weigh the most specific range that matches JSON, as RFC 9110 has it; q=0 forbids."""
    weights = {}
    for entry in accept.split(","):
        kind, *parameters = (part.strip().lower() for part in entry.split(";"))
        quality = next((value[2:] for value in parameters if value.startswith("q=")), "1")
        weights[kind] = quality.strip("0.") != ""
    return next((weights[kind] for kind in (MEDIA_TYPE, "application/*", "*/*") if kind in weights), False)


def _declares_json(content_type: str) -> bool:
    kind, *options = (part.strip() for part in content_type.lower().split(";"))
    return kind == MEDIA_TYPE and {*options} <= {"", "charset=utf-8", 'charset="utf-8"'}


def _refuse_query(request: Request[Any, Any, Any]) -> RefusalError:
    """Refuse a query parameter: what is in the body counts, and nothing beside it is ignored in silence."""
    name = printable(next(iter(request.query_params), ""))
    violation = Violation(parameter=name, code="unknown_parameter", detail="All goes into the body")
    return RefusalError("invalid_request", "This operation takes no query parameters", errors=[violation])
