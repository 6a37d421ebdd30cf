#!/usr/bin/env python3
"""Start the servers and look at what they do.

    selftest.py                         choices none and 0 to 20 of both: no MUST may fail, and no SHOULD that is not declared
    selftest.py --choices 5 6           these seeds
    selftest.py --faults                every fault: is something amiss, and is it what the fault declares?
    selftest.py --faults NAME ...       these faults
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import probe  # noqa: E402

SERVERS = {
    "node": ["node", os.path.join(HERE, "node", "server.mjs")],
    "flaskless": [sys.executable, os.path.join(HERE, "flaskless", "server.py")],
}


def ask(name, *options):
    return json.loads(subprocess.run(SERVERS[name] + list(options), capture_output=True, check=True, timeout=60).stdout)


def look(name, *options):
    """What is amiss with a server that is started so, and how many requests it took. The server ends with it."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "target.toml")
        process = subprocess.Popen(SERVERS[name] + ["--port", "0", "--write-target", path, *options],
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            json.loads(process.stdout.readline())["base_url"]
            return probe.run(probe.load(path))
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()


def choices(name, seed):
    found, count = look(name, "--choices", seed)
    expected = set() if seed == "none" else set(ask(name, "--print-choices", seed)["deviates"])
    wrong = {clause: details[:3] for clause, details in found.items() if clause not in expected}
    return "%s choices %s: %d requests, %s" % (name, seed, count, "ok" if not wrong else "WRONG " + json.dumps(wrong)), not wrong


def fault(name, entry):
    found, count = look(name, "--fault", entry["name"])
    hit = [clause for clause in entry["violates"] if clause in found]
    word = "ok" if hit else "other" if found else "UNSEEN"
    first = {clause: details[0] for clause, details in list(found.items())[:5]}
    return "%s %s: %s %s, declared %s, found %s %s" % (name, entry["name"], word, ",".join(hit), ",".join(entry["violates"]), ",".join(sorted(found)),
                                                       "" if hit else json.dumps(first)), bool(hit)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", choices=SERVERS, action="append")
    parser.add_argument("--choices", nargs="*", metavar="SEED")
    parser.add_argument("--faults", nargs="*", metavar="NAME")
    parser.add_argument("--jobs", type=int, default=3)
    args = parser.parse_args()
    work = []
    for name in args.server or SERVERS:
        if args.faults is not None:
            known = ask(name, "--list-faults")
            work += [(fault, name, entry) for entry in known if not args.faults or entry["name"] in args.faults]
        else:
            work += [(choices, name, seed) for seed in args.choices or ["none", *map(str, range(21))]]
    good = True
    with ThreadPoolExecutor(args.jobs) as pool:
        for line, fine in pool.map(lambda job: job[0](*job[1:]), work):
            print(line, flush=True)
            good = good and fine
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
