"""What the system tests stand on: csid and csictl as real processes in a scratch folder, and the
servers on the other side of its mail and webhooks.

Nothing here sleeps for time to pass: csid is started with --test-clock and the tests move it. Waiting
is for processes only, on descriptors, and each wait has a deadline.
"""

import asyncio
import atexit
import contextlib
import email
import email.policy
import functools
import http.client
import http.server
import json as json_module
import os
import pwd
import re
import select
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from pathlib import Path

from aiosmtpd.smtp import SMTP

TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests" / "lint"))
import commands  # noqa: E402
BUILD = Path(os.environ.get("CSID_BUILD", TOP / "build"))


def reachable(build):
    """The folder with csid and csictl, or, where other users may not go (a clone in root's home), a copy
    of both where they may: some tests run them as somebody else."""
    way = (build.resolve(), *build.resolve().parents)
    if os.geteuid() != 0 or not build.exists() or all(p.stat().st_mode & 0o001 for p in way):
        return build
    folder = Path(tempfile.mkdtemp(prefix="csid-build-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o755)
    for name in ("csid", "csictl", "csid-failpoints"):
        if (build / name).exists():
            shutil.copy(build / name, folder / name)
    return folder


PROGRAMS = reachable(BUILD)
CSID, CSICTL = PROGRAMS / "csid", PROGRAMS / "csictl"
DATA = TOP / "tests" / "data"
BROMLEY_2016, BROMLEY_2012 = DATA / "bromley-2016.csv", DATA / "bromley-2012.csv"

START_S, STOP_S, COMMAND_S = 60, 5, 60
SANITIZER_EXIT = 99
SANITIZER_SAYS = re.compile(r"(AddressSanitizer|LeakSanitizer|: runtime error:)")
SANITIZERS = {
    "ASAN_OPTIONS": f"exitcode={SANITIZER_EXIT}:detect_leaks=1:abort_on_error=0",
    "UBSAN_OPTIONS": f"exitcode={SANITIZER_EXIT}:print_stacktrace=1",
}


def environment(more=None):
    """The environment of a child: ours without what would change csid's or csictl's mind."""
    mine = {k: v for k, v in os.environ.items()
            if k not in ("CSID_SOCKET", "NO_COLOR", "COLUMNS", "NOTIFY_SOCKET", "CREDENTIALS_DIRECTORY",
                         "LISTEN_FDS", "LISTEN_PID", "WATCHDOG_USEC", "WATCHDOG_PID", "TZ")}
    return {**mine, "LC_ALL": "C.UTF-8", **SANITIZERS, **(more or {})}


def sanitized():
    """Whether csid is built with the sanitizers, whose own memory says nothing of csid's."""
    return b"__asan_init" in CSID.read_bytes()


def me():
    return pwd.getpwuid(os.getuid()).pw_name


def memory():
    """Where folders are in memory, if there is room to speak of: a run of all tests makes thousands of databases, and
    none outlives its test. None says: where temporary files go."""
    if "TMPDIR" in os.environ or not os.path.isdir("/dev/shm"):
        return None
    room = os.statvfs("/dev/shm")
    fits = room.f_bavail * room.f_frsize >= 2 << 30 and not room.f_flag & os.ST_NOEXEC
    return "/dev/shm" if fits and os.access("/dev/shm", os.W_OK) else None


SCRATCH = memory()


def scratch():
    """A folder with a short name: the path of a Unix socket holds 107 characters."""
    return Path(tempfile.mkdtemp(prefix="csid-", dir=SCRATCH))


# -- csid and csictl -----------------------------------------------------------------------------


class CsidError(AssertionError):
    """csid ended, or did not get ready; `status` is its exit status or None, `stderr` what it said."""

    def __init__(self, message, status, stderr):
        super().__init__(f"{message} (exit status {status})\n{stderr}")
        self.status, self.stderr = status, stderr


def yaml_text(options):
    """A mapping as YAML: one line an option, its value in JSON, which libyaml reads as flow style."""
    return "".join(f"{key}: {json_module.dumps(value, ensure_ascii=False)}\n" for key, value in options.items())


def merged(base, more):
    """`more` over `base`, mappings key by key; None takes an option out."""
    both = dict(base)
    for key, value in more.items():
        if isinstance(value, dict) and isinstance(both.get(key), dict):
            value = merged(both[key], value)
        both[key] = value
    return {key: value for key, value in both.items() if value is not None}


def run(*words, env=None, stdin=None, timeout=COMMAND_S, cwd=None):
    """Runs a program to its end; a sanitizer's finding fails at once."""
    done = subprocess.run([str(w) for w in words], input=stdin, env=environment(env), timeout=timeout, cwd=cwd,
                          capture_output=True, text=not isinstance(stdin, bytes), check=False)
    said = done.stderr if isinstance(done.stderr, str) else done.stderr.decode(errors="replace")
    assert done.returncode != SANITIZER_EXIT and not SANITIZER_SAYS.search(said), said
    assert done.returncode >= 0, f"{words[0]} died of signal {-done.returncode}\n{said}"
    return done


def run_csid(*args, **more):
    """csid in the foreground to its end, for what ends by itself: --check, --print-config, faults."""
    return run(CSID, *args, **more)


class Answer:
    """An HTTP answer: status, headers (a dict with lower-case names), body (bytes)."""

    def __init__(self, response):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = response.read()

    @property
    def text(self):
        return self.body.decode()

    def json(self):
        return json_module.loads(self.body)


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout=COMMAND_S):
        super().__init__("localhost", timeout=timeout)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Csid:
    """A csid of its own in `folder`: csid.yaml, csid.sock, csid.db, mail/ and stderr lie there.

    config: options over the base ones, as a dict (mappings are merged, None takes one out), or as YAML
    text that is appended (its top-level keys replace the base ones). clock None: the system's clock.
    """

    def __init__(self, folder, clock="2017-09-01T06:00:00Z", config=None, args=(), env=None):
        self.folder = Path(folder)
        self.socket = self.folder / "csid.sock"
        self.database = self.folder / "csid.db"
        self.maildir = self.folder / "mail"
        self.config_file = self.folder / "csid.yaml"
        self.stderr_file = self.folder / "stderr"
        self.program = CSID
        self.clock, self.args, self.env = clock, tuple(args), dict(env or {})
        self.process = None
        self.notified = []
        self.write_config(config)

    # its configuration

    def base_config(self):
        return {
            "organisation": "London Borough of Bromley",
            "timezone": "Europe/London",
            "socket": str(self.socket),
            "database": str(self.database),
            "access": {"admin": [me()]},
            "mail": {"url": f"maildir:{self.maildir}", "from": "Improvement Programme <csi@bromley.example>"},
        }

    def write_config(self, config=None):
        """Writes csid.yaml anew; csid reads it at its start, on SIGHUP and on `reload`."""
        if isinstance(config, str):
            own = set(re.findall(r"^([a-z_]+):", config, re.M))
            text = yaml_text({k: v for k, v in self.base_config().items() if k not in own}) + config
        else:
            text = yaml_text(merged(self.base_config(), config or {}))
        self.config_file.write_text(text, encoding="utf-8")

    # its life

    @property
    def pid(self):
        return self.process.pid

    @property
    def running(self):
        return self.process is not None and self.process.poll() is None

    @property
    def stderr(self):
        return self.stderr_file.read_text(errors="replace") if self.stderr_file.exists() else ""

    def command_line(self):
        clock = ["--test-clock", self.clock] if self.clock else []
        return [str(w) for w in (self.program, "-c", self.config_file, *clock, *self.args)]

    def start(self, clock=None):
        """Starts csid and returns when it says READY=1. CsidError if it ends before, or never does."""
        assert not self.running
        self.clock = clock or self.clock
        notify_path = self.folder / "notify"
        notify_path.unlink(missing_ok=True)
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(str(notify_path))
        self.notified = []
        env = environment({"NOTIFY_SOCKET": str(notify_path), **self.env})
        with open(self.stderr_file, "ab") as log:
            self.process = subprocess.Popen(self.command_line(), stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, env=env, cwd=self.folder)
        try:
            self.wait_notified("READY=1", START_S)
        except BaseException:
            self.kill()
            raise
        return self

    def hang_up(self):
        """SIGHUP, and waits until csid is ready again and has logged how it went."""
        self.forget_notified()
        self.process.send_signal(signal.SIGHUP)
        self.wait_notified("READY=1")
        self.get("/healthz")  # read by the loop once the reload has ended

    def forget_notified(self):
        """What csid has told systemd so far, whether read or not."""
        while select.select([self.notify], [], [], 0)[0]:
            self.notify.recv(4096)
        self.notified = []

    def wait_notified(self, what, seconds=10):
        """Until csid has told systemd `what` (READY=1, RELOADING=1, STOPPING=1, WATCHDOG=1, …)."""
        deadline = time.monotonic() + seconds
        pidfd = os.pidfd_open(self.process.pid)
        try:
            while what not in self.notified:
                left = deadline - time.monotonic()
                ready, _, _ = select.select([self.notify, pidfd], [], [], max(left, 0))
                if self.notify in ready:
                    self.notified += self.notify.recv(4096).decode(errors="replace").splitlines()
                elif pidfd in ready:
                    raise CsidError(f"csid ended before {what}", self.process.wait(), self.stderr)
                elif left <= 0:
                    raise CsidError(f"csid has not said {what} within {seconds} s", None, self.stderr)
        finally:
            os.close(pidfd)

    def ended(self, seconds=STOP_S):
        """Waits for the end of a csid that was told to end; its exit status."""
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise CsidError(f"csid has not ended within {seconds} s", None, self.stderr) from None
        self.check_sanitizers()
        return status

    def stop(self, with_signal=signal.SIGTERM):
        """Ends csid as systemd does: exit status 0 within 5 s."""
        if not self.process:
            return
        if self.running:
            self.process.send_signal(with_signal)
        status = self.ended()
        self.notify.close()
        self.process = None
        if status != 0:
            raise CsidError("csid did not end in order", status, self.stderr)

    def to_its_end(self, *args, **more):
        """Runs a csid with this configuration that is to end by itself: refused, or --check."""
        return run(*self.command_line(), *args, cwd=self.folder, **more)

    def kill(self):
        """SIGKILL: the power goes."""
        self.process.kill()
        self.process.wait()
        self.notify.close()
        self.process = None

    def restart(self, clock=None):
        """Stops and starts it. `clock`, when given, is the time it starts with; else its own now."""
        clock = clock or (self.now() if self.clock else None)
        self.stop()
        return self.start(clock)

    def now(self):
        return self.ctl("clock", "show", json=True)["now"]

    def check_sanitizers(self):
        said = self.stderr
        if SANITIZER_SAYS.search(said) or self.process.returncode == SANITIZER_EXIT:
            raise CsidError("a sanitizer found something", self.process.returncode, said)

    # talking to it

    def ctl(self, *args, check=True, json=False, stdin=None, env=None, timeout=COMMAND_S):
        """csictl with these words: what it printed as JSON when `json`, else its CompletedProcess.
        Fails when it exits non-zero, unless `check` is False."""
        words = [CSICTL, *(["--json"] if json else []), *args]
        done = run(*words, stdin=stdin, env={"CSID_SOCKET": str(self.socket), **(env or {})}, timeout=timeout)
        if check:
            assert done.returncode == 0, f"csictl {args}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return json_module.loads(done.stdout) if json and done.stdout else done

    def request(self, method, path, body=None, headers=None, timeout=COMMAND_S):
        """One HTTP request on a connection of its own; a body that is no bytes goes as JSON."""
        headers = dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json_module.dumps(body).encode()
            headers.setdefault("Content-Type", "application/json")
        connection = UnixConnection(self.socket, timeout)
        try:
            connection.request(method, path, body, headers)
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def get(self, path, headers=None, **more):
        return self.request("GET", path, headers=headers, **more)

    def connect(self, timeout=10):
        """A bare connection, for what http.client would never send."""
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        sock.settimeout(timeout)
        sock.connect(str(self.socket))
        return sock

    # what came of it

    def mails(self, maildir=None):
        """The mails in the Maildir by date, then by name: email.message.EmailMessage with `.raw`."""
        return sorted(read_maildir(maildir or self.maildir), key=lambda m: (m.date, m.file))

    def sql(self, statement, *values):
        """Rows of the database, read beside csid."""
        with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as db:
            return db.execute(statement, values).fetchall()

    def database_dump(self):
        """All that the database holds, as SQL: equal dumps, equal contents."""
        with contextlib.closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as db:
            return "\n".join(db.iterdump())

    def import_plan(self, path=BROMLEY_2016, *args):
        return self.ctl("plan", "import", path, "--as-at", "2017-08-31", *args)

    def advance(self, to):
        """Lets time pass on the test clock: an instant (2017-09-01T08:00:00Z) or a span (26h)."""
        return self.ctl("clock", "advance", *(["--to", to] if "T" in to else [to]))


def mail(raw, file=""):
    message = email.message_from_bytes(raw, policy=email.policy.default)
    message.raw, message.file = raw, str(file)
    return message


@functools.lru_cache(maxsize=4096)
def mail_in(path, inode, size):
    """The mail in a file. Parsing is slow, and tests that go through a year ask often;
    a file of a Maildir is never written twice, and inode and size tell it from one of another test."""
    message = mail(path.read_bytes(), path.name)
    message.date = message["Date"].datetime
    return message


def read_maildir(folder):
    for place in ("new", "cur"):
        for path in sorted((Path(folder) / place).glob("*")):
            file = path.stat()
            yield mail_in(path, file.st_ino, file.st_size)


def text_of(message):
    """The text part of a mail as a person reads it."""
    return message.get_body(("plain",)).get_content()


def html_of(message):
    return message.get_body(("html",)).get_content()


class Matter:
    """One of the matters that a mail speaks of: its subject and text, all else the mail's."""

    def __init__(self, mail, subject, text):
        self.mail, self.subject, self.text = mail, subject, text

    def __getitem__(self, name):
        return self.subject if name == "Subject" else self.mail[name]

    def get_body(self, kinds):
        assert kinds == ("plain",)
        return self

    def get_content(self):
        return self.text


def matters(mail):
    """What a mail speaks of, each as if it had come alone."""
    text = text_of(mail).replace("\r\n", "\n").split("\nAlso yours, told at other times\n")[0]
    found = re.match(r"(\d+) matters for you today, the most urgent first:\n\n((?:\d+\. .*\n)+)\n", text)
    if not found:
        return [Matter(mail, str(mail["Subject"]), text)]
    subjects = re.findall(r"^\d+\. (.*)$", found[2], re.M)
    assert len(subjects) == int(found[1]) > 1
    rest, parts = text[found.end():], []
    for subject in subjects:
        head = re.match(re.escape(subject) + r"\n=+\n\n", rest)
        assert head, rest
        rest = rest[head.end():]
        foot = re.search(r"^Reference: .*\n\n?", rest, re.M)
        parts.append(Matter(mail, subject, rest[:foot.end()]))
        rest = rest[foot.end():]
    assert not rest.strip()
    return parts


# -- the other side ------------------------------------------------------------------------------


def keep_port(port):
    """A port of loopback that refuses, and that nobody else gets meanwhile."""
    kept = socket.socket()
    kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    kept.bind(("127.0.0.1", port))
    return kept


class Script:
    """What a server answers in turn, by word: the first unused entry, else the ordinary answer. A
    stalled word waits until release()."""

    def __init__(self):
        self.answers = {}
        self.stalled = set()
        self.released = threading.Event()

    def say(self, word, *answers):
        self.answers.setdefault(word, deque()).extend(answers)

    def stall(self, word):
        self.released.clear()
        self.stalled.add(word)

    def release(self):
        self.stalled.clear()
        self.released.set()

    def next(self, word):
        queue = self.answers.get(word)
        return queue.popleft() if queue else None


class Received:
    """A message as the mail server got it: sender, recipients, raw (bytes), message."""

    def __init__(self, envelope):
        self.sender, self.recipients = envelope.mail_from, list(envelope.rcpt_tos)
        self.raw = bytes(envelope.original_content or b"")
        self.message = mail(self.raw)


class ScriptedSMTP(SMTP):
    """aiosmtpd's dialogue, with a script asked first at each step: CONNECT, EHLO, MAIL, RCPT, DATA (the
    command), DOT (after the content), RSET, QUIT. An answer "drop" closes the connection."""

    def __init__(self, server, **options):
        self.script_of = server
        super().__init__(server, **options)

    async def asked(self, word):
        """The script's answer at this step, once it is not stalled; None for the ordinary one."""
        server = self.script_of
        server.steps.append(word)
        server.stepped.set()
        if server.on_step:
            server.on_step(word)
        while word in server.script.stalled:
            await asyncio.sleep(0.01)
        return server.script.next(word)

    async def scripted(self, word):
        """True when the script has answered and the ordinary step is left out."""
        answer = await self.asked(word)
        if answer == "drop":
            self.transport.abort()
        elif answer:
            await self.push(answer)
        return bool(answer)

    async def _handle_client(self):
        if await self.scripted("CONNECT"):
            self.transport.close()
        else:
            await super()._handle_client()


def _scripted_step(word):
    async def step(self, arg):
        if not await self.scripted(word):
            await getattr(SMTP, f"smtp_{word}")(self, arg)

    step.__doc__ = getattr(SMTP, f"smtp_{word}").__doc__
    return step


for _word in ("EHLO", "MAIL", "RCPT", "DATA", "RSET", "QUIT"):
    setattr(ScriptedSMTP, f"smtp_{_word}", _scripted_step(_word))


class MailServer:
    """An SMTP server on loopback that keeps what it gets. `received`, `steps`, `script`;
    options go to aiosmtpd's SMTP (auth_required, authenticator, tls_context, …)."""

    def __init__(self, **options):
        self.script, self.steps, self.received = Script(), [], []
        self.stepped = threading.Event()
        self.on_step = None  # called with each word, in the server's thread, before it is answered
        self.connections, self.dialogues = 0, []
        self.options = {"hostname": "mail.test", **options}
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.url = f"smtp://127.0.0.1:{self.port}"
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._listen())
        self.loop.run_forever()
        if self.server:
            self.server.close()
        while dialogues := asyncio.all_tasks(self.loop):  # those that nobody ended
            for one in dialogues:
                one.cancel()
            self.loop.run_until_complete(asyncio.gather(*dialogues, return_exceptions=True))
        self.loop.close()

    async def _listen(self):
        self.server = await self.loop.create_server(self._session, sock=self.listening)

    async def _close_door(self):
        for one in self.dialogues:
            if one.transport:
                one.transport.abort()
        self.dialogues.clear()
        self.server.close()
        self.server, self.listening = None, keep_port(self.port)

    def go(self):
        """Nothing listens until come_back(), and the dialogues end."""
        asyncio.run_coroutine_threadsafe(self._close_door(), self.loop).result(10)

    def come_back(self):
        asyncio.run_coroutine_threadsafe(self._listen(), self.loop).result(10)

    def _session(self):
        self.connections += 1
        self.dialogues.append(ScriptedSMTP(self, loop=self.loop, **self.options))
        return self.dialogues[-1]

    async def handle_DATA(self, server, session, envelope):
        """After the content: the script's word for DOT, or 250 and a queue id."""
        answer = await server.asked("DOT")
        if answer == "drop":
            server.transport.abort()
        elif not answer or answer.startswith("2"):
            self.received.append(Received(envelope))
        return answer or f"250 2.0.0 Ok: queued as {len(self.received):08X}"

    def wait_step(self, word, seconds=10):
        """Until a client has come to `word`."""
        deadline = time.monotonic() + seconds
        while word not in self.steps:
            left = deadline - time.monotonic()
            assert left > 0, f"no {word} within {seconds} s: {self.steps}"
            self.stepped.wait(min(left, 0.2))
            self.stepped.clear()

    def stop(self):
        self.script.release()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.listening.close()


