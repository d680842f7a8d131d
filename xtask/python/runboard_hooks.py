"""Hooks for schemathesis: most of the made-up run ids become ids of runs that are there, so that more than 404 is answered."""

import os

import schemathesis

IDS = os.environ.get("RUNBOARD_RUN_IDS", "").split()


@schemathesis.hook
def map_path_parameters(ctx, path_parameters):
    run = (path_parameters or {}).get("id")
    if not IDS or not isinstance(run, str):
        return path_parameters
    place = sum(map(ord, run)) % (len(IDS) + 2)
    return {**path_parameters, "id": IDS[place]} if place < len(IDS) else path_parameters
