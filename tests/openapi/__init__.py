"""The service held against its document, and the document against the service.

How to find one's way:

- `house`: the services that are asked, as operators may have set them up, in one event loop, with the exchanges of
  `tests.market.exchange` and a Redis where there is one. `troubles`: how those exchanges fail, and a story of what a
  service says meanwhile.
- `scenes`, `looks`, `boundaries`, `texts`, `hostile`: the requests; made by hand about hedges and about the market, one
  step on either side of every bound of the document, and what no schema can say. `queries` writes them as the document
  has them, `asgi` sends them, `witness` asks each once and remembers the answer. A request's `fault` chooses who is
  asked.
- `oracle` foretells the answer to any request: what `refusals` says of its envelope, `strict_json` of its text, the
  document of its shape, and `reasons`, which restates the rules in fractions, of its meaning. What has to be looked up
  for that `lookups` foretells from the world of the exchanges, of which `market` knows what is listed at what price.
- `behaviour`, `occurrence`, `illustrations`: what the document promises, as functions that list broken promises;
  `promises` is all of them. The tests named after them hold the honest document to them.
- `lies`: documents that lie. `test_lies` shows that the same promises catch them.
- `generated`, `mending`: schemathesis, with `oracle` and `refusals` as checks of its own.

A new enum value or nullable member of an answer needs a scene in which it occurs; `test_boundaries` names it. What a
test can't bring about at a reasonable cost is in `occurrence.RESERVED`, with the reason. Looked-up prices are of now:
an answer that has some is compared without times and ages, and the world's prices do not move.
"""
