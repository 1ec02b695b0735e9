"""Which way a call takes: addresses and names, look-ups that change their answer, certificates of one's own,
proxies that are named and those that are not."""

import contextlib
import json
import re
import socket
import ssl
import subprocess
import threading
import time

import pytest

import harness
from test_courier import HOOK, NOW, SECRET, Outbox


@pytest.fixture
def outbox(folder):
    return Outbox(folder)


def carry(outbox, url, *more, allow="", add=True):
    """What became of one call, by the probe."""
    adds = outbox.add("board", "webhook:board", HOOK) if add else []
    return outbox.run(f"maildir:{outbox.folder}/mail", "--webhook", "board", url, SECRET, allow, *adds, *more)


def port_of(receiver):
    return receiver.server.server_address[1]


# -- addresses -------------------------------------------------------------------------------------

# each stands for the machine itself or its surroundings, in one of the ways there are to write that
FORBIDDEN = [
    "127.0.0.1", "127.0.0.1.", "127.1", "127.0.1", "2130706433", "017700000001", "0x7f000001", "0x7f.0.0.1", "0177.0.0.1",
    "0.0.0.0", "0", "localhost", "LOCALHOST", "localhost.", "a.localhost", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[2002:7f00:1::]",
    "[2001:0:7f00:1::]", "[fe80::1%25lo]", "[fe80::1%25eth0]", "[fc00::1]", "[fd00:ec2::254]", "[ff02::1]", "[fec0::1]",
    "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "169.254.169.254", "192.0.0.192", "198.18.0.1",
    "224.0.0.1", "255.255.255.255", "%31%32%37.0.0.1", "\u2460\u2461\u2466.0.0.1",
    "public.example@127.0.0.1", "public.example:80@127.0.0.1", "127.0.0.1#@public.example", "127.0.0.1?@public.example",
    "public.example\\@127.0.0.1",
]


def url_of(host, port):
    """The port before what would end the authority."""
    end = next((host.index(c) for c in host if c in "#?"), len(host))
    return f"https://{host[:end]}:{port}/{host[end:]}"


def test_no_way_to_write_a_forbidden_address(outbox, receiver):
    """All at once, each an endpoint of its own. What reads as no URL is refused before."""
    port, hosts, refused = port_of(receiver), dict(enumerate(FORBIDDEN)), []
    while True:
        hooks = [w for i, h in hosts.items() for w in ("--webhook", f"h{i}", url_of(h, port), SECRET, "")]
        adds = [w for i, h in hosts.items() for w in outbox.add(h, f"webhook:h{i}", HOOK)]
        done = subprocess.run(outbox.command(f"maildir:{outbox.folder}/m", *hooks, *adds), capture_output=True, text=True,
                              env=harness.environment(), timeout=60)
        outbox.database.unlink()
        bad = re.search(r"webhook h(\d+): its url", done.stderr)
        if not bad:
            break
        refused.append(hosts.pop(int(bad[1])))
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert not receiver.requests and len(rows) == len(hosts) >= len(FORBIDDEN) - 6, (done.stderr, refused)
    for host, row in zip(hosts.values(), rows):
        assert row["state"] == "retry" and any(
            word in row["reason"] for word in ("not public", "resolve host", "illegal format")), (host, row)
    assert sum("not public" in row["reason"] for row in rows) >= 35


# -- look-ups that change their answer --------------------------------------------------------------


@pytest.mark.parametrize("answers", ["127.0.0.1", "127.0.0.1+::1", "::ffff:127.0.0.1", "10.0.0.1+169.254.169.254"])
def test_what_a_name_resolves_to_is_what_counts(outbox, receiver, answers):
    url = f"https://hooks.public.example:{port_of(receiver)}/"
    (row,) = carry(outbox, url, "--resolve", "hooks.public.example", answers)
    assert "resolved" in outbox.said, "the answer was the test's"
    assert row["state"] == "retry" and "not public" in row["reason"] and not receiver.requests


