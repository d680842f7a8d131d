// Backend text is hostile: in every field, on every page, it stays text.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { serve, writeHistory, writeRun } from "./lib/bridge.mjs";
import { tempDir } from "./lib/env.mjs";
import { LINES, TEXTS, found } from "./lib/hostile.mjs";
import { goTo, line, listed, open, shows, until } from "./lib/page.mjs";

const dir = tempDir("hostile");
const at = (second) => new Date(Date.UTC(2026, 0, 2, 3, 4, second)).toISOString();
let bridge, history;

before(async () => {
  TEXTS.forEach((text, index) => {
    const [before, behind] = [TEXTS[(index + 1) % TEXTS.length], TEXTS[(index + 2) % TEXTS.length]];
    writeRun(
      dir,
      {
        run_id: `hostile-${index}`, job: text, created_at: at(index), user: text, host: before, cwd: behind, command: ["sh", "-c", text], recorder: text,
        tags: { [text]: before, [`k${index}`]: text }, parent: text, root: before,
      },
      [
        { at: at(index), event: "run", status: "running" },
        { at: at(index), event: "plan", steps: [text, before] },
        { at: at(index), event: "step", step: text, attempt: 1, status: "running" },
        { at: at(index + 1), event: "step", step: text, attempt: 1, status: "failed", exit_code: 1, reason: text },
        { at: at(index + 1), event: "step", step: before, attempt: 1, status: text },
        { at: at(index + 2), event: text, status: text },
        { at: at(index + 2), event: "run", status: index % 3 === 0 ? text : "failed", exit_code: 1, reason: text },
      ],
      LINES.map(({ line }, row) => `${at(row % 60)}\t${row % 2 ? text : before}\t${row % 5 ? "err" : "out"}\t${line}\n`).join(""),
    );
  });
  history = writeHistory(
    dir,
    TEXTS.map((text, index) => ({
      run_id: text, started_at: at(index), ended_at: at(index + 5), result: index % 2 ? text : "failed", failure_reason: text, stages_executed: [text], stages_failed: [text],
      retry_count: text, metadata: { job: text, user: text, host: text, tags: { [text]: text }, stages: [{ stage: text, started_at: text, result: text, reason: text }], [text]: text },
    })),
    "history.jsonl",
  );
  bridge = await serve({ dir, histories: { history } });
});
after(() => bridge?.stop());

const clean = async (page, where) => assert.deepEqual(await page.evaluate(found), [], where);

test("hostile: the list shows it as text, whatever the id", async (t) => {
  const page = await open(t, bridge.url);
  await until(page, (count) => document.querySelector("[role=grid]")?.getAttribute("aria-rowcount") === String(count), 1 + 2 * TEXTS.length);
  await clean(page, "the list");
  for (const [index, text] of TEXTS.entries()) {
    const row = await page.evaluate((id) => document.querySelector(`[data-run-id="${CSS.escape(id)}"] .col-job`)?.textContent, `hostile-${index}`);
    assert.equal(row, text);
  }
  const ids = await listed(page);
  for (const text of TEXTS) assert.ok(ids.includes(text), `the run ${JSON.stringify(text)} is in the list`);
});

test("hostile: a run's pages show it as text", async (t) => {
  const page = await open(t, bridge.url);
  for (const [index, text] of TEXTS.entries()) {
    for (const tab of ["overview", "steps", "timeline", "events", "logs", "stats", "lineage", "raw"]) {
      const query = `view=run&source=local&run=hostile-${index}&tab=${tab}`;
      await (index === 0 ? page.goto(`${bridge.url}?${query}`) : goTo(page, query));
      await until(page, (text) => document.querySelector("h1")?.textContent === text, text);
      if (tab === "steps") await until(page, () => document.querySelectorAll("[role=treegrid] [data-step-key]").length >= 2);
      if (tab === "logs") await line(page, LINES.length);
      if (tab === "timeline") await page.locator(".lane__bar").first().waitFor();
      if (tab === "events") await page.locator("[data-event]").nth(3).click();
      if (["events", "raw"].includes(tab)) await until(page, () => [...document.querySelectorAll("pre.json")].some((part) => part.textContent.length > 20));
      if (tab === "lineage") await shows(page, "main", "this run");
      if (tab === "overview") await page.locator(".failed-step").first().waitFor();
      await clean(page, `${tab} of ${text}`);
    }
  }
  await until(page, (part) => document.title.includes(part), TEXTS[TEXTS.length - 1].slice(0, 3));
});

