"""The real Placement on a free loopback port: prints the port on standard output, ends when its standard input ends.

One request at a time, so that answers do not depend on timing; with --threads requests are served side by side, and
sqlite then answers some parallel writes with 500 "database is locked". With --keep-alive a connection stays open
after an answer, as by the servers that Placement is deployed with, and requests are still served one at a time.
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


# Skips jsonschema's validation of the schemas, which are constants of Placement and take a quarter of the time.
validators.Draft202012Validator.check_schema = lambda *_, **__: None


def keep_alive():
    import eventlet
    from eventlet import wsgi

    # The same backlog of connections as gunicorn; eventlet's default of 50 is less than the number of tasks at once.
    listener = eventlet.listen(("127.0.0.1", 0), backlog=2048)
    return listener.getsockname()[1], lambda: wsgi.server(listener, application, log_output=False)


def close_each():
    server_class = SideBySide if "--threads" in sys.argv else OneByOne
    server = simple_server.make_server("127.0.0.1", 0, application, server_class, Quiet)
    return server.server_port, server.serve_forever


port, serve = keep_alive() if "--keep-alive" in sys.argv else close_each()
threading.Thread(target=end_with_the_parent, daemon=True).start()
print(f"listening on http://127.0.0.1:{port}", flush=True)
serve()
