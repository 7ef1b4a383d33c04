"""Causes in the server itself, found only in its log and in what the system says about it.

A run of mongoping reaches no server that did not start; it only sees that the port refuses.
"""

from __future__ import annotations

from mongoping.model import Cause, Remedy

MANUAL = "https://www.mongodb.com/docs/manual/"
EXITS = MANUAL + "reference/exit-codes/"
PRODUCTION = MANUAL + "administration/production-notes/"
STORAGE = MANUAL + "reference/configuration-options/#storage-options"
KEYS = MANUAL + "tutorial/deploy-replica-set-with-keyfile-access-control/"
READ_LOG = Remedy("Read the end of the log:", command="sudo tail -n 50 /var/log/mongodb/mongod.log")
READ_DOCKER = Remedy(
    "Read the end of the container's log:", command="docker logs --tail 50 CONTAINER"
)
READ_POD = Remedy(
    "Read the log of the pod's previous container:", command="kubectl logs POD --previous"
)


def exit_words(code: int) -> str:
    """Return an expression for a mongod that ended with an exit code, as its runtime reports it."""
    return (
        rf"shutting down with code:{code}\b|\"exitCode\":\s?{code}\b"
        rf"|mongo[\w.-]{{0,60}}+ exited with code {code}\b"
        rf"|mongo[\w.-]{{0,60}}+: Main process exited, code=exited, status={code}\b"
        rf"|\bmongo[\w.-]{{0,60}}+\s[^\n]{{0,80}}?Exited \({code}\)"
        rf"|\bchild process failed, exited with (?:error number )?{code}\b"
        rf"|\bmongo[\w.-]{{0,60}}+\W[^\n]{{0,40}}?\bexit(?:ed)?(?: with)?(?: code| status)?:? ?{code}\b"
    )


