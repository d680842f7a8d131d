"""Asks a Dagster webserver, for seeding and for fixtures.

  ask.py URL launch JOB [CONFIG-JSON]      starts a run and prints its id
  ask.py URL wait RUN...                   waits until they are over, prints `ID STATUS` each
  ask.py URL query [VARIABLES-JSON]        the query stands on stdin; prints the answer
  ask.py URL schema                        prints the server's schema
"""
import json
import sys
import time
import urllib.error
import urllib.request

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))
ENDS = {"SUCCESS", "FAILURE", "CANCELED"}
LAUNCH = """mutation L($p: ExecutionParams!) { launchRun(executionParams: $p) { __typename
  ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } ... on RunConfigValidationInvalid { errors { message } } } }"""
WHERE = """{ workspaceOrError { ... on Workspace { locationEntries { name locationOrLoadError {
  ... on RepositoryLocation { repositories { name } } ... on PythonError { message } } } } } }"""
STATUS = "query S($r: ID!) { runOrError(runId: $r) { ... on Run { status } } }"


def ask(url, query, variables=None):
    body = json.dumps({"query": query, "variables": variables or {}}).encode()
    request = urllib.request.Request(f"{url}/graphql", body, {"Content-Type": "application/json"})
    try:
        with OPENER.open(request, timeout=60) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        return json.load(error)


def launch(url, job, config):
    entry = ask(url, WHERE)["data"]["workspaceOrError"]["locationEntries"][0]
    repository = entry["locationOrLoadError"]["repositories"][0]["name"]
    params = {
        "selector": {"repositoryLocationName": entry["name"], "repositoryName": repository, "jobName": job},
        "runConfigData": config,
        "mode": "default",
    }
    answer = ask(url, LAUNCH, {"p": params})
    try:
        return answer["data"]["launchRun"]["run"]["runId"]
    except (KeyError, TypeError):
        sys.exit(json.dumps(answer)[:2000])


def wait(url, run):
    while True:
        status = ask(url, STATUS, {"r": run})["data"]["runOrError"]["status"]
        if status in ENDS:
            return status
        time.sleep(0.3)


def main():
    url, what, *rest = sys.argv[1:]
    if what == "launch":
        print(launch(url, rest[0], json.loads(rest[1]) if rest[1:] else {}))
    elif what == "wait":
        for run in rest:
            print(run, wait(url, run), flush=True)
    elif what == "schema":
        from graphql import build_client_schema, get_introspection_query, print_schema
        print(print_schema(build_client_schema(ask(url, get_introspection_query())["data"])))
    else:
        print(json.dumps(ask(url, sys.stdin.read(), json.loads(rest[0]) if rest else {}), indent=1))


if __name__ == "__main__":
    main()
