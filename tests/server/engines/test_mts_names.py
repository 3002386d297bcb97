"""Two engines that share the steps, by name."""

import numpy as np
import pytest

from atomtug.core.errors import InputError
from atomtug.core.systems import load_system
from atomtug.server.engines import (
    Catalogue,
    ElectronicEngine,
    MtsName,
    create_engine,
    display_name,
    fingerprint,
)

GFN2 = 'ase:tblite.ase.TBLite?{"method": "GFN2-xTB", "folder": "a/b"}'


@pytest.mark.parametrize(
    ("name", "reference", "cheap", "interval"),
    [
        ("mts:pm6/ann:alkanes?n=6", "pm6", "ann:alkanes", 6),
        ("mts:pm6/ann:some/folder/m.safetensors?n=2", "pm6", "ann:some/folder/m.safetensors", 2),
        ("mts:pm6/am1", "pm6", "am1", MtsName("", "").interval),
        (f"mts:{GFN2}/ann:x?n=3", GFN2, "ann:x", 3),
        (f"mts:pm6/{GFN2}?n=3", "pm6", GFN2, 3),
        ("mts:ann:a/b.safetensors/ann:c", "ann:a/b.safetensors", "ann:c", MtsName("", "").interval),
    ],
)
def test_names_are_taken_apart_and_put_together(name, reference, cheap, interval):
    parsed = MtsName.parse(name)
    assert parsed == (reference, cheap, interval)
    assert MtsName.parse(str(parsed)) == parsed


@pytest.mark.parametrize("name", ["pm6", "ann:mts:x", "ase:a.B"])
def test_other_names_are_left_alone(name):
    assert MtsName.parse(name) is None


@pytest.mark.parametrize(
    "name",
    [
        "mts:",
        "mts:pm6",
        "mts:pm6/",
        "mts:pm6/x",
        "mts:pm6/am1?n=0",
        "mts:pm6/am1?n=101",
        "mts:mts:pm6/am1/am1",
    ],
)
def test_what_names_no_two_engines_is_refused_with_a_sentence(name):
    with pytest.raises(InputError, match="names no two engines: write mts:SLOW/CHEAP"):
        create_engine(name, load_system("methane"))


def test_it_is_shown_with_both_engines_and_n(tmp_path):
    assert display_name("mts:pm6/ann:data/models/m.safetensors?n=6") == "mts:pm6/ann:m?n=6"
    model = tmp_path / "m.safetensors"
    model.write_bytes(b"x")
    name = f"mts:pm6/ann:{model}?n=2"
    before = fingerprint(name)
    model.write_bytes(b"longer")
    assert fingerprint(name) != before


def test_clients_put_together_what_they_may_load(tmp_path):
    (tmp_path / "one.safetensors").write_bytes(b"x")
    catalogue = Catalogue(["pm6"], [tmp_path])
    found = catalogue.find("mts:pm6/ann:one?n=3")
    assert found == f"mts:pm6/ann:{(tmp_path / 'one.safetensors').resolve()}?n=3"
    assert "mts:pm6/ann:one?n=3" in catalogue.engines()
    assert catalogue.find("mts:pm6/ann:one?n=3") == found
    for name in ("mts:pm6/ann:../one", "mts:ase:os.system/pm6", "mts:pm6/ann:two"):
        with pytest.raises(InputError, match="There is no engine called"):
            catalogue.find(name)


def test_pm6_between_steps_of_am1():
    methane = load_system("methane")
    engine = create_engine("mts:pm6/am1?n=3", methane)
    assert isinstance(engine, ElectronicEngine)
    exact = create_engine("pm6", methane).evaluate(methane.positions)
    result = engine.evaluate(methane.positions)
    assert result.energy == pytest.approx(exact.energy, abs=1e-6)
    np.testing.assert_allclose(result.forces, exact.forces, atol=1e-4)
    structure = engine.electronic_structure()
    assert structure is not None
    assert structure.charges.sum() == pytest.approx(0.0, abs=1e-6)
    settings = engine.settings
    assert (settings["n"], settings["reference.method"], settings["cheap.method"]) == (3, "pm6", "am1")