CAUSES = (
    Cause(
        code="server.port-in-use",
        title="mongod did not start, because its port is in use",
        explanation=(
            "Another process already listens on mongod's address and port, so mongod ends with exit "
            "code 48. Often it is a second mongod, started by hand, by a package or by Docker."
        ),
        remedies=(
            Remedy("Find the process that has the port:", command="sudo ss -ltnp 'sport = :27017'"),
            Remedy(
                "Stop a second mongod that you do not need:",
                command="sudo systemctl stop mongod",
            ),
            Remedy(
                "Find the container that publishes the port:",
                command="docker ps --filter publish=27017",
            ),
            "Give this mongod another port: net.port in mongod.conf, or the first number under "
            "ports in Docker Compose.",
            "Run at most one pod with hostNetwork or hostPort per Kubernetes node.",
        ),
        links=(EXITS, MANUAL + "reference/configuration-options/#net-options"),
        alternatives=("server.not-started",),
        layer="tcp",
        says=(
            r"(?:Error setting up listener|Failed to set ?up listener)[^\n]{0,200}"
            r"(?:Address already in use|Only one usage of each socket address)",
            r"Error listening for new connections on listen address[^\n]{0,200}"
            r"Address already in use",
            r"listen\(\): bind\(\) failed[^\n]{0,60}(?:already in use|Only one usage)",
            r"\b(?:Bind for|listen tcp[46]?|exposing port TCP) (?>\S{0,60}?:27\d{3})[^\n]{0,120}"
            r"(?:port is already allocated|address already in use)",
            r"(?#likely)EADDRINUSE\b[^\n]{0,80}:27\d{3}\b",
            rf"(?#possible){exit_words(48)}",
        ),
    ),
    Cause(
        code="server.data-directory",
        title="mongod cannot use its data directory or another of its files",
        explanation=(
            "mongod could not read, create or lock a file that it needs: its data directory is "
            "missing, belongs to another user or is in use by another mongod, or this is true of "
            "its lock, socket or log file. Often mongod ran as root once, or a volume has another "
            "owner than the user in the container."
        ),
        remedies=(
            Remedy(
                "Give the files back to mongod's user (mongod instead of mongodb on Red Hat):",
                command="sudo chown -R mongodb:mongodb /var/lib/mongodb /var/log/mongodb",
            ),
            Remedy(
                "Delete a socket file that another user left behind:",
                command="sudo rm /tmp/mongodb-27017.sock",
            ),
            Remedy(
                "If another mongod uses the directory, stop it first:", command="pgrep -a mongod"
            ),
            Remedy("Create a missing directory:", command="sudo mkdir -p /var/lib/mongodb"),
            "Use a named volume in Docker, or make the host folder writable for user 999. Folders "
            "of Windows and macOS hosts, NFS and SMB shares often do not work.",
            "Set securityContext.fsGroup: 999 for the Kubernetes pod, and let only one pod use the "
            "volume.",
        ),
        links=(STORAGE, EXITS),
        alternatives=("server.not-started",),
        layer="tcp",
        says=(
            r"Data directory \S{1,300} not found",
            r"\bdbpath \(\S{1,300}\) does not exist",
            r"lock file on a read-only directory",
            r"\bDBPathInUse\b|Another mongod instance is already running on the",
            r"Unable to (?:create/open|lock|open) the lock file",
            r"couldn't open \S{1,300}mongod\.lock",
            r"(?#likely)exception in initAndListen[^\n]{0,40}\b1: Operation not permitted",
            r"WiredTiger[^\n]{0,300}(?:Permission denied|Operation not permitted|Read-only file)",
            r"(?:handle-open: open|directory-list: opendir|fh?ile-?rename|handle-sync: fsync)[^\n]"
            r"{0,40}: (?:Permission denied|Operation not permitted|Read-only file)",
            r"Failed to unlink socket file[^\n]{0,200}"
            r"(?:Permission denied|not permitted|errno:(?:13|1)\b)",
            r"chown: changing ownership of \W?/data/(?:db|configdb)",
            r"find: \W?/data/(?:db|configdb)[^\n]{0,100}: Permission denied",
            r"Failed to open \"?(?>/\S{0,300}?mongo)\S{0,60}?\.log",
            r"(?#likely)(?:Error setting up listener|Failed to set ?up listener)[^\n]{0,200}"
            r"Permission denied",
            rf"(?#possible){exit_words(100)}",
        ),
    ),
    Cause(
        code="server.key-file",
        title="mongod did not start, because it cannot use its key file",
        explanation=(
            "The members of a replica set authenticate with a shared key file (security.keyFile). "
            "It must exist, belong to mongod's user, be closed to all other users (mode 400 or "
            "600), and contain 6 to 1024 Base64 characters. With authorization, a replica set "
            "requires one."
        ),
        remedies=(
            Remedy("Create a valid key file:", command="openssl rand -base64 756 > mongo.key"),
            Remedy("Close it to other users:", command="chmod 400 mongo.key"),
            Remedy(
                "Give it to mongod's user (mongod instead of mongodb on Red Hat):",
                command="sudo chown mongodb:mongodb mongo.key",
            ),
            Remedy("Give it to the user in the Docker image:", command="sudo chown 999 mongo.key"),
            "Copy it inside the container on Docker Desktop for Windows, where a mounted file is "
            "open to all users, and set its owner and mode before mongod starts.",
            "Mount the Kubernetes secret with defaultMode: 0400, and set "
            "securityContext.fsGroup: 999.",
        ),
        links=(KEYS, MANUAL + "core/security-internal-authentication/"),
        layer="tcp",
        says=(
            r"Read security file failed",
            r"(?<!ssh: )\bpermissions on \S{1,300} are too open",
            r"invalid char in key file",
            r"Security key size is out|security key in \S{1,300} has length",
            r"Unable to acquire security key",
            r"security\.keyFile is required when authorization is enabled",
            r"error opening file: \S{1,300}: bad file",
            r"Error reading file (?>\S{1,300}?key)\S{0,60}: Permission denied",
        ),
    ),
    Cause(
        code="server.no-avx",
        title="mongod did not start, because it needs instructions that this CPU does not have",
        explanation=(
            "MongoDB 5.0 and later need a CPU with AVX on x86-64, and ARMv8.2-A on ARM. Without "
            "them, the system ends mongod with an illegal instruction (SIGILL, exit code 132) "
            "before it writes a log. Old and low-power CPUs, the Raspberry Pi 4, and virtual "
            "machines with a generic CPU model do not have them."
        ),
        remedies=(
            Remedy(
                "Check whether the CPU has AVX (x86-64):", command="grep -c -w avx /proc/cpuinfo"
            ),
            "On a virtual machine, pass the host's CPU through: CPU type 'host' in Proxmox, QEMU "
            "and libvirt.",
            "Use the Docker image mongo:4.4, the last series that runs without AVX. It is past its "
            "end of life.",
            "Install MongoDB 4.4, or move to a machine with a newer CPU.",
            "Schedule the pod on Kubernetes nodes whose CPUs have AVX.",
        ),
        links=(PRODUCTION, EXITS),
        alternatives=("server.not-started",),
        layer="tcp",
        says=(
            r"requires a CPU with AVX support",
            r"MongoDB requires ARMv8\.2-A or higher",
            r"\bmongo[ds]\b[^\n]{0,120}Illegal instruction",
            r"Illegal instruction[^\n]{0,120}\bmongo[ds](?:\b|Hacked)",
            r"\bmongo[\w.-]{0,60}+: [^\n]{0,80}status=4/ILL",
            r"\bmongo[ds]\b\[\d{1,9}\] trap invalid opcode",
            r"(?#likely)\bmongo(?>[^\n]{0,200}\n)[^\n]{0,200}?\bIllegal instruction",
            r"(?#likely)mongo[\w.-]{0,60}+ exited with code 132\b",
            r"(?#likely)\bmongo[\w.-]{0,60}+\s[^\n]{0,200}?Exited \(132\)",
            r"(?#likely)\bExit Code:\s{1,12}132\b",
        ),
    ),
    Cause(
        code="server.out-of-memory",
        title="The system ended mongod, because memory ran out",
        awaits="the server to have memory",
        explanation=(
            "mongod, or its container, used more memory than there is, and the kernel killed it "
            "(SIGKILL, exit code 137). Connections break without a message in mongod's log. By "
            "default, mongod's cache takes half of the machine's memory, in addition to what "
            "connections and queries need."
        ),
        remedies=(
            Remedy(
                "Confirm it in the kernel's log:",
                command="sudo journalctl -k --grep 'Out of memory|oom-kill'",
            ),
            Remedy(
                "Confirm it for the container, then raise mem_limit or the memory of Docker "
                "Desktop:",
                command="docker inspect --format '{{.State.OOMKilled}}' CONTAINER",
            ),
            "Raise resources.limits.memory of the container in Kubernetes.",
            "Limit the cache: storage.wiredTiger.engineConfig.cacheSizeGB in mongod.conf, or "
            "--wiredTigerCacheSizeGB 0.5.",
            "Limit the connections of your clients (maxPoolSize); each needs up to 1 MB.",
        ),
        links=(PRODUCTION, MANUAL + "faq/diagnostics/#memory-diagnostics"),
        alternatives=("server.not-started",),
        layer="tcp",
        says=(
            r"Killed process \d{1,9}+,? \(mongo[ds]\)",
            r"oom-kill[^\n]{0,300}\btask=mongo[ds]\b",
            r"\bmongo[ds]\b invoked oom-killer",
            r"\bmongo[\w.-]{0,60}+: [^\n]{0,80}(?:OOM killer|'oom-kill')",
            r"WiredTiger (?:error|\()[^\n]{0,300}Cannot allocate memory",
            r"(?#likely)\bOOMKilled\b(?!\W{1,4}false)",
            r"(?#likely)\bmongo[\w.-]{0,60}+: [^\n]{0,80}status=9/KILL",
            r"(?#possible)mongo[\w.-]{0,60}+ exited with code 137\b",
            r"(?#possible)\bmongo[\w.-]{0,60}+\s[^\n]{0,200}?Exited \(137\)",
            r"(?#possible)\bExit Code:\s{1,12}137\b",
        ),
    ),
    Cause(
        code="server.disk-full",
        title="mongod cannot write, because its disk is full",
        awaits="the server to have disk space",
        explanation=(
            "The file system of the data directory has no space left. mongod ends, or does not "
            "start, because it cannot write its journal. It may also have run out of inodes or "
            "reached a quota."
        ),
        remedies=(
            Remedy("Show the free space of the data directory:", command="df -h /var/lib/mongodb"),
            "Free space, or enlarge the disk. Never delete files in the data directory.",
            Remedy("Remove unused images and containers:", command="docker system prune"),
            "Enlarge the volume in Kubernetes: raise spec.resources.requests.storage of the "
            "PersistentVolumeClaim.",
            Remedy("If there is free space, check the inodes:", command="df -i /var/lib/mongodb"),
        ),
        links=(STORAGE, PRODUCTION),
        layer="tcp",
        says=(
            r"(?:WiredTiger|\bmongo[ds]\b|/data/db|/var/lib/mongo|journal)[^\n]{0,400}"
            r"(?:No space left on device|There is not enough space on the disk)",
            r"Insufficient free space for journal",
            r"while out of disk space",
            r"(?#likely)\bOutOfDiskSpace\b",
        ),
    ),
    Cause(
        code="server.feature-compatibility",
        title="mongod did not start, because its data files are from another version",
        explanation=(
            "A mongod only opens data files whose featureCompatibilityVersion is its own or the "
            "previous major version. Upgrades go one major version at a time, and each ends with "
            "setFeatureCompatibilityVersion. Typical is an image tag such as mongo:latest, which "
            "moved on by more than one version. mongod ends with exit code 62."
        ),
        remedies=(
            "Start the version that last used these files; nothing in them has changed.",
            "Then upgrade one major version at a time (4.4, 5.0, 6.0, 7.0, 8.0).",
            Remedy(
                "After each step, set the version (from 7.0 on with confirm: true):",
                command="mongosh --eval "
                "'db.adminCommand({setFeatureCompatibilityVersion: \"6.0\"})'",
            ),
            "Name the major version of the image (mongo:6.0, not mongo:latest).",
            "If you can do without the data, start with an empty data directory or volume.",
        ),
        links=(
            MANUAL + "reference/command/setFeatureCompatibilityVersion/",
            MANUAL + "release-notes/",
        ),
        hidden_by=("server.data-directory", "server.disk-full", "server.out-of-memory"),
        layer="tcp",
        says=(
            r"UPGRADE PROBLEM",
            r"\bWrong mongod version\b",
            r"invalid featureCompatibilityVersion document",
            r"too recent to start up on the existing data files",
            r"unsupported WiredTiger file version|WiredTiger version incompatible",
            r"Cannot start server with an unknown storage engine",
            r"created by the '?\w{1,20}'? storage engine, but the specified storage engine was",
            r"(?#likely)under any compatibility version(?![\s\S]{0,4000}metadata corruption)",
            rf"(?#likely){exit_words(62)}",
        ),
    ),
    Cause(
        code="server.keys-not-found",
        title="The servers do not have the keys to verify cluster times yet",
        awaits="the cluster to share its keys",
        explanation=(
            "The members of a replica set or sharded cluster sign the cluster time with keys that "
            "they keep in admin.system.keys and renew every three months. A member that does not "
            "have the key for a time answers KeyNotFound (211): soon after a start, an initiation "
            "or a failover, when it cannot reach the primary or the config servers, or when its "
            "clock is wrong."
        ),
        remedies=(
            "Wait a minute and retry: after a start or an election this passes.",
            Remedy(
                "Check the clock of every member:",
                command="timedatectl show --property=NTPSynchronized",
            ),
            Remedy(
                "Check that all members are up and see a primary:",
                command="mongosh --quiet --eval 'rs.status().members'",
            ),
            "Restart the clients if the set was deleted and initiated again, because they still "
            "send cluster times of the old one.",
        ),
        links=(MANUAL + "core/read-isolation-consistency-recency/", MANUAL + "replication/"),
        layer="topology",
        says=(
            r"No keys found for HMAC",
            r"\bKeyNotFound\b",
            r"(?#likely)⟨code 211⟩",
        ),
    ),
    Cause(
        code="server.not-started",
        title="mongod did not start, or ended with a fatal error",
        awaits="the server to start",
        explanation=(
            "mongod ended by itself, usually while it was starting, so nothing listens on its "
            "port. Its log says why, in the lines before the end: look for severity F or E. If "
            "there is no log, the reason is on standard error or in the journal."
        ),
        remedies=(
            READ_LOG,
            Remedy(
                "Read what systemd says:",
                command="sudo journalctl -u mongod --no-pager -n 50",
            ),
            READ_DOCKER,
            READ_POD,
            Remedy(
                "Find mistakes in the configuration file:",
                command="mongod --config /etc/mongod.conf --outputConfig",
            ),
            "If net.bindIp contains an address that this machine does not have, correct it.",
        ),
        links=(EXITS, MANUAL + "reference/configuration-options/"),
        hidden_by=(
            "server.port-in-use",
            "server.data-directory",
            "server.key-file",
            "server.no-avx",
            "server.out-of-memory",
            "server.disk-full",
            "server.feature-compatibility",
        ),
        alternatives=("server.data-directory", "server.port-in-use"),
        layer="tcp",
        says=(
            r"(?:Error setting up listener|Failed to set ?up listener)[^\n]{0,200}"
            r"(?:Cannot assign requested address|requested address is not valid)",
            r"\btry '[^'\n]{0,200}mongo[ds](?:\.exe)? --help' for more information",
            r"\bmongo[ds]: error while loading shared libraries",
            r"Failed to start (?:up )?(?:mongod|MongoDB Database|\S{0,20}MongoDB)",
            r"WiredTiger metadata corruption|WT_TRY_SALVAGE",
            r"(?#likely)\binitandlisten\b[^\n]{0,900}(?:__wt_bm_corrupt|\bread checksum error)",
            r"(?#likely)Error during global initialization",
            r"(?#likely)exception in initAndListen",
            r"(?#likely)aborting after fassert\(\) failure",
            r"(?#likely)\bchild process failed, exited with",
            r"(?#likely)\bmongo[\w.-]{0,60}+: (?:Main process exited|Failed with result)",
            rf"(?#possible){exit_words(14)}",
        ),
    ),
)
