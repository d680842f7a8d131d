// A run of Flyte: its actions as a tree, one action in full, its values and log, where streams or the data proxy are missing, and what is told of it live.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { flyte, pending, service, streams } from "./lib/flyte.mjs";
import { PATIENCE, domNodes, open, shows, until } from "./lib/page.mjs";

const here = {};
before(async () => {
  here.all = await service(["--strict"]);
  here.fly = await flyte({ to: here.all, extra: ["--allow-actions"] });
});

const PANEL = "[aria-label=Step]";
const step = (page, key, phase) =>
  until(page, ([key, phase]) => document.querySelector(`[data-step-key="${key}"]`)?.dataset.phase === phase, [key, phase], `${key} is ${phase}`);
const keys = (page) => page.evaluate(() => [...document.querySelectorAll("[role=treegrid] [data-step-key]")].map((row) => row.dataset.stepKey));

test("flyte run: actions are filtered by phase and by name, with those that they are parts of; parts are counted", async (t) => {
  const page = await open(t, here.fly.run("rtree"));
  await step(page, "fold1", "failed");
  const row = (key) => page.evaluate((key) => document.querySelector(`[data-step-key="${key}"]`).innerText, key);
  assert.match(await row("train"), /2/);
  assert.match(await row("a0"), /10/, "ten actions below the root");
  assert.match(await row("train"), /\n2\n/, "two attempts");
  assert.match(await row("approve"), /condition/);
  assert.match(await row("fetch"), /trace/);
  await page.goto(`${here.fly.run("rtree")}&f.status=failed`);
  await step(page, "fold1", "failed");
  assert.deepEqual(await keys(page), ["a0", "train", "fold1"]);
  await page.goto(`${here.fly.run("rtree")}&f.step=appr*`);
  await step(page, "approve", "paused");
  assert.deepEqual(await keys(page), ["a0", "approve"]);
  // An action has a name for people beside its id.
  await page.goto(`${here.fly.run("rtree")}&f.step=report`);
  await step(page, "load0", "succeeded");
  assert.ok(!(await keys(page)).includes("approve"));
});

test("flyte run: one action in full: attempts and their phases, why, cache, links, pods, values", async (t) => {
  const page = await open(t, `${here.fly.run("rtree")}&step=train`);
  await shows(page, PANEL, /queued .+running \d+m/s);
  await shows(page, `${PANEL} [data-attempt="1"]`, "attempt failed");
  assert.equal(await page.locator(`${PANEL} [data-attempt]`).count(), 2);
  assert.ok((await page.locator(`${PANEL} [data-attempt="1"] rect`).count()) >= 2, "a bar of its phases");
  const link = page.locator(PANEL).getByRole("link", { name: "Cloud logs of attempt 2" });
  assert.equal(await link.getAttribute("href"), "https://logs.example/train/2");
  await shows(page, PANEL, "Dashboard of attempt 1: https://dash.example/1 (not ready)");
  for (const words of ["rtree-train-1", "task type\npython", "attempt 1: error code\nE2"]) await shows(page, PANEL, words);
  await shows(page, PANEL, "kind-1");
  // What happens around it comes while somebody looks.
  await here.all.control("event?run=rtree&action=train&reason=BackOff&message=image+not+found&warning=1");
  await shows(page, PANEL, "BackOff image not found, by kubelet");
  await shows(page, PANEL, /attempt 2: cluster events\s+1/);
  await page.goto(`${here.fly.run("rtree")}&step=approve`);
  for (const words of ["Release the model?", "3600s", "asks a person"]) await shows(page, PANEL, words);
  await page.goto(`${here.fly.run("rtree")}&step=load0`);
  for (const words of ["CACHE_HIT", "rdone load0 attempt 2"]) await shows(page, PANEL, words);
  await page.goto(`${here.fly.run("rtree")}&step=load3`);
  await shows(page, PANEL, "rtree-load3-0");
  await shows(page, `${PANEL} [aria-label=Inputs]`, /"part"[\s\S]*"3"/);
  await shows(page, `${PANEL} [aria-label=Outputs]`, /"rows"[\s\S]*"30"/);
  await page.goto(`${here.fly.run("rabort")}&step=a0`);
  await shows(page, PANEL, "too expensive");
  await page.goto(`${here.fly.run("rtimeout")}&step=a0`);
  await shows(page, PANEL, "attempt failed");
  await page.goto(`${here.fly.run("rdone")}&step=a0`);
  await shows(page, PANEL, "image pulled");
  const look = await page.evaluate((panel) => [...document.querySelectorAll(`${panel} rect`)].map((bar) => `${getComputedStyle(bar).fill} ${getComputedStyle(bar).fillOpacity}`), PANEL);
  assert.equal(new Set(look.slice(0, 4)).size, 4, `queued, waiting, starting and running look different: ${look.join("; ")}`);
  await page.getByRole("button", { name: "Get a link" }).click();
  await shows(page, PANEL, "Open the report of attempt 1");
  const report = page.locator(PANEL).getByRole("link", { name: "Open the report of attempt 1" });
  assert.match(await report.getAttribute("href"), /^https:\/\/store\.example\/report/);
  await page.goto(here.fly.run("rdone", "events"));
  for (const words of ["WAITING_FOR_RESOURCES", "image pulled", "SUCCEEDED"]) await shows(page, "[role=grid][aria-label=Events]", words);
  await page.goto(here.fly.run("rdone", "raw"));
  await shows(page, "main", "registry.example/etl:v1");
});

