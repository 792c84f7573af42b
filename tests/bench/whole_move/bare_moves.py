"""`bare_moves.py URL TOKEN MOVES`: only the three requests of a move, which shows Placement's own time.

The bodies are prepared, the answers are not parsed, and the connection is kept if Placement keeps it.
"""
import http.client
import json
import sys
import urllib.parse

import to_and_fro


def main(url, token, moves):
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc)
    headers = to_and_fro.headers(token)
    node, server, migration = to_and_fro.scene(url, token)
    # The target is always new, so after a move it always has its first generation.
    emptied, given = to_and_fro.holding(None, 1), to_and_fro.holding(node, None)
    bodies = {source: json.dumps({source: emptied, target: given}).encode()
              for source, target in ((server, migration), (migration, server))}

    def send(method, path, body=None):
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        if answer.status not in (200, 204):
            sys.exit(f"Placement answered {answer.status} to {method} {path}: {content.decode()}")

    def move(source, target):
        send("GET", f"/allocations/{source}")
        send("GET", f"/allocations/{target}")
        send("POST", "/allocations", bodies[source])

    to_and_fro.report(move, server, migration, int(moves))


main(*sys.argv[1:])