class Request:
    """A request as the webhook's receiver got it, and what it answered."""

    def __init__(self, handler, body):
        self.answer = None
        self.method, self.path, self.body = handler.command, handler.path, body
        self.headers = {name.lower(): value for name, value in handler.headers.items()}

    def json(self):
        return json_module.loads(self.body)


class Receiver:
    """An HTTP server on loopback that keeps what it gets. Answers 200, or what script.say("POST", …)
    lists: a status, or (status, headers, body), or "drop"; script.stall("POST") holds the answer."""

    def __init__(self):
        receiver = self
        self.script, self.requests = Script(), []

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                request = Request(self, body)
                receiver.requests.append(request)
                if self.command in receiver.script.stalled:
                    receiver.script.released.wait(60)
                answer = request.answer = receiver.script.next(self.command) or 200
                if answer == "drop":
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                status, headers, text = answer if isinstance(answer, tuple) else (answer, {}, b"")
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(text))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_POST = do_PUT = handle_any

        self.handler, self.kept = Handler, None
        self._serve(socket.create_server(("127.0.0.1", 0)))
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/hook"

    def _serve(self, listening):
        self.server = http.server.ThreadingHTTPServer(listening.getsockname(), self.handler, bind_and_activate=False)
        self.server.socket.close()
        self.server.socket = listening
        self.server.server_activate()
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True)
        self.thread.start()

    def go(self):
        """Nothing listens until come_back()."""
        self.server.shutdown()
        self.server.server_close()
        self.kept = keep_port(self.server.server_address[1])

    def come_back(self):
        self._serve(self.kept)
        self.kept = None

    def stop(self):
        self.script.release()
        if self.kept:
            self.kept.close()
        else:
            self.server.shutdown()
            self.server.server_close()


def remove(folder):
    shutil.rmtree(folder, ignore_errors=True)
