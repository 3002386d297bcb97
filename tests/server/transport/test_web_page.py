"""The page's files: what each address answers, and that nothing else can be read."""

import gzip
from http import HTTPStatus

import pytest

from atomtug.server.transport.web_page import Page

SCRIPT = b"console.log('atoms');" * 50


@pytest.fixture
def page(tmp_path) -> Page:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_bytes(b"<!doctype html><title>Atomtug</title>")
    (tmp_path / "assets" / "page-1a2b.js").write_bytes(SCRIPT)
    (tmp_path / "icon.png").write_bytes(b"\x89PNG")
    return Page.load(tmp_path)


def test_the_root_is_the_page_and_is_asked_for_anew_each_time(page):
    for path in ("/", "/index.html", "/?token=x"):
        answer = page.answer(path, accepts_gzip=False)
        assert answer.status == HTTPStatus.OK
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert answer.headers["Cache-Control"] == "no-cache"
        assert b"Atomtug" in answer.body


def test_scripts_are_scripts_zipped_for_those_who_take_it_and_kept(page):
    plain = page.answer("/assets/page-1a2b.js", accepts_gzip=False)
    zipped = page.answer("/assets/page-1a2b.js", accepts_gzip=True)
    assert plain.body == gzip.decompress(zipped.body) == SCRIPT
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert int(zipped.headers["Content-Length"]) == len(zipped.body) < len(SCRIPT)
    assert "Content-Encoding" not in plain.headers
    for answer in (plain, zipped):
        assert answer.headers["Content-Type"].startswith("text/javascript")
        assert "immutable" in answer.headers["Cache-Control"]
    assert page.answer("/icon.png", accepts_gzip=True).headers["Content-Type"] == "image/png"


@pytest.mark.parametrize(
    "path", ["/nothing", "/../secret", "/assets/../../x", "//index.html", "/assets/", ""]
)
def test_nothing_but_the_files_can_be_read(page, path):
    assert page.answer(path, accepts_gzip=False).status == HTTPStatus.NOT_FOUND


def test_every_answer_forbids_scripts_from_elsewhere_and_being_framed(page):
    for path in ("/", "/nothing", "/assets/page-1a2b.js"):
        headers = page.answer(path, accepts_gzip=False).headers
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_a_server_without_the_page_says_what_to_do(tmp_path):
    answer = Page.load(tmp_path / "missing").answer("/", accepts_gzip=False)
    assert answer.status == HTTPStatus.OK
    assert b"make page" in answer.body
