"""Links in mails that acknowledge, made as the manual describes them and not as csid makes them."""

import base64
import contextlib
import hashlib
import hmac
import sqlite3

SECRET = "5ecre7" * 10


def keep_secret(csid, secret=SECRET):
    """Lets csid go by this secret, as if it had made it for its first link."""
    with contextlib.closing(sqlite3.connect(csid.database)) as db, db:
        db.execute("INSERT OR REPLACE INTO meta VALUES ('link_secret', ?)", (secret,))


def token(about, due_on, address="ann@x.example", expires="2017-09-15T07:00:00Z", secret=SECRET, purpose=b"csid ack\n"):
    text = "\n".join((expires, due_on, address, about)).encode()
    mac = hmac.new(secret.encode(), purpose + text, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(text + mac).rstrip(b"=").decode()
