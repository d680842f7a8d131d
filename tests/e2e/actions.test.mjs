// What can be done to recorded runs: each by a dialog that says what will happen, once, and only where it is allowed.
import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { ids, live, record, serve, writeHistory } from "./lib/bridge.mjs";
import { bridge as bin, tempDir } from "./lib/env.mjs";
import { lists, open, shows, until } from "./lib/page.mjs";
import { later } from "./lib/proc.mjs";
import { proxy } from "./lib/web.mjs";

const ALLOWED = [/Failed to load resource/, /net::ERR_/];
let bridge;
const dir = tempDir("actions");

before(async () => {
  const record = { run_id: "h-old", started_at: "2020-01-01T00:00:00Z", ended_at: "2020-01-01T00:01:00Z", result: "success", stages_executed: ["x"], stages_failed: [], retry_count: 0, metadata: { job: "old" } };
  bridge = await serve({ dir, histories: { history: writeHistory(dir, [record]) }, extra: ["--allow-actions"] });
});
after(() => bridge?.stop());

const at = (id, source = "local") => `${bridge.url}?view=run&source=${source}&run=${id}`;
const button = (page, verb) => page.getByRole("group", { name: "Actions" }).getByRole("button", { name: verb });
const dialog = (page, verb) => page.getByRole("dialog", { name: `${verb} this run?` });
const press = (page, verb, confirm = verb) => dialog(page, verb).getByRole("button", { name: confirm, exact: true }).click();
const status = (page, word) => until(page, (word) => document.querySelector(".run__title")?.dataset.phase === word, word, `the run is ${word}`);
/** The buttons that the run's head has. */
const offered = (page) => page.evaluate(() => [...document.querySelectorAll(".actions > button")].map((button) => button.textContent.replace(" …", "")));

/** A run of three steps whose second fails until `gate` is there. */
async function broken(gate, job = "pipeline") {
  // Written out: the bridge that resumes it has no variables of the tests.
  const step = `${bin} record --job step --step`;
  const script = `${step} fetch -- echo fetched; ${step} load -- sh -c 'test -e ${gate} && echo loaded' || exit 3; ${step} report -- echo reported`;
  return await record(dir, job, script);
}

test("actions: none where the bridge or config.json does not allow them, and none of a history", async (t) => {
  const id = await record(dir, "plain", "echo x");
  const page = await open(t, at(id));
  await until(page, () => document.querySelectorAll(".actions > button").length > 0);
  assert.deepEqual(await offered(page), ["Re-execute", "Delete"], "a run that succeeded is neither resumed nor terminated");
  await page.goto(at("h-old", "history"));
  await status(page, "succeeded");
  await shows(page, "nav.strip", /history\s*(live|polling)/);
  assert.deepEqual(await offered(page), []);
  const reader = await serve({ dir });
  later(t, () => reader.stop());
  await page.goto(`${reader.url}?view=run&source=local&run=${id}`);
  await status(page, "succeeded");
  assert.deepEqual(await offered(page), []);
  const config = join(dir, "config.json");
  writeFileSync(config, JSON.stringify({ sources: [{ id: "local", url: "./api/v1/local/" }] }));
  const silent = await serve({ dir, config, extra: ["--allow-actions"] });
  later(t, () => silent.stop());
  await page.goto(`${silent.url}?view=run&source=local&run=${id}`);
  await status(page, "succeeded");
  assert.deepEqual(await offered(page), [], "the operator's config.json does not say actions");
});

