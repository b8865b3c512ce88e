"""Standard streams as users have them: closed, redirected, with another encoding, without a terminal."""

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.cli import streams
from tests.helpers import TINY, environment, new_process

STAGE = "stage=data"


def shell(redirection, *words, outputs, **changes):
    """Run the command with a redirection of the shell."""
    command = f'"$0" -m pipeline "$@" {redirection}'
    variables = environment() | {"PIPELINE_OUTPUTS": str(outputs)} | changes
    arguments = ["bash", "-c", command, sys.executable, *words]
    return subprocess.run(arguments, env=variables, cwd=outputs, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("ascii", "  data ...\n* 5 +- 1 \\u0416 a\\xff.png"),
        ("latin-1", "  data ...\n* 5 ± 1 \\u0416 a\\xff.png"),
        ("cp1252", "  data …\n* 5 ± 1 \\u0416 a\\xff.png"),
        ("utf-8", "  data …\n✓ 5 ± 1 Ж a\\xff.png"),
    ],
)
def test_characters_that_the_encoding_lacks_are_replaced(monkeypatch, encoding, expected):
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    streams.prepare_standard_streams()
    stream.write("  data …\n✓ 5 ± 1 Ж a\udcff.png")
    stream.flush()
    assert stream.buffer.getvalue().decode(encoding) == expected


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_help_is_printed_in_any_encoding(tmp_path, encoding):
    result = new_process("--help", outputs=tmp_path, PYTHONIOENCODING=encoding)
    assert (result.returncode, result.stderr) == (0, "")
    assert "[stage=...]" in result.stdout


@pytest.mark.parametrize("closed", ["2>&-", pytest.param("<&- >&- 2>&-", marks=pytest.mark.slow)])
def test_mistake_with_closed_streams_has_status_2(tmp_path, closed):
    assert shell(closed, "train.epochs=0", outputs=tmp_path).returncode == 2


@pytest.mark.parametrize(
    "closed", [pytest.param("2>&-", marks=pytest.mark.long), pytest.param("<&- >&- 2>&-", marks=pytest.mark.slow)]
)
def test_run_with_closed_streams_finishes(outputs, closed):
    result = shell(closed, *TINY, STAGE, outputs=outputs)
    assert (result.returncode, result.stderr) == (0, "")
    assert len(list(outputs.glob("runs/*/*/summary.json"))) == 1


@pytest.mark.slow
def test_path_that_is_not_utf_8_is_refused_in_one_line(tmp_path):
    np.save(tmp_path / "a\udcff.npy", np.zeros((4, 8, 8), np.uint8))
    result = new_process("data=npz", f"data.path='{tmp_path}/a\udcff.npy'", STAGE, outputs=tmp_path)
    assert result.returncode == 2
    assert result.stderr == (
        f"error: data.path = '{tmp_path}/a\\udcff.npy': is not valid UTF-8; rename the file or folder, or give a link "
        "to it\n"
    )


@pytest.mark.slow
def test_output_folder_that_is_not_utf_8_is_refused_in_one_line(tmp_path):
    result = new_process(STAGE, "output_dir='a\udcff'", outputs=tmp_path)
    assert (
        result.stderr
        == f"error: output_dir = '{tmp_path}/a\\udcff': is not valid UTF-8; give the path of another folder\n"
    )
    assert list(tmp_path.iterdir()) == []


FULL = "error: standard output: cannot be written (No space left on device); redirect it to another file\n"


RUN = ["stage=data", *TINY]
RUNS = [
    pytest.param(RUN, "", marks=pytest.mark.slow, id="run"),
    pytest.param(RUN, "1", marks=pytest.mark.long, id="run, unbuffered"),
]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
@pytest.mark.parametrize(("words", "unbuffered"), [(["--help"], ""), (["--help"], "1"), *RUNS])
def test_output_that_cannot_be_written_is_reported_as_such(outputs, words, unbuffered):
    result = shell("> /dev/full", *words, outputs=outputs, PYTHONUNBUFFERED=unbuffered)
    assert (result.returncode, result.stderr) == (2, FULL)


@pytest.mark.parametrize(
    ("words", "unbuffered"),
    [
        (["--help"], ""),
        (["--help"], "1"),
        (["--cfg", "job"], ""),
        pytest.param(["--cfg", "job"], "1", marks=pytest.mark.slow),
        *RUNS,
    ],
)
def test_output_whose_reader_has_ended_is_no_traceback(outputs, words, unbuffered):
    result = shell("| true; exit ${PIPESTATUS[0]}", *words, outputs=outputs, PYTHONUNBUFFERED=unbuffered)
    assert (result.returncode, result.stderr) == (1, "")
