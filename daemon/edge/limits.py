"""What a client may take of us."""

from __future__ import annotations

from daemon.edge.proxies import TrustedProxies
from shared.structs import Value, field


class EdgeLimits(Value):
    """How much of our time, memory and sockets a client may take."""

    body_limit_bytes: int = 64 * 1024
    words_limit_bytes: int = 1024 * 1024  # of a live session; the first 64 Ki of them are kept
    response_limit_bytes: int = 32 * 1024 * 1024
    max_connections: int = 100
    max_connections_per_peer: int = 10
    proxies: TrustedProxies = field(default_factory=TrustedProxies)
    header_seconds: float = 10
    body_seconds: float = 30
    slowest_bytes_per_second: float = 64 * 1024  # a body's length / this is added
    longest_body_seconds: float = 900
    idle_seconds: float = 75
    answer_seconds: float = 120  # the Web Connector gives up after 100
    closing_seconds: float = 5  # for a refused client to read why
