// Flyte in the browser: lists, trees and logs over real Connect streams through the bridge, losses of the service included.
import assert from "node:assert/strict";
import { test } from "node:test";
import { flyte, streams } from "./lib/flyte.mjs";
import { domNodes, listed, open, shows, until } from "./lib/page.mjs";

const step = (page, key, phase) =>
  until(page, ([key, phase]) => document.querySelector(`[data-step-key="${key}"]`)?.dataset.phase === phase, [key, phase], `${key} is ${phase}`);

test("flyte: all projects in one list, with runs that the service does not announce", async (t) => {
  const { bridge, control } = await flyte();
  const page = await open(t, `${bridge.url}?view=runs&source=fly`);
  await until(page, () => document.querySelector("[data-run-id='billing/production/rtwice']") && document.querySelector("[data-run-id='flytesnacks/development/rtwice']"));
  const ids = await listed(page);
  assert.ok(ids.indexOf("flytesnacks/development/rlive") < ids.indexOf("flytesnacks/development/rdone"), "newest first");
  await control("lossy?n=1");
  await control("new?name=rfresh");
  await until(page, () => document.querySelector("[data-run-id$='/rfresh']")?.dataset.phase === "queued");
  await control("set?run=rfresh&phase=6");
  await until(page, () => document.querySelector("[data-run-id$='/rfresh']")?.dataset.phase === "failed");
});

test("flyte: a run's actions and log, live over cuts", async (t) => {
  const { control, run } = await flyte();
  const page = await open(t, run("rlive"), { allow: [/Failed to load resource/, /net::ERR_/] });
  await step(page, "s1", "running");
  await control("add?run=rlive&name=s2&parent=s1&phase=4");
  await step(page, "s2", "running");
  await control("cut");
  await control("set?run=rlive&action=s2&phase=6");
  await step(page, "s2", "failed");
  for (const action of ["s1", "a0"]) await control(`set?run=rlive&action=${action}&phase=5`);
  await step(page, "a0", "succeeded");
  await page.goto(run("rdone", "logs"));
  await shows(page, "[data-line]", "INFO line 250");
  await page.goto(run("rfailed", "overview"));
  await shows(page, "main", "ValueError: no rows for day");
});

test("flyte: abort and run again, by a dialog", async (t) => {
  const { control, run } = await flyte({ extra: ["--allow-actions"] });
  const page = await open(t, run("rtree"));
  await step(page, "approve", "paused");
  await page.getByRole("button", { name: "Terminate …" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Terminate", exact: true }).click();
  await step(page, "a0", "canceled");
  assert.equal((await control("tree?run=rtree")).a0[0], 7);
  await page.goto(run("rdone"));
  await page.getByRole("button", { name: "Re-execute …" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Re-execute", exact: true }).click();
  await until(page, () => /run=flytesnacks(\/|%2F)development(\/|%2F)r[a-z0-9]{19}/.test(location.search), undefined, "the new run");
});

test("flyte: a run of 20,000 actions, the first ones before the last, by two streams at most", async (t) => {
  const { control, run } = await flyte({ args: ["--big", "20000"] });
  const page = await open(t, "about:blank", { wait: false });
  const count = streams(page);
  await control("hold?on=1");
  await page.goto(run("rbig"));
  const rows = () => Number(document.querySelector("[role=treegrid]")?.getAttribute("aria-rowcount") ?? 0);
  const first = await until(page, rows);
  assert.ok(first < 20_001, `${first} rows at first`);
  await control("hold?on=0");
  await shows(page, ".tools__count", "20,000 actions");
  assert.equal(Object.keys(await control("tree?run=rbig")).length, 20_000);
  assert.ok((await domNodes(page)) < 2000, "few elements");
  assert.ok(count.most <= 2, `${count.most} streams`);
});

test("flyte: steps are a tree with folders, and one of them is told in full below it", async (t) => {
  const { run } = await flyte();
  const page = await open(t, run("rtree"));
  await step(page, "a0", "running");
  const levels = () => Object.fromEntries([...document.querySelectorAll("[role=treegrid] [role=row][aria-level]")].map((row) => [row.dataset.stepKey ?? `${row.dataset.group}/`, row.getAttribute("aria-level")]));
  const tree = await page.evaluate(levels);
  assert.equal(tree.a0, "1");
  assert.equal(tree["load/"], "2");
  assert.equal(tree.approve, "2");
  const rows = Number(await page.locator("[role=treegrid]").getAttribute("aria-rowcount"));
  await page.locator("[data-group=load]").click();
  await until(page, (rows) => Number(document.querySelector("[role=treegrid]").getAttribute("aria-rowcount")) === rows - 4, rows);
  await page.goto(run("rfailed"));
  await page.getByRole("treegrid").getByRole("link", { name: "main" }).click();
  await shows(page, "[aria-label=Step]", "ValueError: no rows for day");
  await shows(page, "[aria-label=Step]", /waiting_for_resources/);
  await page.getByRole("region", { name: "Step" }).getByRole("link", { name: "attempt 1" }).click();
  await shows(page, "[aria-label=Log]", "attempt 1");
  await until(page, () => document.querySelectorAll("[data-line]").length > 0 || /Nothing printed|No log/.test(document.querySelector("[aria-label=Log]").innerText));
});

test("flyte: a step's row leads to the step before the source has said what it can", async (t) => {
  const { run } = await flyte();
  const page = await open(t, "about:blank", { wait: false });
  await page.route(/ListProjects/, () => {});
  await page.goto(run("rfailed"));
  await page.getByRole("treegrid").getByRole("link", { name: "main" }).click();
  await shows(page, "[aria-label=Step]", "ValueError: no rows for day");
});

test("flyte: a question is answered once it is confirmed, and a step is aborted with a reason", async (t) => {
  const { control, run } = await flyte({ extra: ["--allow-actions"] });
  const page = await open(t, `${run("rtree")}&step=approve`);
  const panel = page.getByRole("region", { name: "Step" });
  await shows(page, "[aria-label=Step]", "Release the model?");
  await panel.getByRole("button", { name: "Answer yes …" }).click();
  await panel.getByRole("button", { name: "Send the answer" }).click();
  await step(page, "approve", "succeeded");
  await page.locator('[data-step-key="amount"] a').click();
  await panel.getByRole("button", { name: "Abort …" }).click();
  await panel.getByLabel("reason").fill("no budget");
  await panel.getByRole("button", { name: "Abort this step" }).click();
  await step(page, "amount", "canceled");
  await shows(page, "[aria-label=Step]", "no budget");
  assert.ok(await control("tree?run=rtree"));
});

test("flyte: tasks are found, shown with their versions, and run by a form", async (t) => {
  const { bridge } = await flyte({ extra: ["--allow-actions"] });
  const page = await open(t, `${bridge.url}?view=tasks`);
  await until(page, () => document.querySelectorAll('[aria-label="Tasks of the source"] tbody tr').length > 1);
  await page.getByRole("searchbox", { name: "Search tasks" }).fill("main");
  await until(page, () => [...document.querySelectorAll('[aria-label="Tasks of the source"] tbody tr')].every((row) => /main/.test(row.innerText)));
  await page.getByRole("link", { name: "etl.main" }).first().click();
  await shows(page, ".tasks", "Inputs");
  await page.getByRole("button", { name: "Run …" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Run", exact: true }).click();
  await shows(page, "dialog .dialog__wrong", "the input dry has no value");
  await dialog.getByLabel("day").fill("friday");
  await dialog.getByLabel("dry").selectOption("true");
  await dialog.getByRole("button", { name: "Run", exact: true }).click();
  await until(page, () => /view=run/.test(location.search));
});
