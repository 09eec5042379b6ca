"""``python -m engine.worker --store DIR --device cpu --id NAME``: one worker, in this process.

Front ends start it detached (:func:`engine.launch.ensure_workers`). SIGTERM and SIGINT make it
checkpoint and leave. It takes its lease before it imports torch, so that who started it need not
wait for that.
"""

from __future__ import annotations

import argparse
import logging
import signal
import sys
from pathlib import Path

from store.database import Store
from store.errors import StoreError
from store.leases import WorkerLease

log = logging.getLogger("engine.worker")


def main(arguments: list[str] | None = None) -> int:
    """Run a worker; 0 when it left in good order, 1 when it could not go on."""
    parser = argparse.ArgumentParser(prog="engine.worker", description=__doc__)
    parser.add_argument("--store", type=Path, required=True)
    parser.add_argument("--device", required=True)
    parser.add_argument("--id", required=True)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--memory", type=int, help="bytes that an ensemble may take")
    parser.add_argument("--checkpoint-seconds", type=float, default=60.0)
    options = parser.parse_args(arguments)
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(message)s",
        handlers=[logging.StreamHandler(sys.stderr)],
    )
    try:
        store = Store.open(options.store)
        told = {"device": options.device, "state": "started"}
        with WorkerLease(store.layout, options.id, told) as lease:
            from engine.worker.service import Worker  # takes a second or two: torch

            worker = Worker(
                store,
                lease,
                options.device,
                threads=options.threads,
                memory_bytes=options.memory,
                checkpoint_seconds=options.checkpoint_seconds,
            )
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: worker.leaving.set())
            signal.signal(signal.SIGHUP, signal.SIG_IGN)
            log.info("worker %s on %s", options.id, options.device)
            return 0 if worker.work() else 1
    except StoreError as error:
        log.error("%s", error)
        return 1
    except Exception:
        log.exception("the worker stopped")
        return 1


if __name__ == "__main__":
    raise SystemExit(main())
