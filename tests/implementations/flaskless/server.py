#!/usr/bin/env python3
"""A Messages API over an event log, on Python's standard library. See ../README.md."""

import argparse
import json
import os
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.setswitchinterval(0.001)
sys.dont_write_bytecode = True

from faults import CATALOGUE  # noqa: E402
from options import deviations, pick  # noqa: E402
from scenery import Scenery  # noqa: E402
from service import Service  # noqa: E402
from wire import Connection, Listener  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--write-target", metavar="FILE")
    parser.add_argument("--choices", metavar="SEED", default="none")
    parser.add_argument("--print-choices", metavar="SEED")
    parser.add_argument("--set", metavar="NAME=VALUE", action="append", default=[])
    parser.add_argument("--fault", metavar="NAME", action="append", default=[])
    parser.add_argument("--list-faults", action="store_true")
    args = parser.parse_args()

    if args.list_faults:
        print(json.dumps([{"name": f.name, "sentence": f.sentence, "violates": f.violates} for f in CATALOGUE.values()], indent=1))
        return
    if args.print_choices is not None:
        choices = pick(args.print_choices)
        print(json.dumps({"choices": choices, "deviates": deviations(choices)}, indent=1))
        return
    unknown = [name for name in args.fault if name not in CATALOGUE]
    if unknown:
        parser.error("no such fault: " + ", ".join(unknown))

    choices = pick(args.choices)
    for text in args.set:
        name, _, value = text.partition("=")
        try:
            choices[name] = json.loads(value)
        except ValueError:
            choices[name] = value
    scenery = Scenery(choices, args.choices)
    service = type("Service", (*(CATALOGUE[name].mixin for name in args.fault), Service), {})(choices, scenery)
    scenery.remember(service)
    if choices["others_write"]:
        scenery.chatter(service, choices["others_write"])

    listener = Listener((args.host, args.port), Connection)
    listener.service = service
    base_url = "http://%s:%d%s" % (args.host, listener.server_address[1], choices["mount"])
    if args.write_target:
        with open(args.write_target + ".part", "w", encoding="utf-8") as file:
            file.write(scenery.target(base_url))
        os.replace(args.write_target + ".part", args.write_target)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os._exit(0))
    print(json.dumps({"base_url": base_url}), flush=True)
    listener.serve_forever()


if __name__ == "__main__":
    main()
