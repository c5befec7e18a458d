"""The key that signs sessions: made once, whole, for its owner only, however many processes start at once."""

from __future__ import annotations

import os
import stat
import threading

from helpdesk import config


def test_processes_that_start_at_once_agree_on_one_whole_key(tmp_path):
    for n in range(40):
        folder = tmp_path / str(n)
        folder.mkdir()
        gate, found = threading.Barrier(6), []

        def read(folder=folder, gate=gate, found=found):
            gate.wait()
            found.append(config.secret_key(folder))

        threads = [threading.Thread(target=read) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(set(found)) == 1
        assert len(found[0]) > 40
        assert os.listdir(folder) == ["secret_key"]
        assert stat.S_IMODE((folder / "secret_key").stat().st_mode) == 0o600


def test_a_key_that_is_there_stays(tmp_path):
    first = config.secret_key(tmp_path)
    assert config.secret_key(tmp_path) == first
