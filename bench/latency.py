#!/usr/bin/env python3
"""From a post on the wire to its count on the page: how long, measured.

A feed of its own speaks Jetstream v1 over a WebSocket on loopback, in real time, to a `skytrend run` that is started for
it. Ten posts a second among the others have a word that nobody else uses; it soon trends. A follower of
`/api/v1/stream?events=live` notes when each of these posts is told: by the first event `counts` whose number includes it,
or, where the window ended before that, by the `trends` of that window. A post's time runs from just before it is written
to the socket. With --browser, headless Chromium shows the dashboard too, and the time until the trend's row has the
number is noted by an observer in the page.

Usage: bench/latency.py SKYTREND [--rate POSTS_A_SECOND] [--seconds N] [--browser chromium]
"""
import argparse
import asyncio
import base64
import bisect
import hashlib
import json
import os
import random
import re
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request

WORD = "zeppelinq"  # no word of the background's
MARKED_PER_SECOND = 10
HISTORY_MINUTES, HISTORY_RATE = 35, 20  # what the detector wants to have seen, thinly
MINUTE = 60_000_000
SORTABLE = "234567abcdefghijklmnopqrstuvwxyz"
chance = random.Random(1)
vocabulary = ["".join(chance.choice("bdfgklmnprst") + chance.choice("aeiou") for _ in range(3)) + "q" for _ in range(5_000)]


def micros():
    return time.time_ns() // 1_000


def tid(number):
    digits = ""
    for _ in range(13):
        digits = SORTABLE[number & 31] + digits
        number >>= 5
    return digits


class Feed:
    """The posts, and when those with the word were sent."""

    def __init__(self, rate):
        self.rate = rate
        self.marked = []  # their times, in order; the time on the wire is that of the sending
        self.posts, self.connections = 0, 0

    def message(self, at, is_marked):
        self.posts += 1
        author = f"{self.posts % 30_000:024d}".translate(str.maketrans("0189", "abcd"))
        words = chance.sample(vocabulary, 8)
        if is_marked:
            words[4] = WORD
        text, name = " ".join(words), tid(at << 10 | self.posts & 1023)
        record = {"$type": "app.bsky.feed.post", "createdAt": "2026-01-01T00:00:00.000Z", "langs": ["en"], "text": text}
        commit = {"rev": name, "operation": "create", "collection": "app.bsky.feed.post", "rkey": name, "record": record,
                  "cid": "bafyreidfayvfuwqa7qlnopdjiqrxzs6blmoeu4rujcjtnci5beludirz2a"}
        body = json.dumps({"did": f"did:plc:{author}", "time_us": at, "kind": "commit", "commit": commit}).encode()
        head = bytes([0x81, len(body)]) if len(body) < 126 else bytes([0x81, 126]) + len(body).to_bytes(2)
        return head + body

    async def serve(self, reader, writer):
        try:
            await self.send(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            writer.close()  # it ends with the program

    async def send(self, reader, writer):
        request = (await reader.readuntil(b"\r\n\r\n")).decode()
        key = re.search(r"sec-websocket-key: (\S+)", request, re.I)[1]
        accept = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest()).decode()
        writer.write(f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                     f"Sec-WebSocket-Accept: {accept}\r\n\r\n".encode())
        self.connections += 1
        assert self.connections == 1, "the feed was connected to twice: what is measured would be something else"
        now = micros()
        for number in range(HISTORY_MINUTES * 60 * HISTORY_RATE):
            at = now - HISTORY_MINUTES * MINUTE + number * 1_000_000 // HISTORY_RATE
            writer.write(self.message(at, False))
            if number % 500 == 0:
                await writer.drain()
        began = last = micros()
        sent, marked = 0, 0
        while not writer.is_closing():
            elapsed = micros() - began
            while sent < elapsed * self.rate / 1e6:
                at = last = max(micros(), last + 1)
                is_marked = marked < elapsed * MARKED_PER_SECOND / 1e6
                message = self.message(at, is_marked)
                if is_marked:
                    marked += 1
                    self.marked.append(at)
                writer.write(message)
                sent += 1
            await writer.drain()
            await asyncio.sleep(0.003)


