// A wall that nobody touches: it shows the right state over a restart of the bridge, a day that passes, and a new build.
import assert from "node:assert/strict";
import { cpSync, readFileSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { live, record, serve } from "./lib/bridge.mjs";
import { dist, tempDir } from "./lib/env.mjs";
import { open, shows, until } from "./lib/page.mjs";
import { later } from "./lib/proc.mjs";

const ALLOWED = [/Failed to load resource/, /net::ERR_/];
const tiles = (page) => page.evaluate(() => [...document.querySelectorAll(".tile")].map((tile) => [tile.querySelector(".tile__name").textContent, tile.dataset.health]));

/** Until the tiles are these, whatever their words. */
async function walls(page, wanted) {
  await until(page, (wanted) => JSON.stringify([...document.querySelectorAll(".tile")].map((tile) => [tile.querySelector(".tile__name").textContent, tile.dataset.health])) === wanted, JSON.stringify(wanted), `tiles ${JSON.stringify(wanted)}`);
}

/** Moves the page's clock on, second by second where it matters, until the page shows what it should. */
async function pass(page, seconds, test, what) {
  for (let gone = 0; gone <= seconds; gone += 5) {
    // A page that is being loaded anew answers nothing.
    if (await page.evaluate(test).catch(() => false)) return;
    await page.clock.runFor(5_000).catch(() => {});
    await new Promise((done) => setTimeout(done, 250));
  }
  throw new Error(`not within ${seconds} s of the page's clock: ${what}\n${JSON.stringify(await tiles(page))} ${await page.evaluate(() => document.body.innerText)}`);
}

/** Puts another build in place of the one in `folder`: the same app under another name. */
function release(folder) {
  const old = readdirSync(folder).find((name) => name.endsWith("_bg.wasm"));
  const fresh = old.replace(/-[0-9a-f]{16}_/, "-0123456789abcdef_");
  renameSync(join(folder, old), join(folder, fresh));
  const index = join(folder, "index.html");
  writeFileSync(index, readFileSync(index, "utf8").replaceAll(old, fresh));
  return fresh;
}

test("wall: a restart, a day and a new build, without a touch", async (t) => {
  const dir = tempDir("wall");
  const folder = join(dir, "dist");
  cpSync(dist, folder, { recursive: true });
  await record(dir, "good", "echo x");
  await record(dir, "bad", "exit 3");
  const bridge = await serve({ dir, dist: folder });
  const page = await open(t, "about:blank", { width: 1920, height: 1080, allow: ALLOWED, wait: false });
  let loads = 0;
  page.on("load", () => (loads += 1));
  await page.clock.install();
  await page.goto(`${bridge.url}?view=wall`);
  await walls(page, [["bad", "failed"], ["good", "succeeded"]]);
  await shows(page, ".tile", /failed (just now|\d+[sm] ago)/);

  // A restart: no data in words at once, and all is as it was when the bridge is back.
  await bridge.kill();
  await pass(page, 20, () => document.querySelectorAll('.tile[data-health="stale"]').length === 2, "no data is said");
  await shows(page, '.tile[data-health="stale"]', /no data since (\d\d-\d\d )?\d\d:\d\d(:\d\d)? \(/);
  const second = await bridge.again();
  await pass(page, 120, () => document.querySelector('.tile[data-health="failed"]') && !document.querySelector('.tile[data-health="stale"]'), "the wall is live again");
  await walls(page, [["bad", "failed"], ["good", "succeeded"]]);

  // What happens now arrives by itself.
  const running = await live(dir, "good");
  await shows(page, ".tile__running", /running (\d+m )?\d+s/);
  await running.end();
  await until(page, () => !document.querySelector(".tile__running"));

  // A day.
  const before = await page.evaluate(() => Date.now());
  await page.clock.fastForward("24:00:00");
  assert.ok((await page.evaluate(() => Date.now())) - before >= 86_400_000);
  await pass(page, 120, () => document.querySelector('.tile[data-health="failed"]') && !document.querySelector('.tile[data-health="stale"]'), "the wall is live after a day");
  await shows(page, '.tile[data-health="failed"]', /failed 1d ago/);
  await shows(page, '.tile[data-health="succeeded"]', /succeeded 1d ago/);
  await shows(page, ".wall__corner", /data (now|\d+s)/);
  await record(dir, "bad", "echo mended");
  await pass(page, 60, () => document.querySelector(".wall")?.dataset.well === "true", "all is well");
  await shows(page, ".tile", /All is well/);
  await shows(page, ".tile", /2 jobs succeeded last/);

  // A new build is loaded by itself, once.
  assert.equal(loads, 1);
  const fresh = release(folder);
  await pass(page, 180, () => document.querySelector("script[data-wasm]")?.dataset.wasm.endsWith("0123456789abcdef_bg.wasm"), `the build ${fresh} runs`);
  await page.locator(".wall .tile").first().waitFor();
  await pass(page, 60, () => document.querySelector(".wall")?.dataset.well === "true", "all is well in the new build");
  assert.equal(loads, 2);
  await page.clock.runFor(200_000);
  assert.equal(loads, 2, "no build is loaded twice");
  assert.equal(new URL(page.url()).search, "?view=wall");
  await second.stop();
});

test("wall: it fills the screen, names are as large as fits, and nothing scrolls", async (t) => {
  const dir = tempDir("wall-size");
  for (let at = 0; at < 7; at++) await record(dir, `pipeline ${at}`, at === 3 ? "exit 1" : "echo x");
  const bridge = await serve({ dir });
  later(t, () => bridge.stop());
  const page = await open(t, `${bridge.url}?view=wall`, { width: 1920, height: 1080 });
  await until(page, () => document.querySelectorAll(".tile").length === 7);
  const look = await page.evaluate(() => {
    const names = [...document.querySelectorAll(".tile__name")];
    const root = document.scrollingElement;
    return {
      least: Math.min(...names.map((name) => Number.parseFloat(getComputedStyle(name).fontSize))) / innerHeight,
      cut: names.filter((name) => name.scrollWidth > name.clientWidth + 1).map((name) => name.textContent),
      scrolls: root.scrollHeight > root.clientHeight || root.scrollWidth > root.clientWidth,
      covered: [...document.querySelectorAll(".tile")].map((tile) => tile.getBoundingClientRect()).reduce((sum, box) => sum + box.width * box.height, 0) / (innerWidth * innerHeight),
      reachable: document.querySelectorAll("main button, main a, main input").length,
    };
  });
  assert.ok(look.least >= 0.05, `names are ${look.least} of the height`);
  assert.deepEqual(look.cut, []);
  assert.equal(look.scrolls, false);
  assert.ok(look.covered > 0.7, `${look.covered} of the screen are tiles`);
  assert.equal(look.reachable, 0, "nothing to click");
  assert.equal((await tiles(page))[0][1], "failed", "sickest first");
});
