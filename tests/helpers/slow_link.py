"""A link between two network namespaces on which every packet takes its time: `slow_link.py NAMESPACE NAMESPACE DEVICE MILLISECONDS`.

Each end is a TUN device (linux/if_tun.h) of that name; this process passes the packets on.
"""

import asyncio
import ctypes
import fcntl
import os
import struct
import sys

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
LIBC = ctypes.CDLL(None, use_errno=True)


def open_device(namespace, device):
    """A TUN device in that namespace; the open file stays with it wherever the process goes."""
    with open(f"/var/run/netns/{namespace}", "rb") as place:  # noqa: PTH123 - the file stands for the namespace
        if LIBC.setns(place.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), f"cannot enter {namespace}")
    opened = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(opened, TUNSETIFF, struct.pack("16sH22x", device.encode(), IFF_TUN | IFF_NO_PI))
    return opened


async def pass_on(one, other, delay):
    loop = asyncio.get_running_loop()

    def take(source, sink):
        loop.call_later(delay, os.write, sink, os.read(source, 65536))

    loop.add_reader(one, take, one, other)
    loop.add_reader(other, take, other, one)
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    first, second, name, milliseconds = sys.argv[1:]
    ends = [open_device(each, name) for each in (first, second)]
    asyncio.run(pass_on(*ends, float(milliseconds) / 1000))