test("actions: the dialog says what will happen, Cancel has the focus, and Escape does nothing but close it", async (t) => {
  const run = await live(dir, "sleeper");
  later(t, () => run.end().catch(() => {}));
  const page = await open(t, at(run.id));
  await status(page, "running");
  await button(page, "Terminate").click();
  await shows(page, "dialog", run.id);
  await shows(page, "dialog", "sleeper");
  await shows(page, "dialog", /command\s*sh/);
  await until(page, () => document.activeElement?.textContent === "Cancel");
  await page.keyboard.press("Escape");
  await until(page, () => !document.querySelector(".dialog"));
  await until(page, () => document.activeElement?.textContent === "Terminate …", undefined, "the focus on the button that opened it");
  assert.equal((await bridge.get(`runs/${run.id}`)).run.status, "running");
  // The dialog stays while the run goes on under it.
  await button(page, "Delete").click();
  await shows(page, "dialog", /still goes on: it is killed first/);
  run.say("echo more");
  await shows(page, "dialog", /still goes on/);
  await dialog(page, "Delete").getByRole("button", { name: "Cancel" }).click();
  await until(page, () => !document.querySelector(".dialog"));
});

for (const policy of ["safe", "immediate"]) {
  test(`actions: terminate (${policy}) ends the run, and the page stays`, async (t) => {
    const run = await live(dir, `endless ${policy}`);
    const page = await open(t, at(run.id));
    await status(page, "running");
    await button(page, "Terminate").click();
    await dialog(page, "Terminate").locator(`input[value=${policy}]`).check();
    await press(page, "Terminate");
    await until(page, () => !document.querySelector(".dialog"));
    await status(page, "canceled");
    await run.child.done;
    assert.equal(new URL(page.url()).searchParams.get("run"), run.id);
    await until(page, () => [...document.querySelectorAll(".actions > button")].map((each) => each.textContent[0]).join("") === "RRD");
  });
}

test("actions: delete removes the run's folder and leads back to the list where it stood", async (t) => {
  const id = await record(dir, "doomed", "echo x");
  const page = await open(t, `${bridge.url}?job=doomed`);
  await lists(page, [id]);
  await page.locator(`[data-run-id="${id}"] a`).click();
  await button(page, "Delete").click();
  await shows(page, "dialog", /cannot be undone/);
  await press(page, "Delete");
  await shows(page, "main", "No run matches");
  assert.equal(new URL(page.url()).search, "?job=doomed");
  assert.equal(existsSync(join(dir, "runs", id)), false);
});

test("actions: re-execute leads to the new run", async (t) => {
  const id = await record(dir, "again", "echo once more");
  const page = await open(t, at(id));
  await button(page, "Re-execute").click();
  await shows(page, "dialog", /command\s*sh -c 'echo once more'/);
  await press(page, "Re-execute");
  await until(page, (id) => { const run = document.querySelector("article.run")?.dataset.runId; return run && run !== id; }, id);
  await status(page, "succeeded");
  const made = new URL(page.url()).searchParams.get("run");
  assert.equal((await bridge.get(`runs/${made}`)).run.parent ?? (await bridge.get(`runs/${made}`)).run.lineage?.parent, id);
});

test("actions: resume shows its plan, runs what has not succeeded, and the page follows the run again", async (t) => {
  const gate = join(dir, "gate-1");
  const id = await broken(gate);
  const page = await open(t, at(id));
  await status(page, "failed");
  await button(page, "Resume").click();
  await shows(page, ".plan__total", /^Total: \d+ steps? to execute, 1 step to skip/);
  const plan = await page.evaluate(() => Object.fromEntries([...document.querySelectorAll("[data-plan]")].map((row) => [row.dataset.stepKey, row.dataset.plan])));
  assert.equal(plan.fetch, "skip");
  assert.equal(plan.load, "retry");
  const totals = await page.evaluate(() => Object.fromEntries([...document.querySelectorAll("[data-plan-total]")].map((each) => [each.dataset.planTotal, Number(each.textContent)])));
  assert.deepEqual(Object.keys(totals), ["skip", "retry", "run", "blocked"]);
  assert.equal(totals.skip, 1);
  for (const row of await page.locator("[data-plan] td:nth-child(3)").allTextContents()) assert.ok(row.length > 3, "each step has a reason");
  await dialog(page, "Resume").locator("input[value=failed]").check();
  await until(page, () => document.querySelector(".plan__total"));
  writeFileSync(gate, "");
  await dialog(page, "Resume").getByRole("button", { name: /^Resume \d+ step/ }).click();
  await status(page, "succeeded");
  assert.equal(new URL(page.url()).searchParams.get("run"), id);
  assert.ok(ids(dir).includes(id));
});

