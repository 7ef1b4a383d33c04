"""The client's own pool of connections: known from error texts alone.

A run of mongoping uses one connection at a time, so that its pool is never short.
"""

from __future__ import annotations

from mongoping.model import Cause

POOLS = (
    "https://www.mongodb.com/docs/languages/python/pymongo-driver/current/"
    "connect/connection-options/connection-pools/"
)

CAUSES = (
    Cause(
        code="pool.exhausted",
        title="Too many operations wait for a connection",
        explanation=(
            "Every connection of the pool is in use, and the queue of operations that wait for "
            "one is full as well. The program starts more work at once than its pool can carry; "
            "or operations take long, or never give their connection back."
        ),
        remedies=(
            "Start less at once: put a semaphore or a bounded executor before the calls.",
            "Let more connections be open: maxPoolSize=200 in the connection string (100 is the "
            "default of most drivers), as far as the server has connections to give.",
            "Find slow operations on the server: db.currentOp({active: true, secs_running: "
            "{$gt: 1}})",
            "Use one client for the whole program; close cursors and sessions.",
        ),
        links=(POOLS,),
        alternatives=("pool.timeout",),
        layer="client",
        says=(
            r"MongoWaitQueueFull",
            r"wait queue for acquiring a connection[^\n]{0,120}\bis full",
            r"Too many (?:operations|threads) are already waiting",
            r"\bmaxWaitQueueSize\b",
        ),
    ),
    Cause(
        code="pool.timeout",
        title="No connection of the pool became free in time",
        explanation=(
            "An operation waited for a connection of the client's pool until waitQueueTimeoutMS, "
            "or its own timeout, was over. All connections were in use, or new ones could not be "
            "made fast enough: at most two are being opened at a time."
        ),
        remedies=(
            "Start less at once, or raise maxPoolSize (100 is the default of most drivers).",
            "Keep connections ready for bursts: minPoolSize=10",
            "Give waiting more time than opening takes: waitQueueTimeoutMS above connectTimeoutMS.",
            "See how long opening takes, and in which layer: mongoping check URI",
        ),
        links=(POOLS,),
        alternatives=("pool.exhausted", "network.slow"),
        layer="client",
        says=(
            r"WaitQueueTimeout",
            r"ConnectionCheckOutTimeout",
            r"Timed out (?:while |attempting to )check(?:ing)? out a connection",
            r"Time(?:out|d out) waiting for (?:a )?connection from the connection pool",
            r"Timeout waiting for a pooled (?:item|connection)",
            r"Timed out waiting for a connection after \d{1,9}+ ?ms",
            r"while waiting for a connection to server ",
        ),
    ),
)
