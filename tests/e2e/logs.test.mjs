// The log of a run: search, filters, colours, links to lines, exact copies.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { logFile, logTexts, serve, writeRun } from "./lib/bridge.mjs";
import { tempDir } from "./lib/env.mjs";
import { download, line, lines, open, shows, until } from "./lib/page.mjs";

const dir = tempDir("logs");
const COUNT = 30_000;
const at = new Date().toISOString();
let bridge;

/** Line `number` of the log: every 1000th is an error, every 500th a warning, every 700th holds the needle. */
function text(number) {
  if (number % 1000 === 0) return `ERROR: broken at ${number}`;
  if (number % 500 === 0) return `WARNING: odd at ${number}`;
  if (number % 700 === 0) return `a Needle in line ${number}, a needle`;
  if (number === 7) return "\x1b[31mred\x1b[0m and \x1b[42;30mgreen\x1b[0m, \x1b[38;5;200mpalette\x1b[0m\r";
  if (number === 8) return "tab\tand \u00e4\u6f22\u{1f4a5} end";
  return `line ${number}`;
}
const step = (number) => (number <= 10_000 ? "extract" : number <= 20_000 ? "transform" : "load");
const stream = (number) => (number % 100 === 0 ? "err" : number % 9999 === 0 ? "sys" : "out");
const numbers = Array.from({ length: COUNT }, (_, index) => index + 1);

before(async () => {
  writeRun(
    dir,
    { run_id: "biglog", job: "printer", created_at: at },
    [{ at, event: "run", status: "running" }, { at, event: "run", status: "succeeded", exit_code: 0 }],
    numbers.map((number) => `${at}\t${step(number)}\t${stream(number)}\t${text(number)}\n`).join(""),
  );
  bridge = await serve({ dir });
});
after(() => bridge?.stop());

const url = (rest = "") => `${bridge.url}?view=run&run=biglog&source=local&tab=logs${rest}`;
const loaded = (page) => until(page, (count) => !/reading earlier lines/.test(document.querySelector(".log")?.innerText ?? "reading earlier lines") && document.querySelector(".log select option[value=out]").textContent.includes(count), "29,697");
const find = (page) => page.getByRole("searchbox", { name: "Find in log" });

test("logs: the tail comes first, and the whole log behind it", async (t) => {
  const page = await open(t, url());
  assert.equal(await line(page, COUNT), text(COUNT));
  await loaded(page);
  await page.locator(".log__scroll").focus();
  await page.keyboard.press("Home");
  assert.equal(await line(page, 1), "line 1");
  await page.keyboard.press("End");
  assert.equal(await line(page, COUNT), text(COUNT));
});

test("logs: search counts all lines, and goes to the next and the previous", async (t) => {
  const page = await open(t, url("#L1"));
  await loaded(page);
  assert.equal(await line(page, 1), "line 1");
  await page.keyboard.press("/");
  await page.keyboard.type("NEEDLE");
  const hits = numbers.filter((number) => text(number).includes("needle"));
  await shows(page, ".log__hits", `${hits.length} lines`);
  await page.keyboard.press("Enter");
  await shows(page, ".log__hits", `1 of ${hits.length}`);
  assert.equal(await line(page, hits[0]), text(hits[0]));
  assert.deepEqual(await page.evaluate((number) => [...document.querySelectorAll(`[data-line="${number}"] mark`)].map((mark) => mark.textContent), hits[0]), ["Needle", "needle"]);
  await page.getByRole("button", { name: "Next match" }).click();
  assert.equal(await line(page, hits[1]), text(hits[1]));
  await page.keyboard.press("n");
  assert.equal(await line(page, hits[2]), text(hits[2]));
  await page.getByRole("button", { name: "Previous match" }).click();
  await shows(page, ".log__hits", `2 of ${hits.length}`);
  await page.getByRole("button", { name: "Match case" }).click();
  await shows(page, ".log__hits", /^0 lines$/);
  await find(page).fill("Needle");
  await shows(page, ".log__hits", `${hits.length} lines`);
  await page.getByRole("button", { name: "Only matches" }).click();
  await until(page, (hits) => [...document.querySelectorAll("[data-line]")].every((row) => hits.includes(Number(row.dataset.line))), hits);
  const shown = (await lines(page)).map(({ number }) => number);
  assert.ok(shown.length > 10 && shown.every((number, index) => index === 0 || number === hits[hits.indexOf(shown[index - 1]) + 1]), String(shown));
  await find(page).fill("no such words");
  await shows(page, ".log", "No line matches");
});

test("logs: filters by level, step and stream, in the bar and in the address", async (t) => {
  const page = await open(t, url());
  await loaded(page);
  const only = async (test) => {
    const wanted = numbers.filter(test);
    await until(page, (last) => document.querySelector(`[data-line="${last}"]`), wanted[wanted.length - 1]);
    await until(page, (wanted) => [...document.querySelectorAll("[data-line]")].every((row) => wanted.has?.(row) ?? wanted.includes(Number(row.dataset.line))), wanted.slice(-200));
    const shown = (await lines(page)).map(({ number }) => number);
    assert.deepEqual(shown, wanted.slice(-shown.length));
  };
  await page.getByLabel("level").selectOption("error");
  await only((number) => number % 1000 === 0);
  assert.equal(new URL(page.url()).searchParams.get("f.level"), "error");
  assert.equal(await page.evaluate(() => document.querySelectorAll("[data-line]:not([data-level=error])").length), 0);
  await page.getByLabel("step").selectOption("transform");
  await only((number) => number % 1000 === 0 && step(number) === "transform");
  await page.getByLabel("level").selectOption("");
  await page.getByLabel("step").selectOption("");
  await page.getByLabel("stream").selectOption("sys");
  await only((number) => stream(number) === "sys");
  assert.equal(await page.evaluate(() => document.querySelectorAll("[data-line]:not([data-stream=sys])").length), 0);
  for (const [query, test] of [
    ["&f.level=warn,error", (number) => number % 500 === 0],
    ["&f.step=ex*&f.stream=err", (number) => step(number) === "extract" && number % 100 === 0],
    ["&f.step=load&f.level=warn", (number) => step(number) === "load" && number % 500 === 0 && number % 1000 !== 0],
  ]) {
    await page.goto(url(query));
    await loaded(page);
    await only(test);
  }
  await page.goto(url("&f.tail=5"));
  await line(page, COUNT);
  assert.deepEqual((await lines(page)).map(({ number }) => number), [29996, 29997, 29998, 29999, 30000]);
});

