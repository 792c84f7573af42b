"""Shared by the services: they use an inherited socket, serve one request at a time, and end with their parent."""
import json
import os
import pathlib
import socket
import sys
import threading
from wsgiref import simple_server

folder = pathlib.Path(sys.argv[1])
urls = json.loads(sys.argv[3])
# The services would otherwise parse this process's arguments.
_descriptor = int(sys.argv[2])
sys.argv[1:] = []


class Quiet(simple_server.WSGIRequestHandler):
    def log_message(self, *_):
        pass

    def address_string(self):
        return self.client_address[0]


def _end_with_the_parent():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=_end_with_the_parent, daemon=True).start()


def serve(application):
    server = simple_server.WSGIServer(("127.0.0.1", 0), Quiet, bind_and_activate=False)
    server.socket = socket.socket(fileno=_descriptor)
    server.server_name, server.server_port = server.socket.getsockname()
    server.setup_environ()
    server.set_app(application)
    print("ready", flush=True)
    server.serve_forever()
