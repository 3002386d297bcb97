"""Files that come with atomtug are found from any folder."""

import pytest

from atomtug.core.errors import InputError
from atomtug.core.shipped import HELD_OUT_SET, TRAINING_SET, find_model, shipped_data, shipped_models
from atomtug.server.engines.names import fingerprint, model_file


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", [TRAINING_SET, HELD_OUT_SET])
def test_data_sets_are_found(name):
    assert shipped_data(name).stat().st_size > 100_000


def test_a_data_set_that_does_not_come_along_is_refused_with_a_sentence():
    with pytest.raises(InputError, match=r"no data set other\.h5: name one with --data"):
        shipped_data("other.h5")


@pytest.mark.parametrize("named", ["alkanes", "alkanes.safetensors"])
def test_a_model_is_found_by_its_name(named):
    assert find_model(named) == shipped_models() / "alkanes.safetensors"
    assert model_file(f"ann:{named}") == find_model(named)
    assert fingerprint(f"ann:{named}")[1:] != (0, 0)


@pytest.mark.parametrize("named", ["alkanes", "alkanes.safetensors"])
def test_a_file_of_that_name_in_the_current_folder_goes_first(named, elsewhere):
    (elsewhere / named).write_bytes(b"mine")
    assert find_model(named).read_bytes() == b"mine"


@pytest.mark.parametrize("named", ["./alkanes", "folder/alkanes", "none-such", "", ".."])
def test_other_paths_stay_as_they_are(named):
    assert not find_model(named).is_file()
