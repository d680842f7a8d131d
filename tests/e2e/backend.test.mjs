// The server of docs/serve-your-own-backend.md, taken from the page as it stands there, works in the app with live logs.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { serve } from "./lib/bridge.mjs";
import { root, tempDir } from "./lib/env.mjs";
import { lines, lists, open, shows, until } from "./lib/page.mjs";
import { firstLine, later, start } from "./lib/proc.mjs";

test("backend: the smallest server of the docs is listed, and its log lines arrive live", async (t) => {
  const page_ = readFileSync(join(root, "docs/serve-your-own-backend.md"), "utf8");
  const block = (language) => new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(page_)[1];
  const dir = tempDir("backend");
  writeFileSync(join(dir, "mine.py"), block("python"));
  writeFileSync(join(dir, "config.json"), block("json"));
  const server = start("python3", [join(dir, "mine.py"), "0"]);
  later(t, async () => {
    server.kill("SIGTERM");
    await server.done;
  });
  const upstream = await firstLine(server);
  const bridge = await serve({ dir: join(dir, "runs"), config: join(dir, "config.json"), extra: ["--proxy", `mine=${upstream}`] });
  later(t, () => bridge.stop());

  const page = await open(t, bridge.url);
  await lists(page, ["demo-1"]);
  await shows(page, "nav.strip", /Mine\s*live/);
  await shows(page, "[data-run-id=demo-1]", "nightly");
  await page.locator("[data-run-id=demo-1]").click();
  await page.locator("article[data-run-id=demo-1]").waitFor();
  await page.getByRole("tab", { name: "logs" }).press("Enter");
  await until(page, () => document.querySelector("[data-line]"));
  // Each second brings one more; none is missed.
  const last = async () => Math.max(...(await lines(page)).map(({ number }) => number));
  const first = await last();
  await until(page, (wanted) => Math.max(...[...document.querySelectorAll("[data-line]")].map((row) => Number(row.dataset.line))) >= wanted, first + 3, "three more lines");
  const all = await lines(page);
  assert.deepEqual(all.map(({ number, text }) => [number, text]), all.map((_, at) => [all[0].number + at, `line ${all[0].number + at}`]));
  assert.equal(await page.locator(".notice").count(), 0);
  await page.getByRole("tab", { name: "steps" }).click();
  await shows(page, "[data-step-key=count]", "running");
});