class Follower:
    """What is told, by whatever means: counts since a window's end, and windows."""

    def __init__(self, feed):
        self.feed, self.taken, self.too_many = feed, None, 0
        self.millis = {"counts": [], "trends": []}

    def up_to(self, place, now, how):
        """The marked posts before this place in their row are told."""
        for at in self.feed.marked[self.taken:place]:
            self.millis[how].append((now - at) / 1_000)
        self.taken = max(self.taken, place)

    def listed(self, window_end, now):
        if self.taken is None:  # from now on: what was sent before had no list to be counted in
            self.taken = bisect.bisect_left(self.feed.marked, now)
        else:
            self.up_to(bisect.bisect_left(self.feed.marked, window_end), now, "trends")

    def counted(self, window_end, posts, now):
        if self.taken is not None:
            place = bisect.bisect_left(self.feed.marked, window_end) + posts
            self.too_many += place > bisect.bisect_right(self.feed.marked, now)
            self.up_to(place, now, "counts")

    def report(self, what):
        for how, millis in {"all": sum(self.millis.values(), []), **self.millis}.items():
            millis = sorted(millis) or [float("nan")]
            at = lambda share: millis[min(len(millis) - 1, int(share * len(millis)))]
            print(f"{what}, {how}: {len(millis)} posts, p50 {at(0.5):.0f} ms, p99 {at(0.99):.0f} ms, longest {millis[-1]:.0f} ms")
        if self.too_many:
            print(f"{what}: {self.too_many} counts were higher than what had been sent: don't trust these figures")


async def follow(api, follower):
    reader, writer = await asyncio.open_connection(*api.split(":"), limit=8 << 20)
    writer.write(f"GET /api/v1/stream?events=live&limit=500 HTTP/1.1\r\nHost: {api}\r\n\r\n".encode())
    kind, topic = None, None
    async for line in reader:
        now = micros()
        if line.startswith(b"event: "):
            kind = line[7:].strip().decode()
        elif line.startswith(b"{"):  # the data is a chunk of its own
            data = json.loads(line)
            if kind == "trends":
                own = [trend for trend in data["trends"] if trend["normalized_keyword"] == WORD]
                topic = own[0]["topic_id"] if own else None
                if topic:
                    follower.listed(data["window_end"], now)
            elif kind == "counts" and topic in data["posts"]:
                follower.counted(data["window_end"], data["posts"][topic], now)


OBSERVER = """
window.told = [];
const look = () => {
  const row = [...document.querySelectorAll('.trend')].find((row) => row.querySelector('.name').textContent === '%s');
  const since = row?.querySelector('.since').textContent;
  if (since !== undefined && since !== window.told.at(-1)?.[1]) window.told.push([performance.timeOrigin + performance.now(), since]);
};
new MutationObserver(look).observe(document.querySelector('.trends'), { subtree: true, childList: true, characterData: true });
""" % WORD


