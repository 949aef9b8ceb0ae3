"""Addresses of this computer in the local network, and the picture of one that a phone can read."""

from __future__ import annotations

import io
import socket
from contextlib import suppress


def own_addresses() -> tuple[str, ...]:
    """IPv4 addresses under which others in the local network may find this computer, the most likely one last.

    Nothing is sent: a datagram socket is only asked which of its addresses it would use.
    """
    found: list[str] = []
    with suppress(OSError):
        found += [str(one[4][0]) for one in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]
    for other in ("10.255.255.255", "172.31.255.255", "192.168.255.255"):
        with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.connect((other, 9))
            found.append(str(one.getsockname()[0]))
    return tuple(dict.fromkeys(one for one in found if not one.startswith("127.")))


def own_names() -> tuple[str, ...]:
    """Names under which a browser in the local network may ask for this computer; the address to show is the last one."""
    name = socket.gethostname().lower()
    return (name, f"{name.removesuffix('.local')}.local", *own_addresses())


def free_port(host: str, wanted: int) -> int | None:
    """The wanted port, or one of the next ten if it is taken; None if all are."""
    for port in range(wanted, wanted + 11):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with suppress(OSError):
                one.bind((host, port))
                return port
    return None


def qr_code(text: str) -> str:
    """A text as a QR code in SVG, black on white whatever the colors of the page."""
    import segno

    out = io.BytesIO()
    segno.make(text, error="m").save(
        out, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=3, dark="#000", light="#fff", nl=False
    )
    words = f'role="img" aria-label="QR code of {text}" '
    return out.getvalue().decode().replace("<svg ", f"<svg {words}", 1)
