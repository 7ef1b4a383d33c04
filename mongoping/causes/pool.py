"""Causes in the client's connection pool, found only in error texts.

A run of mongoping uses one connection at a time, so its own pool is never exhausted.
"""

from __future__ import annotations

from mongoping.model import Cause, Remedy

POOLS = (
    "https://www.mongodb.com/docs/languages/python/pymongo-driver/current/"
    "connect/connection-options/connection-pools/"
)

CAUSES = (
    Cause(
        code="pool.exhausted",
        title="Too many operations are waiting for a connection",
        awaits="a connection of the pool",
        explanation=(
            "Every connection of the pool is in use, and the queue of waiting operations is full. "
            "The program starts more operations at once than its pool has connections, or "
            "operations take long, or never return their connection."
        ),
        remedies=(
            "Limit the operations that run at once, with a semaphore or a bounded executor.",
            "Set maxPoolSize=200 in the connection string (the default of most drivers is 100), if "
            "the server has enough connections.",
            Remedy(
                "Find slow operations on the server:",
                command="mongosh --eval 'db.currentOp({active: true, secs_running: {$gt: 1}})'",
            ),
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
        title="No connection in the pool became free in time",
        awaits="a connection of the pool",
        explanation=(
            "An operation waited for a connection from the client's pool until waitQueueTimeoutMS, "
            "or its own timeout, expired. All connections were in use, or new ones could not be "
            "opened fast enough: drivers open at most two at a time."
        ),
        remedies=(
            "Limit the operations that run at once, or raise maxPoolSize (100 by default in most "
            "drivers).",
            "Set minPoolSize=10, to keep connections ready for bursts.",
            "Set waitQueueTimeoutMS above connectTimeoutMS.",
            Remedy(
                "Measure how long opening a connection takes, and in which layer:",
                command='mongoping check "$MONGODB_URI" --verbose',
            ),
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
