"""A registry that is some way off: a relay on loopback whose answers come later and no faster than a line carries them.

`python -m bench.distance HOST:PORT SECONDS BYTES`: a round trip, and what comes in a second at most. Its own address
is the one line that it prints. The time to connect and to agree on keys is left out, for both sides alike.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

ROUND_TRIP = 0.010
"""Seconds: less than ghcr.io is from most places, a runner of GitHub's included."""
LINE = 125_000_000
"""Bytes a second: a gigabit."""
_PIECE = 1 << 16


@contextmanager
def distant(host: str) -> Iterator[str]:
    """The address under which `host` is that far off."""
    relay = [sys.executable, "-m", "bench.distance", host, str(ROUND_TRIP), str(LINE)]
    with subprocess.Popen(relay, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().strip()
        finally:
            process.terminate()


class _Line:
    """What comes from the registry, over however many connections."""

    def __init__(self, round_trip: float, rate: float) -> None:
        self._round_trip, self._rate, self._free = round_trip, rate, 0.0

    def due(self, size: int) -> float:
        """When the last of these bytes is here, if they leave there as soon as the line is free."""
        now = asyncio.get_running_loop().time()
        self._free = max(self._free, now) + size / self._rate
        return self._free + self._round_trip


async def _serve(host: str, port: int, line: _Line) -> None:
    async def relayed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, thither = await asyncio.open_connection(host, port)
        await asyncio.gather(_passed(reader, thither, None), _passed(there, writer, line))

    server = await asyncio.start_server(relayed, "127.0.0.1", 0)
    name, number = server.sockets[0].getsockname()
    print(f"{name}:{number}", flush=True)
    await server.serve_forever()


async def _passed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: _Line | None) -> None:
    """Pass on what comes, each piece when it is due; they follow one another without waiting for an answer."""
    loop, pieces = asyncio.get_running_loop(), asyncio.Queue[tuple[float, bytes]](maxsize=256)

    async def write() -> None:
        while True:
            due, piece = await pieces.get()
            if (left := due - loop.time()) > 0.001:
                await asyncio.sleep(left)
            if not piece:
                break
            writer.write(piece)
            await writer.drain()
        writer.close()

    writing = asyncio.create_task(write())
    try:
        while piece := await reader.read(_PIECE):
            await pieces.put((line.due(len(piece)) if line else 0, piece))
    finally:
        await pieces.put((line.due(0) if line else 0, b""))
        await asyncio.gather(writing, return_exceptions=True)


if __name__ == "__main__":
    where, _, at = sys.argv[1].partition(":")
    asyncio.run(_serve(where, int(at), _Line(float(sys.argv[2]), float(sys.argv[3]))))
