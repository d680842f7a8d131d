// A Flyte service of tests/flyte/server.py behind the bridge.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { serve } from "./bridge.mjs";
import { root } from "./env.mjs";
import { firstLine, start } from "./proc.mjs";

/** Starts a service with `args`, and a bridge that serves it as the source `fly`; `extra` are arguments of the bridge. */
export async function flyte({ args = [], scope = "?org=testorg", extra = [] } = {}) {
  const python = process.env.RUNBOARD_FLYTE_PYTHON;
  if (!python || !existsSync(python)) throw new Error("RUNBOARD_FLYTE_PYTHON names a python with flyteidl2 and connectrpc; `cargo xtask test --only e2e` makes one");
  const child = start(python, [join(root, "tests/flyte/server.py"), ...args]);
  const url = await firstLine(child);
  const bridge = await serve({ extra: ["--flyte", `fly=${url}${scope}`, ...extra] });
  /** Asks the service itself, not through the bridge. */
  const control = async (what) => {
    const answer = await fetch(`${url}control/${what}`);
    if (!answer.ok) throw new Error(`${what}: ${answer.status} ${await answer.text()}`);
    return await answer.json();
  };
  const run = (name, tab = "steps") => `${bridge.url}?view=run&source=fly&run=flytesnacks/development/${name}&tab=${tab}`;
  return { bridge, control, run };
}
