"""A stand-in for GOV.UK Notify on loopback, written from https://docs.notifications.service.gov.uk/rest-api.html: it
checks the token, keeps what it takes, lists it by reference. What it says besides is scripted, as harness.Script has it."""

import base64
import hashlib
import hmac
import http.server
import json
import re
import socket
import threading
import uuid
from urllib.parse import parse_qs, urlsplit

from harness import Script

SERVICE, SECRET = "26785a09-ab16-4eb0-8407-a37497a57506", "3d844edf-8d35-48ac-975b-e847b4f122b0"
KEY = f"csid-live-{SERVICE}-{SECRET}"
TEMPLATE = "f33517ff-2a88-4f6e-b855-c550268ce08a"
PLACEHOLDERS = {"subject", "body"}


def unbase64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def error(status, kind, message):
    """An error as Notify words it, for Script.say."""
    return status, {"status_code": status, "errors": [{"error": kind, "message": message}]}


RATE = error(429, "RateLimitError", "Exceeded rate limit for key type LIVE of 3000 requests per 60 seconds")
LIMIT = error(429, "TooManyRequestsError", "Exceeded send limits (250000) for today")
CLOCK = error(403, "AuthError", "Error: Your system clock must be accurate to within 30 seconds")
BAD_KEY = error(403, "AuthError", "Invalid token: API key not found")
BAD_REQUEST = error(400, "BadRequestError", "Can't send to this recipient using a team-only API key")
FAILURE = error(500, "Exception", "Internal server error")
BAD_GATEWAY = (502, "<html>")
UNAVAILABLE = (503, "<html>")
LOST = "lost"  # taken, and the connection goes before the answer


def options(folder, base, key=KEY, template=TEMPLATE):
    """A configuration whose mails go to `base`, its key in a file of `folder`."""
    file = folder / "notify-key"
    file.write_text(key + "\n")
    file.chmod(0o600)
    return {"mail": {"url": f"notify+{base}", "notify_template": template, "notify_key_file": str(file)}}


class Asked:
    """One request: method, path, query, headers (lower-case names), claims and header of its token, body (JSON or None)."""

    def __init__(self, handler, body):
        parts = urlsplit(handler.path)
        self.method, self.path, self.query = handler.command, parts.path, parse_qs(parts.query)
        self.headers = {name.lower(): value for name, value in handler.headers.items()}
        self.body = json.loads(body) if body else None
        self.token = self.headers.get("authorization", "").removeprefix("Bearer ")
        self.header, self.claims = (json.loads(unbase64(p)) for p in self.token.split(".")[:2])

    def signed(self):
        told, signature = self.token.rsplit(".", 1)
        return hmac.compare_digest(hmac.new(SECRET.encode(), told.encode(), hashlib.sha256).digest(), unbase64(signature))


class NotifyServer:
    def __init__(self):
        self.script, self.asked, self.taken = Script(), [], []
        self.arrived = threading.Event()
        server = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def answer(self, status, body):
                data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def handle_any(self):
                one = Asked(self, self.rfile.read(int(self.headers.get("Content-Length") or 0)))
                server.asked.append(one)
                if self.command in server.script.stalled:  # taken, and the answer does not come
                    server.judge(one)
                    server.arrived.set()
                    server.script.released.wait(60)
                    return
                said = server.script.next(self.command)
                if said == LOST:
                    server.judge(one)
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                self.answer(*(said or server.judge(one)))

            do_GET = do_POST = handle_any

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.base = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def judge(self, one):
        if not one.signed() or one.claims.get("iss") != SERVICE or not isinstance(one.claims.get("iat"), int):
            return BAD_KEY
        if (one.method, one.path) == ("POST", "/v2/notifications/email"):
            return self.take(one)
        if (one.method, one.path) == ("GET", "/v2/notifications"):
            reference = one.query.get("reference", [None])[0]
            found = [n for n in self.taken if reference in (None, n["reference"])]
            return 200, {"notifications": found, "links": {"current": one.path}}
        return error(404, "NoResultFound", "No result found")

    def take(self, one):
        body = one.body
        if not set(body) <= {"email_address", "template_id", "personalisation", "reference"}:
            return error(400, "ValidationError", "Additional properties are not allowed")
        if body["template_id"] != TEMPLATE:
            return error(400, "BadRequestError", "Template not found")
        if set(body["personalisation"]) != PLACEHOLDERS:
            return error(400, "BadRequestError", "Missing personalisation")
        if not re.fullmatch(r"[^@\s]+@[^@\s]+", body["email_address"]):
            return error(400, "ValidationError", "email_address Not a valid email address")
        row = {"id": str(uuid.uuid4()), "reference": body.get("reference"), "email_address": body["email_address"],
               "type": "email", "status": "sending", "subject": body["personalisation"]["subject"],
               "body": body["personalisation"]["body"]}
        self.taken.append(row)
        return 201, {"id": row["id"], "reference": row["reference"], "content": {"subject": row["subject"], "body": row["body"]},
                     "template": {"id": TEMPLATE, "version": 1}, "uri": f"{self.base}/v2/notifications/{row['id']}"}

    def stop(self):
        self.script.release()
        self.server.shutdown()
        self.server.server_close()
