// Flyte where not all is well: streams that do not pass, no data proxy, a server that is not ready, and pages that stand in front of it.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { serve } from "./lib/bridge.mjs";
import { tempDir } from "./lib/env.mjs";
import { flyte, service } from "./lib/flyte.mjs";
import { open, shows, until } from "./lib/page.mjs";
import { later } from "./lib/proc.mjs";

const PROVOKED = { allow: [/Failed to load resource/, /net::ERR_/] };
const step = (page, key, phase) =>
  until(page, ([key, phase]) => document.querySelector(`[data-step-key="${key}"]`)?.dataset.phase === phase, [key, phase], `${key} is ${phase}`);

const here = {};
before(async () => {
  here.bare = await service(["--no-dataproxy"]);
  here.fly = await flyte({ to: here.bare });
});

test("flyte odd: without a data proxy there are no values and no logs, and where they are stored is said", async (t) => {
  const page = await open(t, `${here.fly.run("rdone")}&step=a0`, PROVOKED);
  await shows(page, "[aria-label=Step]", "s3://data/rdone/a0/inputs.pb");
  await shows(page, "[aria-label=Step]", "s3://data/rdone/a0/outputs.pb");
  await shows(page, "[aria-label=Step]", "this server has no DataProxy");
  await page.goto(here.fly.run("rdone", "logs"));
  await shows(page, "main", /no log/i);
});

test("flyte odd: where streams do not pass, the actions of a run are asked for, and the page says so", async (t) => {
  await here.bare.control("block?on=1");
  const page = await open(t, here.fly.run("rtree"), PROVOKED);
  await step(page, "approve", "paused");
  await shows(page, "main", "are asked for every few seconds instead");
  await here.bare.control("add?run=rtree&name=late&phase=4");
  await step(page, "late", "running");
  await here.bare.control("set?run=rtree&action=late&phase=5");
  await step(page, "late", "succeeded");
  const { asked } = await here.bare.control("streams");
  assert.ok(asked.ListActions >= 2, JSON.stringify(asked));
  await here.bare.control("block?on=0");
});

test("flyte odd: up but not ready is said with the server's words; its projects are named", async (t) => {
  await here.bare.control("ready?words=database+is+locked");
  const page = await open(t, `${here.fly.bridge.url}?view=sources`, PROVOKED);
  const parts = "[data-source=fly] [aria-label='Parts of the source']";
  await shows(page, parts, "the server is up but not ready: database is locked");
  await here.bare.control("ready?words=");
  await page.goto(`${here.fly.bridge.url}?view=sources`);
  await shows(page, parts, /flytesnacks[\s\S]*development, staging, production/);
  await shows(page, parts, "billing");
});

test("flyte odd: a project that is not there is named with those that are", async (t) => {
  const fly = await flyte({ to: here.bare, scope: "?org=testorg&project=flitesnacks&domain=development" });
  const page = await open(t, `${fly.bridge.url}?view=sources`, PROVOKED);
  await shows(page, "[data-source=fly]", "there is no project flitesnacks: it has flytesnacks, billing");
});

test("flyte odd: a page to sign in, and a proxy with nothing behind it, are told from the service", async (t) => {
  await here.bare.control("page?status=200");
  const page = await open(t, `${here.fly.bridge.url}?view=sources`, PROVOKED);
  await shows(page, "[data-source=fly]", "a web page (a login page or a proxy's page?)");
  await here.bare.control("page?status=502");
  await page.goto(`${here.fly.bridge.url}?view=sources`);
  await shows(page, "[data-source=fly]", /HTTP 502|502/);
  // The list of this source alone does not say that it has no runs, though another one answers.
  await page.goto(`${here.fly.bridge.url}?source=fly`);
  await shows(page, "main", "No source can be reached");
  await here.bare.control("page?status=0");
  await page.goto(`${here.fly.bridge.url}?source=fly`);
  await until(page, () => document.querySelector("[data-run-id$='/rdone']"));
});

test("flyte odd: the unified binary is asked from another origin, streams and changes included", async (t) => {
  const unified = await service(["--cors"]);
  const source = { id: "fly", name: "Flyte", kind: "flyte", url: unified.url, org: "testorg", actions: true };
  // The bridge serves the page alone: its policy lets the page ask whom its configuration names.
  const config = join(tempDir("cors"), "config.json");
  writeFileSync(config, JSON.stringify({ sources: [source] }));
  const front = await serve({ config });
  later(t, () => front.stop());
  const page = await open(t, `${front.url}?view=run&source=fly&run=flytesnacks/development/rlive&tab=steps`, { allow: [/request to another origin: http:\/\/127\.0\.0\.1/] });
  await step(page, "s1", "running");
  await unified.control("add?run=rlive&name=s2&phase=4");
  await step(page, "s2", "running");
  await page.getByRole("button", { name: "Terminate …" }).click();
  await page.getByRole("dialog").getByLabel("reason").fill("from afar");
  await page.getByRole("dialog").getByRole("button", { name: "Terminate", exact: true }).click();
  await step(page, "a0", "canceled");
  assert.equal((await unified.control("run?run=rlive")).abort, "from afar");
  // What only reads is asked without a preflight.
  const { asked, gets } = await unified.control("streams");
  assert.deepEqual([gets.ListRuns, gets.GetRunDetails, gets.AbortRun], [asked.ListRuns, asked.GetRunDetails, undefined]);
});
