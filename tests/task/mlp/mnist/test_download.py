"""The download: in memory, checked by content, from the next mirror where one fails."""

import gzip
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import URLError

import numpy as np
import pytest
from small_mnist import ARRAYS, PARTS, assert_same, idx_content

from paragone.task.mlp.mnist import download as mnist_download
from paragone.task.mlp.mnist.download import DownloadFailed, MirrorFailed, download, fetch

CONTENT = {f"/{part.stem}.gz": gzip.compress(idx_content(array)) for part, array in zip(PARTS, ARRAYS, strict=True)}
IMAGES = "/train-images-idx3-ubyte.gz"


@pytest.fixture
def mirror(monkeypatch):
    """Return a function that serves these files on this machine; it gives back the address and what is asked for."""
    monkeypatch.setenv("no_proxy", "*")
    servers = []

    def serve(content):
        asked = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                asked.append(self.path)
                if self.path not in content:
                    self.send_error(404)
                    return
                self.send_response(200)
                self.end_headers()
                self.wfile.write(content[self.path])

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/", asked

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def silent_mirror(monkeypatch):
    """Return the address of a server that takes connections and never answers."""
    monkeypatch.setenv("no_proxy", "*")
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"


def test_the_four_files_come_from_the_first_mirror(mirror):
    url, asked = mirror(CONTENT)

    arrays, host = download(PARTS, pytest.fail, [url])

    assert_same(arrays)
    assert url == f"http://{host}/"
    assert asked == list(CONTENT)


WRONG = {
    "missing": None,
    "empty": b"",
    "not a gz file": b"<html>Please log in.</html>",
    "cut short": CONTENT[IMAGES][:20_000],
    "another file": CONTENT["/t10k-images-idx3-ubyte.gz"],
    "altered": gzip.compress(idx_content(ARRAYS.train_images ^ np.uint8(1))),
    "far too long": bytes(3_000_000),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_mirror_with_a_wrong_file_is_left_for_the_next(mirror, wrong):
    bad_url, bad_asked = mirror(
        {path: content for path, content in (CONTENT | {IMAGES: wrong}).items() if content is not None}
    )
    good_url, good_asked = mirror(CONTENT)
    said = []

    arrays, host = download(PARTS, said.append, [bad_url, good_url])

    assert_same(arrays)
    assert (bad_asked, good_asked) == ([IMAGES], list(CONTENT))
    assert len(said) == 1
    assert said[0].endswith(f"Trying {host}.")


def test_files_that_came_before_a_mirror_failed_are_kept(mirror):
    bad_url, _ = mirror({path: content for path, content in CONTENT.items() if "t10k" not in path})
    good_url, good_asked = mirror(CONTENT)

    arrays, _ = download(PARTS, lambda sentence: None, [bad_url, good_url])

    assert_same(arrays)
    assert good_asked == [path for path in CONTENT if "t10k" in path]


def test_a_mirror_that_never_answers_is_left_for_the_next(silent_mirror, mirror):
    good_url, _ = mirror(CONTENT)
    said = []

    arrays, _ = download(PARTS, said.append, [silent_mirror, good_url], answer_seconds=0.1)

    assert_same(arrays)
    assert "no answer within 0.1 s" in said[0]


def test_without_any_mirror_the_reasons_of_all_are_given(mirror):
    urls = [mirror({})[0], mirror({})[0]]

    with pytest.raises(
        DownloadFailed, match=r"^MNIST cannot be downloaded \(127.0.0.1:\d+: Not Found; 127.*: Not Found\)"
    ):
        download(PARTS, lambda sentence: None, urls)


def test_mirrors_that_cannot_be_reached_mean_no_network(monkeypatch):
    def unreachable(url, timeout):
        raise URLError(socket.gaierror(-3, "Temporary failure in name resolution"))

    monkeypatch.setattr(mnist_download.urllib.request, "urlopen", unreachable)

    with pytest.raises(
        DownloadFailed, match=r"^No network: .*storage\.googleapis\.com: .*name resolution; ossci-datasets"
    ):
        download(PARTS, lambda sentence: None)


def test_both_mirrors_without_an_answer_cost_less_than_ten_seconds():
    assert len(mnist_download.MIRRORS) * mnist_download.ANSWER_SECONDS < 10


def test_a_server_that_stops_in_the_middle_is_given_up(mirror, monkeypatch):
    """The answer has begun, so it is the second, longer limit that ends the wait."""
    monkeypatch.setattr(mnist_download, "STALL_SECONDS", 0.1)
    stopped = threading.Event()

    def read(url, pieces, given_up):
        pieces.put(b"")
        pieces.put(b"a few bytes")
        given_up.wait()
        stopped.set()

    monkeypatch.setattr(mnist_download, "_read", read)

    with pytest.raises(MirrorFailed, match=r"example\.org: nothing more within 0\.1 s") as failure:
        fetch("https://example.org/file", 1000, 5, lambda n_bytes: None)
    assert not failure.value.no_answer
    assert stopped.wait(5)


def test_a_file_that_does_not_end_is_given_up_at_its_limit(mirror):
    url, _ = mirror({"/endless": bytes(1_000_000)})
    pieces = []

    with pytest.raises(MirrorFailed, match=r"expected at most 100,000 bytes, got more"):
        fetch(f"{url}endless", 100_000, 5, pieces.append)
    assert sum(pieces) <= 100_000 + mnist_download.PIECE


def test_the_progress_bar_gets_the_size_of_every_piece(mirror):
    url, _ = mirror(CONTENT)
    pieces = []

    content = fetch(url[:-1] + IMAGES, 100_000, 5, pieces.append)

    assert content == CONTENT[IMAGES]
    assert sum(pieces) == len(content)
