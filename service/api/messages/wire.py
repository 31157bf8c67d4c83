"""Bytes to records and back, strictly: what the document does not allow is refused.

Law: a body is decoded once, into the record the handler names. Litestar's data transfer layer is where that happens:
`Wire` as `dto` and `return_dto` of a router keeps every handler an ordinary typed function.
"""

import asyncio
from functools import cache
from typing import Any

import msgspec
from litestar import HttpMethod, Request, Response
from litestar.dto import AbstractDTO
from litestar.exceptions import InternalServerException
from litestar.types import ASGIApp, Receive, Scope, Send
from litestar.typing import FieldDefinition

from service.api.messages.heads import JSON, check_head
from service.api.messages.json_text import load, may_repeat_a_key
from service.api.messages.problems import RefusalError
from service.api.messages.violations import find_violations

READ = (HttpMethod.GET, HttpMethod.HEAD)
"""Methods of an operation that reads: whoever may GET may ask for the head alone."""
LARGEST_BODY = 1024 * 1024

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
        headers = [(b"content-type", JSON.encode()), (b"content-length", b"%d" % len(self.content))]

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
        check_head(self)
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
        return _reread(model, load(body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        load(body)
        raise RefusalError("not_json") from None
    if may_repeat_a_key(body):
        load(body)
    return record


@cache
def _decoder(model: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(model, dec_hook=parse_word)


def parse_word(word: Any, value: object) -> Any:
    """Read a word of the domain from a decoded value."""
    return word.parse(value)


def _reread(model: Any, value: object) -> Any:
    """Say all that is wrong with a value that was refused, or take it: JSON Schema's integers may be written 8.0."""
    errors = find_violations(model, value)
    if not errors:
        return msgspec.convert(value, model, dec_hook=parse_word)
    places = "1 place" if len(errors) == 1 else f"{len(errors)} places"
    raise RefusalError("invalid_request", f"{places} to change, the first: {errors[0].detail}", errors=errors)