test("actions: a plan that is no longer true is refused, and the new one is shown", async (t) => {
  const gate = join(dir, "gate-2");
  const id = await broken(gate, "moved on");
  const page = await open(t, at(id), { allow: ALLOWED });
  await button(page, "Resume").click();
  await shows(page, ".plan__total", /1 step to skip/);
  // Somebody else resumes it meanwhile, and it fails once more.
  const { token } = await bridge.get(`runs/${id}/resume?mode=incomplete`);
  const answer = await fetch(new URL(`api/v1/runs/${id}/resume`, bridge.url), {
    method: "POST", headers: { "X-Runboard": "1", "Content-Type": "application/json" }, body: JSON.stringify({ token, mode: "incomplete" }),
  });
  assert.equal(answer.status, 202);
  await bridge.until(`runs/${id}`, ({ run }) => run.attempt === 2 && run.status === "failed", "the second attempt");
  const asked = page.waitForRequest((request) => request.method() === "GET" && request.url().includes("/resume?mode="));
  await dialog(page, "Resume").getByRole("button", { name: /^Resume \d+ step/ }).click();
  await shows(page, ".dialog__wrong", /Not done: \S/);
  await asked;
  await shows(page, ".plan__total", /^Total/);
});

test("actions: what the source refuses is said in its words", async (t) => {
  const own = tempDir("refusing");
  const id = await record(own, "kept", "echo x");
  const allowing = await serve({ dir: own, extra: ["--allow-actions"] });
  const page = await open(t, `${allowing.url}?view=run&source=local&run=${id}`, { allow: ALLOWED });
  await button(page, "Delete").click();
  await until(page, () => document.activeElement?.textContent === "Cancel");
  await allowing.kill();
  const reading = await allowing.again({ extra: [] });
  later(t, () => reading.stop());
  await press(page, "Delete");
  await shows(page, ".dialog__wrong", /Not done: .*--allow-actions/);
  assert.ok(existsSync(join(own, "runs", id)));
});

test("actions: without an answer nothing is asked again by itself; asking again has the same key and is done once", async (t) => {
  const id = await record(dir, "twice", "echo x");
  const front = await proxy(bridge);
  later(t, () => front.stop());
  const page = await open(t, `${front.url}?view=run&source=local&run=${id}`, { allow: ALLOWED });
  const keys = [];
  page.on("request", (request) => request.method() === "POST" && keys.push(request.headers()["idempotency-key"]));
  await button(page, "Re-execute").click();
  // It reaches the bridge, and the answer is lost.
  await page.route("**/reexecute", async (route) => {
    await route.fetch();
    await route.abort();
  }, { times: 1 });
  await press(page, "Re-execute");
  await shows(page, ".dialog__wrong", /Nobody can tell whether it was done/);
  const all = await bridge.until("runs?job=twice", ({ runs }) => runs.length === 2);
  assert.equal(keys.length, 1, "not asked again by itself");
  await press(page, "Re-execute");
  await until(page, (id) => { const run = document.querySelector("article.run")?.dataset.runId; return run && run !== id; }, id);
  assert.equal(keys.length, 2);
  assert.equal(keys[0], keys[1]);
  assert.ok(keys[0].length >= 16);
  assert.equal(all.runs.filter((run) => run.id === new URL(page.url()).searchParams.get("run")).length, 1, "the run that the lost answer told of");
  assert.equal((await bridge.get("runs?job=twice")).runs.length, 2);
});