test("flyte run: a question in Markdown is shown as such, and nothing in it runs; one in plain text is left as it is", async (t) => {
  const page = await open(t, `${here.fly.run("rtree")}&step=approve`);
  const asked = page.getByRole("group", { name: "Question" });
  assert.equal(await asked.locator("strong").innerText(), "model");
  assert.equal(await asked.locator("li code").innerText(), "0.91");
  const links = await asked.locator("a").evaluateAll((all) => all.map((a) => [a.textContent, a.href, a.rel, a.target]));
  assert.deepEqual(links, [["the report", "https://reports.example/rtree", "noopener noreferrer", "_blank"]]);
  await shows(page, "[aria-label=Question]", "<b>not</b> [this](javascript:alert(1))");
  await page.goto(`${here.fly.run("rtree")}&step=amount`);
  await shows(page, "[aria-label=Question]", "How **many**?");
  // Who may not answer is told what is asked all the same.
  const alone = await flyte({ to: here.all });
  await page.goto(`${alone.run("rtree")}&step=approve`);
  await shows(page, "[aria-label=Question]", "Release the model?");
  assert.equal(await page.locator("[aria-label=Question] button").count(), 0);
});

test("flyte run: an action that failed is looked at until its run is over, because it may be tried once more", async (t) => {
  const page = await open(t, `${here.fly.run("rlive")}&step=s1`);
  await here.all.control("set?run=rlive&action=s1&phase=6");
  await shows(page, `${PANEL} [data-attempt="1"]`, /failed/);
  for (const phase of [1, 4]) await here.all.control(`set?run=rlive&action=s1&phase=${phase}`);
  await shows(page, `${PANEL} [data-attempt="2"]`, /queued .*running/);
});

test("flyte run: the log of an attempt, each line once although a new connection sends all again", async (t) => {
  const page = await open(t, "about:blank", { allow: [/Failed to load resource/, /net::ERR_/], wait: false });
  const count = streams(page);
  await page.goto(`${here.fly.run("rtree", "logs")}&step=train&attempt=2`);
  await shows(page, "[data-line]", "second try");
  await here.all.control("log?run=rtree&action=train&n=3&text=epoch");
  await shows(page, "[data-line]", "epoch 2");
  const texts = () => page.evaluate(() => [...document.querySelectorAll("[data-line] .log__text")].map((line) => line.textContent));
  const before = await texts();
  assert.deepEqual(before, ["second try", "epoch 0", "epoch 1", "epoch 2"]);
  await here.all.control("cut");
  await here.all.control("log?run=rtree&action=train&n=1&text=after");
  await shows(page, "[data-line]", "after 0");
  assert.deepEqual(await texts(), [...before, "after 0"]);
  assert.equal(count.most, 2, "streams at once");
  await page.goto(`${here.fly.run("rtree", "logs")}&step=train&attempt=1`);
  await shows(page, "[data-line]", "first try");
});

test("flyte run: from the list to every view of a run and back, an old stream is closed before another one is opened", async (t) => {
  const { control } = here.all;
  const alone = await flyte({ to: here.all, alone: true });
  /** Until the service has a stream of this method open. */
  const opened = async (method) => {
    const end = Date.now() + PATIENCE;
    for (let there = []; !there.includes(method); there = (await control("streams")).open) assert.ok(Date.now() < end, `never opened: ${method}, but ${there}`);
  };
  // A log is opened before the source has said what it can.
  await control("forget");
  const page = await open(t, "about:blank", { wait: false });
  const count = streams(page);
  const held = new Promise((done) => page.route(/ListProjects/, done));
  await page.goto(`${alone.run("rtree", "logs")}&step=train&attempt=2`);
  for (const method of ["TailLogs", "WatchActions"]) await opened(method);
  const { asked: before } = await control("streams");
  await (await held).continue();
  await page.unroute(/ListProjects/);
  for (let asked = before; (asked.ListRuns ?? 0) < (before.ListRuns ?? 0) + 4; asked = (await control("streams")).asked) await page.evaluate(() => 0);
  for (const view of await page.getByRole("tab").all()) await view.click();
  await page.getByRole("tab", { name: "steps" }).click();
  await page.locator("[data-step-key=train] a").first().click();
  for (const attempt of ["attempt 2", "attempt 1", "attempt 2"]) {
    await page.getByRole("region", { name: "Step" }).getByRole("link", { name: attempt, exact: true }).click();
    await page.getByRole("tab", { name: "logs", selected: true }).waitFor();
    if (attempt === "attempt 2") await opened("TailLogs");
    await page.goBack();
  }
  await page.getByRole("link", { name: "Runs", exact: true }).first().click();
  await opened("WatchRuns");
  await page.locator("[data-run-id$='/rtree'] a").first().click();
  await opened("WatchActions");
  assert.equal(count.most, 2, "streams at once");
});