def test_each_attempt_vets_the_address_that_it_opens(outbox, receiver):
    """A name that was in order may point elsewhere the next time, or to two addresses at once."""
    port, name = port_of(receiver), "hooks.public.example"

    def attempt(answers, now, add=False):
        return carry(outbox, f"http://{name}:{port}/", "--resolve", name, answers, "--now", now, allow="127.0.0.1", add=add)

    receiver.script.say("POST", 500)
    (row,) = attempt("127.0.0.1", NOW, add=True)
    assert row["reason"] == "HTTP 500" and len(receiver.requests) == 1
    (row,) = attempt("127.0.0.2", row["next_at"])
    assert "not public" in row["reason"] and len(receiver.requests) == 1
    (row,) = attempt("127.0.0.2,127.0.0.1", row["next_at"])
    assert "not public" in row["reason"] and len(receiver.requests) == 1, "nor is there a second look-up that would count"
    (row,) = attempt("127.0.0.2+127.0.0.1", row["next_at"])
    assert row["state"] == "accepted", "the other of the two is listed"


# -- answers ---------------------------------------------------------------------------------------


def serve(answer):
    """A server on loopback that hands each connection to `answer`, in a thread; its port."""
    listening = socket.create_server(("127.0.0.1", 0))

    def run():
        while True:
            try:
                one, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(one,), daemon=True).start()

    threading.Thread(target=run, daemon=True).start()
    return listening


def endless(head):
    def answer(one):
        with contextlib.suppress(OSError), one:
            one.recv(65536)
            one.sendall(head)
            while True:
                one.sendall(b"x" * 65536)
    return answer


