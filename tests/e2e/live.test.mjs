// Runs that move while they are watched, and a bridge that dies meanwhile.
import assert from "node:assert/strict";
import { test } from "node:test";
import { live, logTexts, record, serve } from "./lib/bridge.mjs";
import { tempDir } from "./lib/env.mjs";
import { download, line, lines, lists, looks, open, shows, until } from "./lib/page.mjs";
import { later } from "./lib/proc.mjs";

const phaseOf = (page, selector, phase) =>
  until(page, ({ selector, phase }) => document.querySelector(selector)?.dataset.phase === phase, { selector, phase }, `${selector} is ${phase}`);

test("live: a run appears, its steps move, its log follows, and it ends", async (t) => {
  const bridge = await serve();
  later(t, () => bridge.stop());
  const old = await record(bridge.dir, "old", "echo old");
  const page = await open(t, bridge.url);
  await lists(page, [old]);
  await page.mouse.move(0, 0);
  await page.evaluate(() => (window.e2eSame = true));

  const run = await live(bridge.dir, "etl", { tags: { kind: "live" } });
  await lists(page, [run.id, old]);
  await phaseOf(page, `[data-run-id="${run.id}"]`, "running");
  await until(page, () => /1 running/.test(document.title));

  await page.locator(`[data-run-id="${run.id}"] .col-job`).click();
  await page.getByRole("tab", { name: "steps" }).press("Enter");
  await phaseOf(page, "[data-step-key=main]", "running");
  run.say("$STEP download -- sh");
  await phaseOf(page, "[data-step-key=download]", "running");
  run.say("echo one; echo two; exit");
  await phaseOf(page, "[data-step-key=download]", "succeeded");
  await page.getByRole("tab", { name: "logs" }).click();
  assert.equal(await line(page, 2), "two");
  for (let at = 3; at <= 60; at++) run.say(`echo line ${at}`);
  assert.equal(await line(page, 60), "line 60");
  run.say("$STEP upload -- sh -c 'echo broken >&2; exit 4'");
  assert.equal(await line(page, 61), "broken");
  assert.equal(await page.getByRole("button", { name: "Follow" }).getAttribute("aria-pressed"), "true");
  assert.equal(await run.end(4), 4);
  await until(page, () => /failed etl/.test(document.title));
  await page.getByRole("tab", { name: "steps" }).click();
  await phaseOf(page, "[data-step-key=upload]", "failed");
  await phaseOf(page, "[data-step-key=main]", "failed");
  assert.equal(await page.evaluate(() => window.e2eSame), true, "the page was loaded anew");
  await page.getByRole("link", { name: "Runs" }).click();
  await phaseOf(page, `[data-run-id="${run.id}"]`, "failed");
  await until(page, () => /1 failed/.test(document.title) && !/running/.test(document.title));
});

test("live: new runs wait behind a chip while somebody reads, and no row moves", async (t) => {
  const bridge = await serve();
  later(t, () => bridge.stop());
  const ids = [];
  for (let at = 0; at < 3; at++) ids.unshift(await record(bridge.dir, `old ${at}`, "echo old"));
  const page = await open(t, bridge.url);
  await lists(page, ids);
  const row = page.locator(`[data-run-id="${ids[1]}"]`);
  await row.hover();
  const before = await row.boundingBox();
  const news = [await record(bridge.dir, "new 1", "echo new"), await record(bridge.dir, "new 2", "echo new")];
  const chip = page.getByRole("button", { name: "2 new" });
  await chip.waitFor();
  assert.deepEqual(await row.boundingBox(), before);
  await lists(page, ids);
  await chip.click();
  await lists(page, [...news.reverse(), ...ids]);
  await page.mouse.move(0, 0);
  const last = await record(bridge.dir, "new 3", "echo new");
  await lists(page, [last, ...news, ...ids]);
});

test("live: a dead bridge is said in words, nothing moves, and it is live again when it is back", async (t) => {
  let bridge = await serve();
  later(t, () => bridge.stop());
  const run = await live(bridge.dir, "etl");
  later(t, () => run.end());
  run.say("echo first");
  const page = await open(t, `${bridge.url}?view=run&run=${run.id}&tab=logs`, { allow: [/net::ERR_/, /Failed to load resource/] });
  assert.equal(await line(page, 1), "first");
  const state = () => page.evaluate(() => document.querySelector("nav.strip [data-source]").dataset.sourceState);
  await until(page, () => document.querySelector("nav.strip [data-source]").dataset.sourceState === "live");
  assert.equal(await page.locator("article.run").getAttribute("data-stale"), "false");

  await bridge.kill();
  await shows(page, "nav.strip", /STALE since/);
  assert.equal(await state(), "stale");
  await until(page, () => document.querySelector("article.run").dataset.stale === "true");
  await shows(page, "main", "Not current");
  assert.equal(await line(page, 1), "first", "what was heard is still shown");
  const moving = await page.evaluate(() => document.getAnimations().filter((each) => each.playState === "running").length);
  assert.equal(moving, 0, "nothing is animated while the source is stale");
  await page.getByRole("link", { name: "Runs" }).click();
  await until(page, () => document.querySelector(".grid.runs")?.dataset.stale === "true");
  assert.equal(await page.evaluate(() => document.getAnimations().filter((each) => each.playState === "running").length), 0);
  await page.goBack();

  // What is printed while nobody listens is there once the bridge is back: every line once, in order.
  for (let at = 2; at <= 300; at++) run.say(`echo line ${at}`);
  await until(page, () => document.querySelector("article.run")?.dataset.stale === "true");
  bridge = await bridge.again();
  await until(page, () => document.querySelector("nav.strip [data-source]").dataset.sourceState === "live");
  run.say("echo last");
  assert.equal(await line(page, 301), "last");
  await until(page, () => document.querySelector("article.run").dataset.stale === "false");
  await until(page, () => !document.querySelector("main .notice"));
  await page.goto(`${page.url().split("#")[0]}#L1-L301`);
  await page.getByRole("button", { name: "Save lines" }).waitFor();
  assert.equal(await line(page, 1), "first");
  const saved = await download(page, () => page.getByRole("button", { name: "Save lines" }).click());
  assert.deepEqual(saved.bytes.toString().split("\n").slice(0, -1), logTexts(bridge.dir, run.id));
});

test("live: following pauses when the reader scrolls up, and says how many lines are new", async (t) => {
  const bridge = await serve();
  later(t, () => bridge.stop());
  const run = await live(bridge.dir, "etl");
  later(t, () => run.end());
  run.say("i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo line $i; done");
  await bridge.until(`runs/${run.id}/logs?tail=1`, (answer) => answer.total === 2000);
  const page = await open(t, `${bridge.url}?view=run&run=${run.id}&tab=logs`);
  // The end comes first: nobody waits for two thousand lines to see the last.
  assert.equal(await line(page, 2000), "line 2000");
  await page.locator(".log__scroll").hover();
  await page.mouse.wheel(0, -3000);
  await until(page, () => !document.querySelector('[data-line="2000"]'));
  const before = await lines(page);
  run.say("echo new 1; echo new 2; echo new 3");
  await page.getByRole("button", { name: "3 new lines" }).waitFor();
  // What is kept ready out of sight may differ.
  const now = new Map((await lines(page)).map(({ number, top }) => [number, top]));
  assert.deepEqual(before.map(({ number }) => [number, now.get(number)]), before.map(({ number, top }) => [number, top]), await looks(page));
  await page.getByRole("button", { name: "3 new lines" }).click();
  assert.equal(await line(page, 2003), "new 3");
  run.say("echo new 4");
  assert.equal(await line(page, 2004), "new 4");
});
