"""The service held against its document, and the document against the service.

How to find one's way:

- `scenes`, `boundaries`, `texts`, `hostile`: the requests; made by hand, one step on either side of every bound of
  the document, and what no schema can say. `asgi` sends them, `witness` asks each once and remembers the answer.
- `oracle` foretells the answer to any request: what `refusals` says of its envelope, `strict_json` of its text, the
  document of its shape, and `reasons`, which restates the rules in fractions, of its meaning.
- `behaviour`, `occurrence`, `illustrations`: what the document promises, as functions that list broken promises;
  `promises` is all of them. The tests named after them hold the honest document to them.
- `lies`: documents that lie. `test_lies` shows that the same promises catch them.
- `generated`, `mending`: schemathesis, with `oracle` and `refusals` as checks of its own.

A new enum value or nullable member of an answer needs a scene in which it occurs; `test_boundaries` names it.
"""
