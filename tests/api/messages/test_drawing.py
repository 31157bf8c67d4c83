"""An answer in the form that a caller wants: JSON, a chart, or the word that charts are in demand."""

import asyncio
import threading
from types import SimpleNamespace
from typing import Any, cast

import anyio
import httpx
import pytest
from litestar import Request
from litestar.datastructures import Headers
from litestar.types import ASGIApp
from msgspec import Struct

from service.api.messages.drawing import FORMS, respond
from service.api.messages.heads import OFFERS
from service.api.messages.problems import RefusalError
from service.api.openapi import examples
from service.worker import Worker


class Said(Struct):
    """An answer."""

    words: str = "so"


def asked(accept: str, worker: Worker) -> Request[Any, Any, Any]:
    """Make what is read of a request."""
    state = SimpleNamespace(worker=worker)
    handler = SimpleNamespace(opt={OFFERS: FORMS})
    request = SimpleNamespace(
        headers=Headers({"accept": accept}), route_handler=handler, app=SimpleNamespace(state=state)
    )
    return cast("Request[Any, Any, Any]", request)


def draw() -> bytes:
    """Draw, and say in which thread."""
    return threading.current_thread().name.encode()


def test_a_chart_is_drawn_in_the_workers_thread() -> None:
    """So that the loop goes on; JSON is written at once."""
    worker = Worker()

    async def scene() -> tuple[bytes, bytes]:
        """Ask for both."""
        chart = await respond(asked("image/svg+xml", worker), Said(), draw)
        text = await respond(asked("*/*", worker), Said(), draw)
        assert (chart.media_type, text.media_type) == FORMS[::-1]
        assert chart.headers["vary"] == text.headers["vary"] == "accept"
        return chart.content, text.content

    chart, text = asyncio.run(scene())
    worker.close()

    assert chart.startswith(b"worker")
    assert text == b'{"words":"so"}'


def test_a_chart_too_many_is_refused_and_json_is_not() -> None:
    """Overloaded, come again in a second; when the thread is free, it draws."""
    worker = Worker(queue=0)

    async def scene() -> bytes:
        """Ask while the worker is busy, and when it is not."""
        done = threading.Event()
        job = asyncio.create_task(worker.run(done.wait))
        await asyncio.sleep(0)
        with pytest.raises(RefusalError) as refusal:
            await respond(asked("image/svg+xml", worker), Said(), draw)
        assert (refusal.value.code, refusal.value.headers) == ("overloaded", {"retry-after": "1"})
        assert (await respond(asked("application/json", worker), Said(), draw)).content == b'{"words":"so"}'
        done.set()
        await job
        return (await respond(asked("image/svg+xml", worker), Said(), draw)).content

    assert asyncio.run(scene()).startswith(b"worker")
    worker.close()


@pytest.mark.parametrize(("path", "seed"), [("/v1/basis", examples.SEED_BASIS), ("/v1/carry", examples.SEED_CARRY)])
def test_a_crowd_that_wants_charts_gets_some_and_the_others_hear_when_to_come_again(
    app: ASGIApp, path: str, seed: dict[str, Any]
) -> None:
    """One is drawn and four wait; the rest are told at once, in a sound problem, and nobody gets half a chart."""

    async def crowd() -> list[httpx.Response]:
        """Ask forty times at once."""
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
            asks = (client.post(path, json=seed, headers={"accept": "image/svg+xml"}) for _ in range(40))
            return await asyncio.gather(*asks)

    answers = anyio.run(crowd)

    drawn = {answer.content for answer in answers if answer.status_code == 200}
    refused = [answer for answer in answers if answer.status_code != 200]
    assert len(drawn) == 1
    assert refused
    for answer in refused:
        assert (answer.status_code, answer.json()["code"]) == (503, "overloaded")
        assert answer.headers["retry-after"] == "1"
