"""`delay.py URL MS`: a TCP proxy for the server at URL that delays every answer by this many milliseconds.

It does not parse HTTP: it forwards the server's bytes later, each connection independently of the others. It prints its
address, and ends on SIGTERM.
"""
import asyncio
import sys
import urllib.parse

# The client opens a connection for each open request, all of them at the same moment.
BACKLOG = 4096


class Side(asyncio.Protocol):
    """One end of a connection: the other end sends the received bytes, this many seconds later."""

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
    """The client's end, which first opens the server's end."""

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
