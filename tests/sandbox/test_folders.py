"""The paths that stay open: what was asked for, what runs programs, and nothing of the person's."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

import tcalc
from tcalc.sandbox import folders, landlock


def granted(*written: object, network: bool = False) -> dict[str, int]:
    return dict(folders.grants(map(str, written), (), network=network))


def test_what_was_asked_for_can_be_written_and_the_rest_only_be_read(tmp_path: Path) -> None:
    found = granted(tmp_path)
    assert found.pop(str(tmp_path)) == landlock.WRITE
    assert set(found.values()) == {landlock.READ}
    assert os.path.dirname(os.path.abspath(tcalc.__file__)) in found
    assert os.path.dirname(os.__file__) in found
    assert all(os.path.isabs(path) for path in found)


@pytest.mark.parametrize("network", [False, True])
def test_nobodys_home_and_no_whole_system_folder_is_there(
    network: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", ["", "relative", "/somewhere/site-packages"])
    for name in ("/", "/etc", "/proc", "/proc/self", "/dev", "/sys", "/home", "/root", "/usr",
                 "/var", "/tmp", "/run", "", "relative", os.path.expanduser("~")):  # fmt: skip
        assert name not in granted(network=network)


def test_names_and_certificates_are_the_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/opt/certificates.pem")
    wanted = {"/etc/resolv.conf", "/etc/ssl/certs", "/opt/certificates.pem"}
    assert wanted <= granted(network=True).keys()
    assert not wanted & granted().keys()


@pytest.mark.parametrize("path", ["/dev", "/dev/fd", "/proc", "/proc/self/fd", "/sys/kernel"])
def test_a_program_from_a_device_opens_no_devices(path: str) -> None:
    assert path not in granted(path)


def test_shared_memory_is_a_folder_like_others() -> None:
    if not os.path.isdir("/dev/shm"):
        pytest.skip("no /dev/shm here")
    assert granted("/dev/shm")["/dev/shm"] == landlock.WRITE


def test_the_loaders_folders_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_LIBRARY_PATH", "/opt/one:relative:/opt/two")
    found = granted()
    assert "/opt/one" in found and "/opt/two" in found and "relative" not in found


def test_devices_may_be_asked_what_only_drivers_know() -> None:
    found = dict(folders.grants((), (), ["/dev/nvidia0"], network=False))
    assert found["/dev/nvidia0"] & landlock.IOCTL_DEV
    assert "/proc/driver/nvidia" in found and "/proc/driver/nvidia" not in granted()
