"""Which engines clients may load: by name only, and only what the operator allowed."""

import os

import pytest

from atomtug.core.errors import InputError
from atomtug.core.systems import load_system
from atomtug.server.engines import Catalogue, create_engine, display_name, fingerprint


@pytest.fixture
def folder(tmp_path):
    models = tmp_path / "models"
    models.mkdir()
    for name in ("one.safetensors", "two.safetensors", "notes.txt"):
        (models / name).write_bytes(b"x")
    (models / "folder.safetensors").mkdir()
    (tmp_path / "secret.safetensors").write_bytes(b"x")
    return models


def test_methods_models_and_what_was_named_are_listed(folder):
    names = list(Catalogue(["ann:/elsewhere/first.safetensors", "ase:a.B"], [folder]).engines())
    assert {"pm6", "dftb3", "ann:one", "ann:two", "ann:first", "ase:a.B"} <= set(names)
    assert not any("notes" in name or "folder" in name or "secret" in name for name in names)


def test_a_model_is_found_by_its_bare_name_or_its_file_name(folder):
    catalogue = Catalogue(["pm6"], [folder])
    path = f"ann:{(folder / 'one.safetensors').resolve()}"
    assert catalogue.find("ann:one") == catalogue.find("ann:one.safetensors") == path
    assert catalogue.find("PM6") == "pm6"


def test_a_model_that_appears_later_is_found(folder):
    catalogue = Catalogue(["pm6"], [folder])
    (folder / "new.safetensors").write_bytes(b"x")
    assert catalogue.find("ann:new").endswith("new.safetensors")


@pytest.mark.parametrize(
    "name",
    [
        "ann:../secret",
        "ann:../secret.safetensors",
        "ann:models/../../secret.safetensors",
        "ann:/etc/passwd",
        "ann:",
        "ann:notes",
        'ase:os.system?{"command": "true"}',
        "ase:ase.calculators.emt.EMT",
        "",
        None,
        7,
        ["pm6"],
        "x" * 10_000,
    ],
)
def test_nothing_else_is(folder, name):
    with pytest.raises(InputError, match="There is no engine called") as caught:
        Catalogue(["pm6"], [folder]).find(name)
    assert len(str(caught.value)) < 500


def test_a_full_path_is_no_name_either(folder):
    with pytest.raises(InputError):
        Catalogue(["pm6"], [folder]).find(f"ann:{folder / 'one.safetensors'}")


def test_a_folder_that_is_not_there_has_no_models(tmp_path):
    assert "pm6" in Catalogue(["pm6"], [tmp_path / "none"]).engines()


def test_names_for_people():
    assert display_name("ann:data/models/set6.safetensors") == display_name("ann:set6") == "ann:set6"
    assert display_name("pm6") == "pm6"


def test_another_model_in_the_same_file_is_another_engine(folder):
    path = folder / "one.safetensors"
    before = fingerprint(f"ann:{path}")
    assert fingerprint(f"ann:{path}") == before
    os.utime(path, ns=(1, 1))
    assert fingerprint(f"ann:{path}") != before
    assert fingerprint("pm6") == fingerprint("pm6") != fingerprint("am1")
    assert fingerprint("ann:none") == fingerprint("ann:none")


@pytest.mark.parametrize(
    ("engine", "said"), [("ann:", "Which network"), ("ann:none.safetensors", "no model file")]
)
def test_a_network_that_is_not_there_is_refused_with_a_sentence(engine, said):
    with pytest.raises(InputError, match=said):
        create_engine(engine, load_system("methane"))
