"""A headless Chromium for tests, driven over a pipe: its DevTools protocol, one JSON object a message."""

import base64
import contextlib
import itertools
import json
import os
import select
import shutil
import subprocess
import sys
import time

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --disable-extensions "
    "--disable-background-networking --disable-component-update --force-color-profile=srgb --hide-scrollbars "
    "--remote-debugging-pipe"
).split()
PATIENCE_S = 60
# The protocol is read from descriptor 3 and written to 4.
TO_3_AND_4 = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.dup2(int(sys.argv[2]), 4)
os.execv(sys.argv[3], sys.argv[3:])
"""


def chromium():
    """Return the path of Chromium, or None."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class BrowserFailed(Exception):
    """The browser ended, or said no, or a script in the page raised."""


class Browser:
    """One browser with one page; `said` collects every error and warning of the console and every failed script."""

    def __init__(self, folder):
        from_us, to_browser = os.pipe()
        from_browser, to_us = os.pipe()
        command = [sys.executable, "-I", "-S", "-c", TO_3_AND_4, str(from_us), str(to_us), chromium(), *FLAGS]
        self.process = subprocess.Popen(
            [*command, f"--user-data-dir={folder}", "about:blank"],
            pass_fds=(from_us, to_us), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(from_us)
        os.close(to_us)
        self._to, self._from = to_browser, from_browser
        self._buffer, self._numbers, self.session, self.said = b"", itertools.count(1), None, []
        self._events, self._at = [], None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method, **parameters):
        """Return what the browser answers; raise BrowserFailed where it refuses."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != number:
            self._note(answer)
        if "error" in answer:
            raise BrowserFailed(f"{method}: {answer['error']['message']}")
        return answer["result"]

    def _next(self):
        deadline = time.monotonic() + PATIENCE_S
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._from], [], [], max(0, deadline - time.monotonic()))
            part = os.read(self._from, 1 << 20) if ready else b""
            if not part:
                raise BrowserFailed("Chromium ended" if ready else f"Chromium said nothing for {PATIENCE_S} s")
            self._buffer += part
        line, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(line)

    def _note(self, event):
        name, about = event.get("method"), event.get("params", {})
        self._events.append(name)
        if name == "Runtime.exceptionThrown":
            details = about["exceptionDetails"]
            self.said.append(details.get("exception", {}).get("description", details["text"]))
        elif name == "Runtime.consoleAPICalled" and about["type"] in ("error", "warning", "assert"):
            self.said.append(" ".join(str(part.get("value", part)) for part in about["args"]))
        elif name == "Log.entryAdded" and about["entry"]["level"] in ("error", "warning"):
            self.said.append(about["entry"]["text"])
        elif name == "Network.requestWillBeSent" and not about["request"]["url"].startswith(
            ("file:", "data:", "about:")
        ):
            self.said.append(f"asked the network for {about['request']['url']}")

    def open(self, address, width=1400, height=1000, scheme="light"):
        """Open a page in a window of that size and colour scheme; return when it has loaded. Clears `said`."""
        self._at = (address, width, height, scheme)
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        for place in ("about:blank", address):  # a page that differs in its hash only would not be loaded anew
            self.said, self._events = [], []
            self.call("Page.navigate", url=place)
            while "Page.loadEventFired" not in self._events:
                self._note(self._next())

    def shows(self, address, width=1400, height=1000, scheme="light"):
        """Whether this page was opened so last, nothing has been said since, and nobody has called `spoil`."""
        return self._at == (address, width, height, scheme) and not self.said

    def spoil(self):
        """Say that a test has changed the page in ways that its address does not tell."""
        self._at = None

    def run(self, script):
        """Return the value of a JavaScript expression, awaited; raise BrowserFailed where it raises."""
        answer = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True, userGesture=True
        )
        if "exceptionDetails" in answer:
            raise BrowserFailed(answer["exceptionDetails"].get("exception", {}).get("description", "?"))
        return answer["result"].get("value")

    def mouse(self, kind, x, y, **others):
        """Move or press: "mouseMoved", "mousePressed", "mouseReleased" at a place of the window."""
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **others)

    def click(self, x, y):
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.mouse(kind, x, y, button="left", clickCount=1)

    def key(self, key, code=0, text=""):
        for kind in ("keyDown", "keyUp"):
            self.call(
                "Input.dispatchKeyEvent",
                type=kind,
                key=key,
                code=key,
                windowsVirtualKeyCode=code,
                text=text if kind == "keyDown" else "",
            )

    def pdf(self, **options):
        return base64.b64decode(self.call("Page.printToPDF", **options)["data"])

    def close(self):
        with contextlib.suppress(BrowserFailed, BrokenPipeError):
            self.session = None
            self.call("Browser.close")
        self.process.wait(timeout=PATIENCE_S)
        os.close(self._to)
        os.close(self._from)
