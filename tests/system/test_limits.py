"""What csid asks of libcurl: limits that no test waits for, and what must never be asked. tests/tools/curl_spy, loaded
before libcurl, writes down each option."""

from collections import defaultdict

import pytest

import harness
import notify_server as notify
from test_heartbeat import beating
from test_webhooks import hook, secret  # noqa: F401

SPY = harness.BUILD / "tests" / "tools" / "curl_spy.so"
MORNING = "2017-09-01T08:00:00Z"
DIRECTOR = "dcs@example.gov.uk"

ALWAYS = {"NOSIGNAL": "1", "QUICK_EXIT": "1", "PROXY": "", "NOPROXY": ""}
SET = object()  # to whatever it is: a function
ASKED = {
    # RFC 5321, 4.5.3.2.6: ten minutes for the reply to the final dot
    "mail": {"PROTOCOLS_STR": "smtp,smtps", "CONNECTTIMEOUT": "30", "SERVER_RESPONSE_TIMEOUT": "600", "TIMEOUT": "900",
             "MAIL_RCPT": f"<{DIRECTOR}>", "NOPROGRESS": "0", "XFERINFOFUNCTION": SET, "DEBUGFUNCTION": SET},
    "webhook": {"PROTOCOLS_STR": "http", "CONNECTTIMEOUT_MS": "10000", "TIMEOUT_MS": "20000", "FOLLOWLOCATION": "0",
                "OPENSOCKETFUNCTION": SET, "FORBID_REUSE": "1"},
    "heartbeat": {"PROTOCOLS_STR": "http", "CONNECTTIMEOUT_MS": "10000", "TIMEOUT_MS": "10000", "FOLLOWLOCATION": "0",
                  "OPENSOCKETFUNCTION": SET, "FORBID_REUSE": "1"},
    "notify": {"PROTOCOLS_STR": "http", "CONNECTTIMEOUT": "10", "TIMEOUT": "25", "NOPROGRESS": "0",
               "XFERINFOFUNCTION": SET, "FORBID_REUSE": "1"},
}
# libcurl 7.88 can drop the tail of a mail whose size it was told, and report success
NEVER = {"INFILESIZE", "INFILESIZE_LARGE", "SSL_VERIFYPEER", "SSL_VERIFYHOST", "PROXY_SSL_VERIFYPEER",
         "PROXY_SSL_VERIFYHOST", "NETRC", "UNRESTRICTED_AUTH"}


def asked_of_libcurl(path):
    """Handle → option → what it was set to last."""
    handles = defaultdict(dict)
    for line in path.read_text().splitlines():
        handle, name, value = line.split(" ", 2)
        handles[handle][name] = value
    return list(handles.values())


@pytest.fixture
def ways(folder, secret, mail_server, receiver):  # noqa: F811
    """Configurations, each of which sends by one way alone."""
    server = notify.NotifyServer()
    yield {"mail": {"mail": {"url": mail_server.url}}, "webhook": {"webhooks": [hook(receiver, folder)]},
           "heartbeat": beating(receiver), "notify": notify.options(folder, server.base)}
    server.stop()


@pytest.mark.parametrize("way", ASKED)
def test_what_is_asked(new_csid, folder, ways, way):
    told = folder / "asked"
    csid = new_csid(config=ways[way], env={"LD_PRELOAD": str(SPY), "CURL_SPY": str(told)})
    csid.ctl("role", "assign", "director", "--name", "Dee Rector", "--email", DIRECTOR)
    csid.ctl("deadline", "add", "R", "--due", "2017-09-29", "--role", "director")
    csid.advance(MORNING)
    csid.stop()
    handles = asked_of_libcurl(told)
    assert handles
    for options in handles:
        for name, value in {**ALWAYS, **ASKED[way]}.items():
            assert (options[name] not in ("", "0")) if value is SET else (options[name] == value), name
        assert not NEVER & options.keys()
