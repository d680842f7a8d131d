// A Flyte service of tests/flyte/server.py behind the bridge.
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { serve } from "./bridge.mjs";
import { root, tempDir } from "./env.mjs";
import { firstLine, start } from "./proc.mjs";

/** Starts a service with `args`: its address, and `control`, which asks the service itself and not through the bridge. */
export async function service(args = []) {
  const python = process.env.RUNBOARD_FLYTE_PYTHON;
  if (!python || !existsSync(python)) throw new Error("RUNBOARD_FLYTE_PYTHON names a python with flyteidl2 and connectrpc; `cargo xtask test --only e2e` makes one");
  const child = start(python, [join(root, "tests/flyte/server.py"), ...args]);
  const url = await firstLine(child);
  const control = async (what) => {
    const answer = await fetch(`${url}control/${what}`);
    if (!answer.ok) throw new Error(`${what}: ${answer.status} ${await answer.text()}`);
    return await answer.json();
  };
  return { url, control };
}

/**
 * A bridge that serves a service as the source `fly`: the one that is given, or one that is started with `args`. `extra` are arguments of the bridge,
 * and `also` the name and scope of a second source over the same service. `alone`: the page has no other source, not even the bridge's own runs.
 */
export async function flyte({ to, args = [], scope = "?org=testorg", also, alone = false, extra = [] } = {}) {
  const { url, control } = to ?? (await service(args));
  const sources = [["fly", scope], ...(also ? [also] : [])].flatMap(([name, scope]) => ["--flyte", `${name}=${url}${scope}`]);
  const config = alone ? join(tempDir("alone"), "config.json") : undefined;
  if (alone) writeFileSync(config, JSON.stringify({ sources: [{ id: "fly", name: "Flyte", kind: "flyte", url: "./proxy/fly/", org: "testorg" }] }));
  const bridge = await serve({ config, extra: [...sources, ...extra] });
  const run = (name, tab = "steps") => `${bridge.url}?view=run&source=fly&run=flytesnacks/development/${name}&tab=${tab}`;
  return { bridge, control, run };
}

/** The requests of a page, from now on, whose paths are such: those that are under way, and the most at once. */
export function pending(page, paths) {
  const held = new Set();
  const count = { held, most: 0 };
  page.on("request", (request) => {
    if (!paths.test(new URL(request.url()).pathname)) return;
    held.add(request);
    count.most = Math.max(count.most, held.size);
  });
  for (const end of ["requestfinished", "requestfailed"]) page.on(end, (request) => held.delete(request));
  return count;
}

/** The streams that a page holds. The service itself learns of one that was given up only when its connection is closed, maybe after the next one came. */
export const streams = (page) => pending(page, /\/(Watch\w+|TailLogs)$/);
