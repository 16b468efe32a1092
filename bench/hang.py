"""An app that takes every request and never answers. `python -m bench.hang` prints `{"port": …}` and serves until SIGTERM."""

import asyncio

import uvloop

from bench.noop import serve


class Hang(asyncio.Protocol):
    """One connection that says nothing."""


if __name__ == "__main__":
    uvloop.run(serve(Hang))
