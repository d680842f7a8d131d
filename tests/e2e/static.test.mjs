// The app as plain files on some server, under a sub-path, with no rewrite rule.
import assert from "node:assert/strict";
import { test } from "node:test";
import { record, serve } from "./lib/bridge.mjs";
import { dist } from "./lib/env.mjs";
import { line, lists, open, shows, until } from "./lib/page.mjs";
import { later } from "./lib/proc.mjs";
import { files } from "./lib/web.mjs";

test("static: deep links work under /a/b/, and after a reload", async (t) => {
  const bridge = await serve();
  later(t, () => bridge.stop());
  const first = await record(bridge.dir, "first", "echo one; echo two; exit 3");
  const second = await record(bridge.dir, "second", "echo three");
  const config = { title: "Team board", sources: [{ id: "etl", name: "ETL", kind: "runs-api", url: "./api/v1/local/" }] };
  const site = await files({ dist, prefix: "/a/b/", config, api: bridge.url });
  later(t, () => site.stop());

  const page = await open(t, `${site.url}?view=run&source=etl&run=${first}&tab=logs#L2`);
  for (let visit = 0; visit < 2; visit++) {
    assert.equal(await line(page, 2), "two");
    await until(page, () => document.querySelector('[data-line="2"]')?.dataset.linked === "true");
    assert.equal(new URL(page.url()).pathname, "/a/b/");
    await page.reload();
  }
  await page.getByRole("link", { name: "Runs", exact: true }).click();
  await lists(page, [second, first]);
  assert.equal(new URL(page.url()).pathname, "/a/b/");
  assert.match(await page.title(), /Team board$/);
  await shows(page, "nav.strip", /ETL[\s\S]*live/);
  await page.reload();
  await lists(page, [second, first]);
  const third = await record(bridge.dir, "third", "echo four");
  await lists(page, [third, second, first]);
});

test("static: without config.json the API beside the page is used", async (t) => {
  const bridge = await serve();
  later(t, () => bridge.stop());
  const id = await record(bridge.dir, "only", "echo one");
  const site = await files({ dist, prefix: "/a/b/", api: bridge.url });
  later(t, () => site.stop());
  const page = await open(t, site.url, { allow: [/404 .*config\.json/] });
  await lists(page, [id]);
});

test("static: without config.json and without an API the page says how to add a source", async (t) => {
  const site = await files({ dist, prefix: "/a/b/" });
  later(t, () => site.stop());
  const page = await open(t, `${site.url}?job=x`, { allow: [/404 .*(config\.json|api\/v1\/info)/] });
  await shows(page, "main", "No sources yet");
  await shows(page, "main pre", '"kind": "runs-api"');
  await shows(page, "nav.strip", "no sources");
});

test("static: a config.json that is broken is named with its place, and what can be used of another is used", async (t) => {
  const bridge = await serve();
  later(t, () => bridge.stop());
  const id = await record(bridge.dir, "only", "echo one");
  const broken = await files({ dist, config: '{"sources": [\n  {"id": }\n]}' });
  later(t, () => broken.stop());
  const page = await open(t, broken.url);
  await shows(page, "main", /config\.json, line 2, column/);
  const config = { sources: [{ id: "etl", url: "./api/v1/local/" }, { id: "etl", url: "./api/v1/" }, { url: "x" }, 7, { id: "odd", kind: "carrier-pigeon", url: "./x/" }] };
  const half = await files({ dist, config, api: bridge.url });
  later(t, () => half.stop());
  const other = await open(t, half.url);
  await lists(other, [id]);
  await other.goto(`${half.url}?view=sources`);
  for (const words of ["sources[1].id", "sources[2]: needs an id", "sources[3]", "carrier-pigeon"]) await shows(other, "main", words);
});

test("static: sources fail alone", async (t) => {
  const bridge = await serve();
  later(t, () => bridge.stop());
  const id = await record(bridge.dir, "only", "echo one");
  const config = { sources: [{ id: "good", url: "./api/v1/local/" }, { id: "gone", url: "./nowhere/" }, { id: "web", url: "./index.html?" }] };
  const site = await files({ dist, config, api: bridge.url });
  later(t, () => site.stop());
  const page = await open(t, site.url, { allow: [/404 .*nowhere/] });
  await lists(page, [id]);
  await until(page, () => document.querySelector("nav.strip [data-source=good]").dataset.sourceState === "live");
  for (const bad of ["gone", "web"]) {
    await until(page, (bad) => document.querySelector(`nav.strip [data-source=${bad}]`).dataset.sourceState === "down", bad);
    await until(page, (bad) => /down: \S/.test(document.querySelector(`nav.strip [data-source=${bad}]`).innerText), bad);
  }
});