test("hostile: a history's run opens by its id, whatever it is", async (t) => {
  const page = await open(t, bridge.url);
  for (const text of TEXTS) {
    await page.goto(`${bridge.url}?view=run&source=history&run=${encodeURIComponent(text)}`);
    await until(page, (text) => document.querySelector("h1")?.textContent === text, text);
    await shows(page, ".run__title", text.replace(/[\u202e\u2066\u200b\ufeff].*/su, ""));
    await clean(page, text);
  }
});

test("hostile: a log's lines show their text, with allowed colours and links alone", async (t) => {
  const page = await open(t, `${bridge.url}?view=run&source=local&run=hostile-0&tab=logs`);
  await line(page, LINES.length);
  for (const [index, { line: raw, text = raw }] of LINES.entries()) {
    const shown = await page.evaluate((number) => document.querySelector(`[data-line="${number}"] .log__text`).textContent, index + 1);
    // Characters that turn text around are spelled out.
    assert.equal(shown, text.replace(/[\u202a-\u202e\u2066-\u2069]/g, (letter) => `\\u{${letter.codePointAt(0).toString(16)}}`));
  }
  const links = await page.evaluate(() => [...document.querySelectorAll("[data-line] .log__text a")].map((link) => [link.getAttribute("href"), link.rel, link.target]));
  assert.deepEqual(links.map(([href]) => href), ["https://example.com/ok", "https://example.com/a?b=c#d", "https://example.com/"]);
  for (const [, rel, target] of links) assert.deepEqual([rel, target], ["noopener noreferrer", "_blank"]);
  const classes = await page.evaluate((number) => [...document.querySelectorAll(`[data-line="${number}"] .log__text span`)].map((span) => [span.className, span.textContent]), TEXTS.length + 1);
  assert.deepEqual(classes, [["ansi-fg-1", "red"], ["ansi-fg-2 ansi-bold", "bold green"]]);
});

test("hostile: an address is text as well", async (t) => {
  const page = await open(t, bridge.url, { allow: [/404/] });
  for (const [index, text] of TEXTS.entries()) {
    const word = encodeURIComponent(text);
    for (const query of [`q=${word}&job=${word}&tag=${word}&status=${word}&since=${word}`, `source=${word}`, `view=run&run=${word}`, `view=${word}&tab=${word}`, `view=run&run=hostile-0&tab=logs&f.step=${word}&f.level=${word}#step:${word}:L3`, `view=run&run=hostile-0&tab=events&f.type=${word}&f.level=${word}&f.since=${word}&f.q=${word}`, `view=run&run=hostile-0&tab=steps&f.status=${word}&f.sort=${word}`]) {
      await (index % 4 === 0 ? page.goto(`${bridge.url}?${query}`) : goTo(page, query));
      await page.locator(".app main *").first().waitFor();
      await clean(page, query);
    }
  }
});

test("hostile: the check itself finds what text must not become", async (t) => {
  const page = await open(t, bridge.url, { allow: [/inline style|blocked by the policy: (style-src|base-uri|frame-src|script-src)/] });
  const kinds = ["img", "script", "iframe", "style", "base", "a"];
  const counts = await page.evaluate((kinds) => kinds.map((kind) => {
    const element = document.createElement(kind);
    if (kind === "a") element.setAttribute("href", "javascript:0");
    document.querySelector("main").append(element);
    return element.outerHTML;
  }), kinds);
  const words = (await page.evaluate(found)).join("\n");
  for (const [index, kind] of kinds.entries()) assert.ok(words.includes(kind === "a" ? "href=javascript:0" : counts[index]), `${kind} is found in ${words}`);
});
