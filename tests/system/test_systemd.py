"""The files that make csid a service: systemd takes them without a word, and finds them hardened."""

import re
import subprocess

import pytest

import harness

UNIT = harness.TOP / "systemd" / "csid.service"
SYSUSERS = harness.TOP / "systemd" / "csid.sysusers.conf"


def analyze(*words):
    done = subprocess.run(["systemd-analyze", *map(str, words)], capture_output=True, text=True, check=False,
                          timeout=60)
    return done.returncode, done.stdout + done.stderr


def settings(key):
    return re.findall(rf"^{key}=(.*)$", UNIT.read_text(), re.M)


@pytest.fixture
def built_unit(folder):
    """The unit as `make install` would write it for the programs just built."""
    copy = folder / "csid.service"
    copy.write_text(UNIT.read_text().replace("/usr/local/bin/", f"{harness.BUILD}/"))
    return copy


def test_verify_is_clean(built_unit):
    status, said = analyze("verify", "--man=no", built_unit)
    assert (status, said) == (0, "")


def test_verify_sees_a_fault(built_unit):
    built_unit.write_text(built_unit.read_text() + "\n[Service]\nWatchdogSecs=60\nExecStartPre=/no/such\n")
    status, said = analyze("verify", "--man=no", built_unit)
    assert status != 0 and "WatchdogSecs" in said


def test_hardened(built_unit):
    status, said = analyze("security", "--offline=true", "--threshold=20", built_unit)
    assert status == 0, said


def test_what_csid_relies_on():
    assert settings("Type") == ["notify"] and settings("WatchdogSec") == ["180"]
    assert "PrivateUsers" not in UNIT.read_text().replace("No PrivateUsers=", "")
    assert settings("SupplementaryGroups") == ["csi"]
    for page in re.findall(r"man:([\w.]+)\((\d)\)", UNIT.read_text()):
        assert (harness.TOP / "doc" / ".".join(page)).exists(), page


def test_sysusers_makes_user_and_groups(folder):
    where = folder / "usr" / "lib" / "sysusers.d"
    where.mkdir(parents=True)
    (folder / "etc").mkdir()
    (where / "csid.conf").write_text(SYSUSERS.read_text())
    subprocess.run(["systemd-sysusers", f"--root={folder}"], check=True, capture_output=True, timeout=60)
    groups = {line.split(":")[0]: line.split(":")[3] for line in (folder / "etc" / "group").read_text().split()}
    assert groups == {"csid": "", "csi": "csid", "csi-officers": "", "csi-viewers": ""}
    assert (folder / "etc" / "passwd").read_text().startswith("csid:")


def test_install_keeps_the_configuration(folder):
    def install():
        subprocess.run(["make", "-s", "-C", harness.TOP, "install", f"B={harness.BUILD}", f"DESTDIR={folder}",
                        "PREFIX=/opt/csid", "SYSCONFDIR=/opt/etc"], check=True, timeout=300, capture_output=True)

    install()
    config = folder / "opt/etc/csid/csid.yaml"
    assert config.read_text() == (harness.TOP / "etc" / "csid.yaml").read_text()
    config.write_text("mine\n")
    install()
    assert config.read_text() == "mine\n"

    prefix = folder / "opt/csid"
    unit = (prefix / "lib/systemd/system/csid.service").read_text()
    assert "ExecStart=/opt/csid/bin/csid -c /opt/etc/csid/csid.yaml\n" in unit
    assert "ExecReload=+/opt/csid/bin/csictl reload\n" in unit and "/usr/local/bin" not in unit
    installed = {str(p.relative_to(prefix)) for p in prefix.rglob("*") if p.is_file()}
    assert {"bin/csid", "bin/csictl", "lib/sysusers.d/csid.conf", "share/csid/bank-holidays.csv",
            "share/bash-completion/completions/csictl", "share/man/man8/csid.8",
            "share/man/man5/csid.yaml.5", "share/man/man5/csid-rules.5",
            *(f"share/csid/rules/{p.name}" for p in (harness.TOP / "etc" / "rules").iterdir())} <= installed
    assert not (folder / "usr").exists() and not (folder / "etc").exists()
    assert harness.run(prefix / "bin/csid", "--version").stdout