class Browser:
    """Chromium by its remote debugging protocol: as much of a WebSocket client as that takes."""

    def __init__(self, program, work, url):
        profile = os.path.join(work, "profile")
        self.process = subprocess.Popen(
            [program, "--headless", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0",
             f"--user-data-dir={profile}", "about:blank"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        port_file = os.path.join(profile, "DevToolsActivePort")
        while not os.path.exists(port_file) or "\n" not in open(port_file).read():
            time.sleep(0.05)
        port = open(port_file).read().split("\n")[0]
        asked = urllib.request.Request(f"http://127.0.0.1:{port}/json/new?{url}", method="PUT")
        path = json.load(urllib.request.urlopen(asked))["webSocketDebuggerUrl"].split(port, 1)[1]
        self.socket = socket.create_connection(("127.0.0.1", int(port)))
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            f"Sec-WebSocket-Key: {base64.b64encode(bytes(16)).decode()}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        self.file = self.socket.makefile("rb")
        while self.file.readline().strip():
            pass

    def value(self, expression):
        body = json.dumps({"id": 1, "method": "Runtime.evaluate", "params": {"expression": expression, "returnByValue": True}})
        body = body.ljust(126).encode()  # so that the length always has two bytes
        self.socket.sendall(bytes([0x81, 0x80 | 126]) + len(body).to_bytes(2) + bytes(4) + body)  # masked with zeros
        while True:
            length = self.file.read(2)[1]
            length = int.from_bytes(self.file.read({126: 2, 127: 8}[length])) if length > 125 else length
            answer = json.loads(self.file.read(length))
            if answer.get("id") == 1:
                return answer["result"]["result"].get("value")


def replay(told, follower):
    """What the page showed, to a follower: a number that falls is the next window's."""
    window_end, before = None, 0
    for millis, text in told:
        posts, now = int(text.lstrip("+") or 0), int(millis * 1_000)
        if window_end is None or posts < before:
            window_end = now - now % MINUTE
            follower.listed(window_end, now)
        before = posts
        if posts:
            follower.counted(window_end, posts, now)


def looks(api):
    text = urllib.request.urlopen(f"http://{api}/metrics").read().decode()
    of = lambda name: float((re.search(rf"^skytrend_live_counts_seconds_{name} (\S+)", text, re.M) or [0, 0])[1])
    return of("count"), of("sum")


async def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("skytrend")
    arguments.add_argument("--rate", type=int, default=100, help="posts a second")
    arguments.add_argument("--seconds", type=int, default=180, help="from the first window with the word on")
    arguments.add_argument("--browser", help="the program")
    arguments.add_argument("--api", default="127.0.0.1:7202")
    asked = arguments.parse_args()
    feed, work = Feed(asked.rate), tempfile.mkdtemp()
    server = await asyncio.start_server(feed.serve, "127.0.0.1", 0)
    host = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    settings = [f'source.hosts=["{host}"]', "source.protocol=jetstream_v1", "source.first_start=oldest",
                f"serve.listen={asked.api}", "telemetry.filter=warn",
                # Room for that many posts: the default sheds what is more than 66,666 in a minute.
                f"trend.posts_max={max(1_000_000, 1_000 * asked.rate)}", f"trend.occurrences_max={max(4_000_000, 6_000 * asked.rate)}"]
    program = subprocess.Popen([asked.skytrend, "run", "--data-dir", os.path.join(work, "data"),
                                *(word for setting in settings for word in ("--set", setting))],
                               stdout=subprocess.DEVNULL)
    browser = None
    try:
        while socket.socket().connect_ex(("127.0.0.1", int(asked.api.split(":")[1]))) != 0:
            await asyncio.sleep(0.2)
        follower, shown = Follower(feed), Follower(feed)
        following = asyncio.create_task(follow(asked.api, follower))
        while follower.taken is None and not following.done():
            await asyncio.sleep(0.5)
        if asked.browser:
            browser = await asyncio.to_thread(Browser, asked.browser, work, f"http://{asked.api}/")
            await asyncio.sleep(3)
            await asyncio.to_thread(browser.value, OBSERVER)
        first, began = looks(asked.api), time.monotonic()
        await asyncio.sleep(asked.seconds)
        last, elapsed = looks(asked.api), time.monotonic() - began
        print(f"{asked.rate} posts a second, {elapsed:.0f} s")
        follower.report("told by the stream")
        if browser:
            replay(await asyncio.to_thread(browser.value, "window.told"), shown)
            shown.report("shown by the page")
        count, spent = last[0] - first[0], last[1] - first[1]
        print(f"counting: {count:.0f} looks of {spent / max(count, 1) * 1e6:.0f} µs, {spent / elapsed:.3%} of a core")
        following.cancel()
    finally:
        for process in (browser and browser.process, program):
            if process:
                process.terminate()
                process.wait()
        shutil.rmtree(work, ignore_errors=True)


asyncio.run(main())
