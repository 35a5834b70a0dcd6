"""The original: the Pool of requests-toolbelt, as its documentation shows it.

Reads the task from its first argument, and prints what came of it, as ../measure/run.js does.
"""

import json
import resource
import sys
import threading
import time

from requests_toolbelt.threaded.pool import Pool


def run(task, first, count):
    """Gets so many URLs; the number of good answers, and of exceptions."""
    base = task["origin"] + task["path"]
    urls = ["%s%d" % (base, i) for i in range(first, first + count)]
    pool = Pool.from_urls(urls, num_processes=task["sessions"])
    pool.join_all()
    seen = {response.json()["id"] for response in pool.responses()}
    right = len(seen.intersection(range(first, first + count)))
    return right, sum(1 for _ in pool.exceptions())


def cpu():
    """Seconds of CPU so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


# A thread that dies takes its job with it. Those jobs are counted, and need no traceback each.
threading.excepthook = lambda _: None

task = json.loads(sys.argv[1])
run(task, task["count"], task["warmUp"])
cpu_before, started_at = cpu(), time.monotonic()
responses, errors = run(task, 0, task["count"])
seconds, cpu_seconds = time.monotonic() - started_at, cpu() - cpu_before
figures = {
    "responses": responses,
    "errors": errors,
    "seconds": seconds,
    "cpu": cpu_seconds * 1e6,
    "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}
print(json.dumps(figures))
