"""`delay.py URL MS`: a way to the server at URL on which every answer takes so many milliseconds longer.

It knows no HTTP: what comes from the server is handed on later, connection by connection, and nothing waits for
anything else. It says where it listens, and ends with SIGTERM.
"""
import asyncio
import sys
import urllib.parse

# Whoever asks opens a connection for each request that is under way, all of them at the same moment.
BACKLOG = 4096


class Side(asyncio.Protocol):
    """One end of a connection: what comes in here leaves at the other end, some seconds later."""

    def __init__(self, seconds):
        self.seconds, self.loop = seconds, asyncio.get_running_loop()
        self.transport = self.other = None

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.later(self.other.write, data)

    def connection_lost(self, _):
        if self.other:
            self.later(self.other.close)

    def later(self, do, *what):
        if self.seconds:
            self.loop.call_later(self.seconds, do, *what)
        else:
            do(*what)


class Accepted(Side):
    """The end of who asks, which opens the other one first."""

    def __init__(self, server, seconds):
        super().__init__(0)
        self.server, self.answers_after = server, seconds

    def connection_made(self, transport):
        super().connection_made(transport)
        transport.pause_reading()
        self.connecting = self.loop.create_task(self.connect())

    async def connect(self):
        self.other, answering = await self.loop.create_connection(lambda: Side(self.answers_after), *self.server)
        answering.other = self.transport
        self.transport.resume_reading()


async def main(url, ms):
    address = urllib.parse.urlsplit(url)
    server = address.hostname, address.port
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(lambda: Accepted(server, int(ms) / 1000), "127.0.0.1", 0, backlog=BACKLOG)
    print(f"listening on http://127.0.0.1:{listening.sockets[0].getsockname()[1]}", flush=True)
    await listening.serve_forever()


asyncio.run(main(*sys.argv[1:]))
