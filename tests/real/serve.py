"""The real Placement on a free port of loopback: says which on its standard output, ends when its standard input does.

One request at a time, so that answers do not depend on timing; with --threads requests are served side by side, and
sqlite then answers some parallel writes with 500 "database is locked".
"""
import os
import socketserver
import sys
import threading
from wsgiref import simple_server

from jsonschema import validators
from placement.wsgi.api import application


class OneByOne(simple_server.WSGIServer):
    request_queue_size = 128


class SideBySide(socketserver.ThreadingMixIn, OneByOne):
    daemon_threads = True


class Quiet(simple_server.WSGIRequestHandler):
    def log_message(self, *_):
        pass

    def address_string(self):
        return self.client_address[0]


def end_with_the_parent():
    sys.stdin.read()
    os._exit(0)


# Before it validates a body, jsonschema validates the schema: Placement's own constants, for a quarter of the time.
validators.Draft202012Validator.check_schema = lambda *_, **__: None

server_class = SideBySide if "--threads" in sys.argv else OneByOne
server = simple_server.make_server("127.0.0.1", 0, application, server_class, Quiet)
threading.Thread(target=end_with_the_parent, daemon=True).start()
print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
