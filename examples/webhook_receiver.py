"""A receiver of Foreshock's alerts in fifty lines: checks the signature, and takes each alert once.

    pip install standardwebhooks
    WEBHOOK_SECRET=whsec_... python examples/webhook_receiver.py work-list.db 8099

It is the pattern that matters: verify first, write the alert and its id in one transaction, then answer 204. What
comes a second time finds its id there. SQLite and the standard library's server are enough to show it; the same three
steps belong in your CRM.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer

from standardwebhooks import Webhook, WebhookVerificationError

MAX_BYTES = 65_536
"""FORESHOCK_WEBHOOK_MAX_BYTES: more than this never comes from Foreshock."""

_TABLE = "CREATE TABLE IF NOT EXISTS transitions (id TEXT PRIMARY KEY, alert_id TEXT, transition TEXT, body TEXT)"


class Receiver(BaseHTTPRequestHandler):
    """Answers 204 when the alert is kept, 401 when it is not from Foreshock, 5xx by itself when keeping fails."""

    database = "work-list.db"
    webhook: Webhook

    def do_POST(self) -> None:
        """Take one alert."""
        body = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), MAX_BYTES))
        try:
            told = self.webhook.verify(body, {name.lower(): value for name, value in self.headers.items()})
        except WebhookVerificationError:
            return self._answer(401)
        alert = told["data"]
        alert_id = alert.get("alert_id") or alert["aggregate_id"]  # of one customer, or of many
        row = (self.headers["webhook-id"], alert_id, alert["transition"], body.decode())
        with closing(sqlite3.connect(self.database)) as connection, connection:
            connection.execute("INSERT OR IGNORE INTO transitions VALUES (?, ?, ?, ?)", row)
        return self._answer(204)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.end_headers()


def main(database: str, port: int) -> None:
    """Listen on this machine until interrupted."""
    Receiver.database = database
    Receiver.webhook = Webhook(os.environ["WEBHOOK_SECRET"])
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(_TABLE)
    HTTPServer(("127.0.0.1", port), Receiver).serve_forever()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