test("flyte run: the run's own facts lead to its task and back", async (t) => {
  const page = await open(t, here.fly.run("rdone", "overview"));
  await shows(page, "main", "schedule_trigger");
  await shows(page, "main", "schedule: cron 0 3 * * *");
  await shows(page, "main", "ada");
  await page.getByRole("link", { name: "etl.main v1" }).click();
  await shows(page, ".tasks h1", "etl.main");
  assert.match(page.url(), /version=v1/);
  await page.getByRole("link", { name: "Its runs" }).click();
  await until(page, () => document.querySelector("[data-run-id$='/rdone']"));
  assert.equal(await page.evaluate(() => document.querySelector("[data-run-id$='/rbill']")), null);
  // What it was started with, as the service sends it.
  await page.goto(here.fly.run("rtree", "overview"));
  const options = page.locator(".facts-long div", { hasText: "run options" });
  await options.locator("summary").click();
  for (const words of ["labels: cost=42, team=data", "envs: MODE=night", "interruptible: true", "queue: gpu", "cluster pool: night", /cache config: .*overwriteCache/]) await shows(page, ".facts-long", words);
});

test("flyte run: 20,000 actions, the first ones drawn while the server still holds back the rest", async (t) => {
  const big = await service(["--big", "20000"]);
  const fly = await flyte({ to: big });
  await big.control("hold?on=1");
  const page = await open(t, "about:blank", { wait: false });
  const count = streams(page);
  await page.goto(fly.run("rbig"));
  await until(page, () => document.querySelectorAll("[role=treegrid] [data-step-key]").length > 10);
  const rows = () => Number(document.querySelector("[role=treegrid]")?.getAttribute("aria-rowcount") ?? 0);
  assert.ok((await page.evaluate(rows)) < 2000, "one frame has come");
  await big.control("hold?on=0");
  await shows(page, ".tools__count", "20,000 actions");
  assert.equal(Object.keys(await big.control("tree?run=rbig")).length, 20_000);
  const nodes = [];
  for (const at of [0, 0.5, 1]) {
    await page.evaluate((at) => {
      const room = document.querySelector("[role=treegrid] .windowed, [role=treegrid]");
      const scrolls = [room, ...room.querySelectorAll("*")].find((element) => element.scrollHeight > element.clientHeight + 10 && getComputedStyle(element).overflowY !== "visible");
      if (scrolls) scrolls.scrollTop = at * scrolls.scrollHeight;
    }, at);
    await until(page, () => document.querySelectorAll("[role=treegrid] [data-step-key]").length > 10);
    nodes.push(await domNodes(page));
  }
  assert.ok(nodes.every((count) => count < 2000), nodes.join());
  assert.ok(count.most <= 2, `${count.most} streams`);
});

test("flyte run: streams cut again and again while actions change; in the end the page shows what the service has", async (t) => {
  const { CUTS, UPDATES } = process.env.E2E_FULL ? { CUTS: 100, UPDATES: 5000 } : { CUTS: 8, UPDATES: 1000 };
  const own = await service();
  const fly = await flyte({ to: own });
  await own.control("new?name=rcuts");
  await own.control("set?run=rcuts&phase=4");
  await own.control("log?run=rcuts&n=50&text=begin");
  const page = await open(t, "about:blank", { allow: [/net::ERR_/, /Failed to load resource/], wait: false });
  const count = streams(page);
  const { held: asked } = pending(page, /\/proxy\//);
  // The page waits longer after each failure; its clock is moved on, so that the test need not.
  await page.clock.install();
  await page.goto(fly.run("rcuts"));
  await step(page, "a0", "running");
  await own.control("forget");
  await own.control(`churn?run=rcuts&updates=${UPDATES}&cuts=${CUTS}&seed=7&ms=6000&later=1`);
  // Only while nothing is asked: the page must not think that what is on its way says nothing.
  const moveOn = async (time) => {
    if (asked.size === 0) await page.clock.fastForward(time);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(done)));
  };
  let done = {};
  while (!done.actions) {
    await moveOn(1_000);
    done = await own.control("churned");
  }
  assert.deepEqual([done.updates, done.cuts], [UPDATES, CUTS]);
  const tree = await own.control("tree?run=rcuts");
  const counts = { succeeded: 0, failed: 0, canceled: 0 };
  for (const [phase] of Object.values(tree)) counts[{ 5: "succeeded", 6: "failed", 7: "canceled" }[phase]] += 1;
  for (const [phase, count] of Object.entries(counts)) {
    await page.getByLabel("status").selectOption(phase);
    const words = `${count.toLocaleString("en-GB")} of ${Object.keys(tree).length.toLocaleString("en-GB")} actions`;
    await until(page, (words) => document.querySelector(".tools__count")?.innerText === words, words, phase);
  }
  assert.ok(count.most <= 2, `${count.most} streams at once`);
  t.diagnostic(`${CUTS} cuts, ${Object.keys(tree).length} actions, at most ${count.most} streams`);
});
