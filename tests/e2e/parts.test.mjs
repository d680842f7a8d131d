// The app comes in parts: the first visit loads what the list needs, each other page its own part, once; and what does not load says why.
import assert from "node:assert/strict";
import { cpSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { record, serve } from "./lib/bridge.mjs";
import { dist, tempDir } from "./lib/env.mjs";
import { PATIENCE, lists, open, shows, until } from "./lib/page.mjs";
import { later } from "./lib/proc.mjs";
import { files } from "./lib/web.mjs";

const LOST = [/Failed to load resource/, /net::ERR_/, /Failed to fetch/, /runboard-\w+-[0-9a-f]{16}\.wasm/];
const PART = /\/runboard-(\w+)-[0-9a-f]{16}\.wasm$/;
const index = readFileSync(join(dist, "index.html"), "utf8");

/** The file of a part. */
function file(part, folder = dist) {
  const name = readdirSync(folder).find((name) => PART.exec(`/${name}`)?.[1] === part);
  assert.ok(name, `${folder} has no part ${part}: these tests are about the split app that \`cargo xtask build\` makes`);
  return name;
}

/** A page, not gone anywhere yet, and what it asks for: `asked()` gives the names of the parts in the order in which they were asked for. */
async function watched(t, options = {}) {
  const page = await open(t, "about:blank", { wait: false, ...options });
  const log = [];
  page.on("request", (request) => log.push({ what: "asked", path: new URL(request.url()).pathname }));
  page.on("requestfinished", (request) => log.push({ what: "came", path: new URL(request.url()).pathname }));
  const asked = () => log.flatMap(({ what, path }) => (what === "asked" && PART.test(path) ? [PART.exec(path)[1]] : []));
  return { page, log, asked };
}

test("parts: a first visit loads what the list needs, and the run's page when the list stands", async (t) => {
  const bridge = await serve();
  later(t, () => bridge.stop());
  const id = await record(bridge.dir, "only", "echo one");
  const { page, log, asked } = await watched(t);
  // The list's answer passes through here, so nothing that is asked for before it can have waited for it.
  await page.route(/\/runs(\?|$)/, async (route) => {
    const response = await route.fetch();
    log.push({ what: "list", path: "" });
    await route.fulfill({ response });
  });
  await page.goto(bridge.url);
  await lists(page, [id]);
  const end = Date.now() + PATIENCE;
  while (!log.some(({ what, path }) => what === "came" && path.endsWith(file("run")))) {
    assert.ok(Date.now() < end, "the run's part never came");
    await page.evaluate(() => new Promise((done) => setTimeout(done, 30)));
  }
  assert.deepEqual(asked().sort(), ["run", "shared"]);
  const part = log.findIndex(({ path }) => PART.test(path));
  const list = log.findIndex(({ what }) => what === "list");
  assert.ok(list >= 0 && list < part, "the parts are asked for when the rows are there");
  const before = log.slice(0, part).filter(({ what, path }) => what === "asked" && !path.includes("/api/"));
  for (const { path } of before) assert.ok(path === "/" || path === "/config.json" || index.includes(`.${path}`), `${path} is not in the first load that index.html names`);

  // A click then opens it without another request for code.
  const count = asked().length;
  await page.locator(`[data-run-id="${id}"]`).click();
  await shows(page, "main", "only");
  await until(page, () => document.querySelector("[role=tablist], .tabs"));
  assert.equal(asked().length, count);
});

test("parts: each page loads its own part, once", async (t) => {
  const bridge = await serve();
  later(t, () => bridge.stop());
  const id = await record(bridge.dir, "only", "echo one");
  const { page, asked } = await watched(t);
  await page.goto(bridge.url);
  await lists(page, [id]);
  for (let visit = 0; visit < 2; visit++) {
    await page.getByRole("link", { name: "Statistics", exact: true }).click();
    await shows(page, "main h1", "Statistics");
    await page.getByRole("link", { name: "Wall", exact: true }).click();
    await until(page, () => document.querySelector(".wall"));
    await page.goBack();
    await shows(page, "main h1", "Statistics");
    await page.getByRole("link", { name: "Runs", exact: true }).click();
    await lists(page, [id]);
    await page.locator(`[data-run-id="${id}"]`).click();
    await until(page, () => document.querySelector("[role=tablist], .tabs"));
    await page.goBack();
    await lists(page, [id]);
  }
  assert.deepEqual(asked().sort(), ["run", "shared", "stats", "wall"]);
});

test("parts: a link into a page asks for its part before the app runs, and once", async (t) => {
  const bridge = await serve();
  later(t, () => bridge.stop());
  const id = await record(bridge.dir, "only", "echo one");
  const site = await files({ dist, prefix: "/a/b/", api: bridge.url, config: { sources: [{ id: "etl", url: "./api/v1/" }] } });
  later(t, () => site.stop());
  for (const [query, part, there] of [[`?view=run&run=${id}`, "run", "[role=tablist], .tabs"], ["?view=wall", "wall", ".wall"]]) {
    const { page, asked } = await watched(t);
    // The app comes only when the part has been asked for: by the app it cannot have been.
    const isAsked = page.waitForEvent("request", (request) => PART.test(new URL(request.url()).pathname));
    await page.route(/_bg\.wasm$/, async (route) => {
      await isAsked;
      await route.continue();
    });
    await page.goto(site.url + query);
    await until(page, (there) => document.querySelector(there), there);
    assert.deepEqual(asked().sort(), [part, "shared"].sort());
  }
});

test("parts: a server that does not know WebAssembly will do", async (t) => {
  const bridge = await serve();
  later(t, () => bridge.stop());
  const id = await record(bridge.dir, "only", "echo one");
  const site = await files({ dist, api: bridge.url, config: { sources: [{ id: "etl", url: "./api/v1/" }] }, types: { ".wasm": "application/octet-stream" } });
  later(t, () => site.stop());
  const page = await open(t, `${site.url}?view=run&run=${id}`);
  await until(page, () => document.querySelector("[role=tablist], .tabs"));
});

test("parts: a part that does not load is said in words, and comes when it can", async (t) => {
  const bridge = await serve();
  later(t, () => bridge.stop());
  const id = await record(bridge.dir, "only", "echo one");
  const { page } = await watched(t, { allow: LOST });
  await page.route(`**/${file("run")}`, (route) => route.abort());
  await page.goto(`${bridge.url}?view=run&run=${id}`);
  await shows(page, "main", "This page did not load");
  await shows(page, "main", "the server does not give the file");
  // The rest of the app is as it was.
  await page.getByRole("link", { name: "Runs", exact: true }).click();
  await lists(page, [id]);
  await page.locator(`[data-run-id="${id}"]`).click();
  await shows(page, "main", "This page did not load");
  await page.unroute(`**/${file("run")}`);
  // It asks again by itself too, and may have what it needs by now: then there is no button any more.
  await page.evaluate(() => [...document.querySelectorAll("button")].find((button) => button.textContent === "Try again")?.click());
  await until(page, () => document.querySelector("[role=tablist], .tabs"));
  await shows(page, "main", "only");
});

test("parts: a wall whose part does not load heals by itself", async (t) => {
  const bridge = await serve();
  later(t, () => bridge.stop());
  await record(bridge.dir, "good", "echo one");
  const { page } = await watched(t, { allow: LOST });
  await page.clock.install();
  await page.route(/runboard-(wall|shared)-|\/$/, (route) => (route.request().isNavigationRequest() ? route.continue() : route.abort()));
  await page.goto(`${bridge.url}?view=wall`);
  await shows(page, "main", "the server cannot be reached");
  await page.unrouteAll();
  await page.clock.runFor(10_000);
  await until(page, () => document.querySelector(".wall .tile"));
});

test("parts: a page of an older build, whose files are gone, becomes the newer one", async (t) => {
  const folder = join(tempDir("parts"), "dist");
  cpSync(dist, folder, { recursive: true });
  const bridge = await serve({ dist: folder });
  later(t, () => bridge.stop());
  const id = await record(bridge.dir, "only", "echo one");
  const { page } = await watched(t, { allow: LOST });
  await page.goto(bridge.url);
  await lists(page, [id]);
  let loads = 0;
  page.on("load", () => (loads += 1));
  release(folder);
  await Promise.all([page.waitForEvent("load"), page.getByRole("link", { name: "Statistics", exact: true }).click()]);
  await shows(page, "main h1", "Statistics");
  assert.equal(loads, 1, "the page was loaded anew, once");
  assert.equal(new URL(page.url()).search, "?view=stats");
});

/** Puts another build in place of the one in `folder`: the same app, with other names for all its files. */
function release(folder) {
  const page = join(folder, "index.html");
  const [, js] = /data-js="?\.\/([^" >]+)/.exec(readFileSync(page, "utf8"));
  const fresh = (name) => name.replace(/-[0-9a-f]{16}/, "-0123456789abcdef");
  const names = readdirSync(folder).filter((name) => name.endsWith(".wasm") || name === js);
  for (const at of [page, join(folder, js)]) writeFileSync(at, names.reduce((text, name) => text.replaceAll(name, fresh(name)), readFileSync(at, "utf8")));
  for (const name of names) renameSync(join(folder, name), join(folder, fresh(name)));
  rmSync(join(folder, js), { force: true });
}