test("logs: colours by classes, never by style", async (t) => {
  const page = await open(t, url("#L7"));
  assert.equal(await line(page, 7), "red and green, palette");
  const spans = await page.evaluate(() => [...document.querySelectorAll('[data-line="7"] .log__text span')].map((span) => [span.textContent, span.className, span.getAttribute("style")]));
  assert.deepEqual(spans.slice(0, 2), [["red", "ansi-fg-1", null], ["green", "ansi-fg-0 ansi-bg-2", null]]);
  const color = (selector) => page.evaluate((selector) => getComputedStyle(document.querySelector(selector)).color, selector);
  assert.notEqual(await color('[data-line="7"] .ansi-fg-1'), await color('[data-line="8"] .log__text'));
});

test("logs: a click links to a line, shift-click to a range, and a link opens there", async (t) => {
  const page = await open(t, url("#L12345"));
  assert.equal(await line(page, 12345), "line 12345");
  await page.locator('[data-number="12340"]').click();
  assert.equal(new URL(page.url()).hash, "#L12340");
  await page.locator('[data-number="12343"]').click({ modifiers: ["Shift"] });
  assert.equal(new URL(page.url()).hash, "#L12340-L12343");
  await until(page, () => document.querySelectorAll("[data-linked=true]").length === 4);
  await page.reload();
  assert.equal(await line(page, 12340), "line 12340");
  assert.deepEqual(await page.evaluate(() => [...document.querySelectorAll("[data-linked=true]")].map((row) => row.dataset.line).sort()), ["12340", "12341", "12342", "12343"]);
  // Someone who came by a link reads: nothing follows the end.
  assert.equal(await page.getByRole("button", { name: "Follow" }).getAttribute("aria-pressed"), "false");
});

test("logs: chosen lines are saved and copied exactly, and the whole log byte by byte", async (t) => {
  const page = await open(t, url("#L5-L9"), { context: { permissions: ["clipboard-read", "clipboard-write"] } });
  await line(page, 9);
  // As they were printed, colours included.
  const printed = logTexts(dir, "biglog");
  assert.match(printed[6], /^\x1b\[/);
  const wanted = printed.slice(4, 9).map((each) => `${each}\n`).join("");
  const saved = await download(page, () => page.getByRole("button", { name: "Save lines" }).click());
  assert.equal(saved.bytes.toString(), wanted);
  await page.getByRole("button", { name: /^Copy lines/ }).click();
  await shows(page, ".toast", "Lines copied");
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), wanted);
  const whole = await download(page, () => page.getByRole("button", { name: "Download", exact: true }).click());
  assert.ok(whole.bytes.equals(readFileSync(logFile(dir, "biglog"))), "the download is the file");
  await page.goto(url(`#L1-L${COUNT}`));
  await loaded(page);
  const all = await download(page, () => page.getByRole("button", { name: "Save lines" }).click());
  assert.deepEqual(all.bytes.toString().split("\n").slice(0, -1), printed);
});

test("logs: a link to lines of a step counts that step's lines, and says what is not there", async (t) => {
  const page = await open(t, url("#step:transform:L2-L3"));
  assert.equal(await line(page, 10_002), text(10_002));
  const marked = () => page.evaluate(() => [...document.querySelectorAll("[data-linked=true]")].map((row) => Number(row.dataset.line)).sort());
  await until(page, () => document.querySelectorAll("[data-linked=true]").length === 2);
  assert.deepEqual(await marked(), [10_002, 10_003]);
  assert.ok((await lines(page)).every(({ number }) => step(number) === "transform"));
  const saved = await download(page, () => page.getByRole("button", { name: "Save lines" }).click());
  assert.equal(saved.bytes.toString(), `${text(10_002)}\n${text(10_003)}\n`);
  for (const [rest, words] of [
    ["#step:transform:L10001", /line 10,001 of the step transform: there is none/],
    ["#step:nope:L1", /line 1 of the step nope: there is none/],
    ["#L30001", /points at line 30,001, and there is none/],
  ]) {
    await page.goto("about:blank");
    await page.goto(url(rest));
    await shows(page, ".log__note", words);
    assert.equal(await page.getByRole("button", { name: "Save lines" }).count(), 0, rest);
  }
});

test("logs: what an address asks for and cannot have is said", async (t) => {
  const page = await open(t, url("&f.level=loud&f.stream=stdoot&f.tail=few&attempt=x"));
  for (const words of ["f.level=loud is not understood", "f.stream=stdoot is not understood", "f.tail=few is not understood", "attempt=x is not understood"]) {
    await shows(page, ".log__note", words);
  }
  await page.goto(url("&f.tail=3"));
  await shows(page, ".log__note", "only the newest 3 lines are shown");
  await until(page, () => document.querySelectorAll("[data-line]").length === 3);
  await page.getByRole("button", { name: "Show all lines" }).click();
  await until(page, () => document.querySelectorAll("[data-line]").length > 10);
});