@pytest.mark.parametrize("head,state", [
    (b"HTTP/1.1 200 OK\r\n\r\n", "accepted"), (b"HTTP/1.1 500 No\r\n\r\n", "retry"),
    (b"HTTP/1.1 200 OK\r\nX: ", "retry"), (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", "accepted"), (b"", "retry")])
def test_endless_answers(outbox, head, state):
    listening, start = serve(endless(head)), time.monotonic()
    with listening:
        (row,) = carry(outbox, f"http://127.0.0.1:{listening.getsockname()[1]}/", allow="127.0.0.1")
    assert row["state"] == state and time.monotonic() - start < 5


# -- certificates and proxies ------------------------------------------------------------------------


def openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


def make_ca(folder, name="ca"):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
            f"/CN=Council {name}", "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem")
    return folder / f"{name}.pem"


def make_context(folder, ca):
    request, key, cert, more = (folder / f"server.{end}" for end in ("csr", "key", "pem", "ext"))
    more.write_text("subjectAltName=DNS:hooks.bromley.example,IP:127.0.0.1")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=x", "-keyout", key, "-out",
            request)
    openssl("x509", "-req", "-days", "2", "-in", request, "-CA", ca, "-CAkey", ca.with_suffix(".key"), "-CAcreateserial",
            "-extfile", more, "-out", cert)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


@pytest.fixture
def ca(folder):
    return make_ca(folder)


@pytest.fixture
def secure(folder, ca, receiver):
    """The receiver, by TLS with a certificate of the council's own."""
    receiver.server.socket = make_context(folder, ca).wrap_socket(receiver.server.socket, server_side=True)
    receiver.url = receiver.url.replace("http:", "https:")
    return receiver


class Proxy:
    """Takes CONNECT to whatever name and leads to one port; `asked` lists the names."""

    def __init__(self, port, context=None):
        self.port, self.context, self.asked, self.refuse = port, context, [], None
        self.listening = serve(self.answer)
        self.at = f"127.0.0.1:{self.listening.getsockname()[1]}"

    def answer(self, one):
        with contextlib.suppress(OSError):
            one = self.context.wrap_socket(one, server_side=True) if self.context else one
            head = b""
            while b"\r\n\r\n" not in head:
                head += one.recv(4096) or b"\r\n\r\n"
            self.asked.append(head.split(b"\r\n")[0].decode())
            if self.refuse:
                one.sendall(self.refuse)
                one.close()
                return
            far = socket.create_connection(("127.0.0.1", self.port))
            one.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            threading.Thread(target=self.pump, args=(far, one), daemon=True).start()
            self.pump(one, far)

    @staticmethod
    def pump(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


def hook(folder, url, **more):
    (folder / "secret").write_text(SECRET)
    return {"name": "board", "url": url, "secret_file": str(folder / "secret"), **more}


def outcome(csid, name="board"):
    """The last word on a test that is sent now; what has failed would keep a second one waiting."""
    made = csid.ctl("webhook", "test", name, json=True)
    csid.advance("1s")
    return csid.ctl("notice", "show", str(made["notice"]), json=True)["attempt_list"][0]["reply"]


def test_certificates_of_ones_own(new_csid, folder, ca, secure):
    listed = hook(folder, secure.url, allow=["127.0.0.1"])
    csid = new_csid(config={"webhooks": [listed]})
    assert "peer certificate" in outcome(csid) and not secure.requests, "the system's do not know it"
    csid.write_config({"webhooks": [{**listed, "name": "wrong", "ca_file": str(make_ca(folder, "other"))},
                                    {**listed, "name": "right", "ca_file": str(ca)}],
                       "heartbeat": {"url": secure.url, "allow": ["127.0.0.1"], "ca_file": str(ca)}})
    csid.ctl("reload")
    assert "peer certificate" in outcome(csid, "wrong") and outcome(csid, "right") == "HTTP 200"
    took = csid.sql("SELECT a.peer, a.tls FROM attempt a JOIN message m ON m.id = a.message_id WHERE m.channel = "
                    "'webhook:right'")
    assert took[-1][0] == f"127.0.0.1:{port_of(secure)}" and took[-1][1].startswith("TLSv1.")
    assert sum(r.method == "POST" for r in secure.requests) == 1
    assert any(r.method == "GET" for r in secure.requests), "the heartbeat likewise"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_through_a_proxy(new_csid, folder, ca, secure, scheme):
    proxy = Proxy(port_of(secure), make_context(folder, ca) if scheme == "https" else None)
    way = {"proxy": f"{scheme}://{proxy.at}", "ca_file": str(ca), "allow": ["*.Bromley.example"]}
    url = "https://hooks.bromley.example/S3CRET"
    csid = new_csid(config={"webhooks": [hook(folder, url, on_doubt="hold", **way)], "heartbeat": {"url": url, **way}},
                    env={"NO_PROXY": "*", "no_proxy": "hooks.bromley.example"})
    assert outcome(csid) == "HTTP 200"
    assert {r.method for r in secure.requests} == {"GET", "POST"}
    assert set(proxy.asked) == {"CONNECT hooks.bromley.example:443 HTTP/1.1"}
    proxy.refuse = b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n"
    assert outcome(csid) == "the proxy refused the way with HTTP 403"
    assert csid.sql("SELECT state FROM message ORDER BY id DESC")[0] == ("retry",), "what the proxy refused is in no doubt"
    assert "S3CRET" not in csid.stderr + csid.database_dump() and "S3CRET" not in "".join(proxy.asked)
    proxy.listening.close()


def test_proxies_of_the_environment_are_not_used(new_csid, folder, receiver):
    trap = Proxy(port_of(receiver))
    env = {name: f"http://{trap.at}" for word in ("http_proxy", "https_proxy", "all_proxy") for name in (word, word.upper())}
    csid = new_csid(config={"webhooks": [hook(folder, receiver.url, allow=["127.0.0.1"])],
                            "heartbeat": {"url": receiver.url, "allow": ["127.0.0.1"]}}, env=env)
    assert outcome(csid) == "HTTP 200" and {r.method for r in receiver.requests} == {"GET", "POST"} and not trap.asked
    csid.write_config({"webhooks": [hook(folder, receiver.url.replace("http:", "https:"))]})
    csid.ctl("reload")
    assert "not public" in outcome(csid) and not trap.asked, "nor do they take what is forbidden"
    trap.listening.close()
