#!/usr/bin/env python3
"""A switch between network namespaces that delays what passes: a user-space stand-in for `tc netem`, which not every
kernel has.

    netem-tap.py NAMESPACE,NAMESPACE,...

Makes the namespaces, gives each an eth0 with 10.78.0.1, .2, .3 ... in the order named, and deletes them at the end.
Needs root and /dev/net/tun. Says `ready` once it forwards. Reads one command a line from standard input and answers
each with `ok`: `delay MS` (one way, between any two; 0 at first). Ends at `quit` or when standard input closes.
"""
import fcntl
import heapq
import os
import select
import struct
import subprocess
import sys
import time

# linux/if_tun.h
TUNSETIFF, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0002, 0x1000
SUBNET = "10.78.0"
FRAME_BYTES = 2048
FRAMES_AT_ONCE = 64


def ip(*args):
    subprocess.run(["ip", *args], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def open_port(namespace, index):
    """Makes a namespace with an eth0 whose other end is the returned file descriptor."""
    device = f"nt{os.getpid()}{index}"[:15]
    port = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(port, TUNSETIFF, struct.pack("16sH", device.encode(), IFF_TAP | IFF_NO_PI))
    ip("link", "set", device, "netns", namespace, "name", "eth0")
    ip("-n", namespace, "address", "add", f"{SUBNET}.{index + 1}/24", "dev", "eth0")
    for link in ("lo", "eth0"):
        ip("-n", namespace, "link", "set", link, "up")
    # Without a default route Chromium does not know which card to gather candidates on.
    ip("-n", namespace, "route", "add", "default", "via", f"{SUBNET}.254")
    return port


class Switch:
    def __init__(self, ports):
        self.ports = ports
        self.delay_s = 0.0
        self.queue = []  # (when, order, port, frame)
        self.order = 0
        self.port_of = {}  # by MAC address

    def receive(self, port):
        for _ in range(FRAMES_AT_ONCE):
            try:
                frame = os.read(port, FRAME_BYTES)
            except BlockingIOError:
                return
            self.port_of[frame[6:12]] = port
            known = self.port_of.get(frame[0:6])
            for out in self.ports if known is None else [known]:
                if out != port:
                    self.order += 1
                    heapq.heappush(self.queue, (time.monotonic() + self.delay_s, self.order, out, frame))

    def send_due(self):
        """Sends what has waited long enough; answers the milliseconds until the next is due."""
        while self.queue and self.queue[0][0] <= time.monotonic():
            _, _, out, frame = heapq.heappop(self.queue)
            try:
                os.write(out, frame)
            except BlockingIOError:
                pass  # a full card loses frames, here as anywhere
        return max(0, (self.queue[0][0] - time.monotonic()) * 1000) if self.queue else 1000

    def obey(self, words):
        if words[0] == "delay":
            self.delay_s = float(words[1]) / 1000
        print("ok", flush=True)

    def run(self):
        poll = select.poll()
        for source in [*self.ports, sys.stdin.fileno()]:
            poll.register(source, select.POLLIN | select.POLLHUP)
        print("ready", flush=True)
        while True:
            for source, _ in poll.poll(self.send_due()):
                if source != sys.stdin.fileno():
                    self.receive(source)
                    continue
                words = sys.stdin.readline().split()
                if not words or words[0] == "quit":
                    return
                self.obey(words)


def main():
    namespaces = sys.argv[1].split(",")
    made = []
    try:
        for namespace in namespaces:
            ip("netns", "add", namespace)
            made.append(namespace)
        Switch([open_port(namespace, index) for index, namespace in enumerate(namespaces)]).run()
    finally:
        for namespace in made:
            ip("netns", "del", namespace)


main()
