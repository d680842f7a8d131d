// Signing in with the bridge's token, and out: the token is sent once and kept nowhere.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { record, serve } from "./lib/bridge.mjs";
import { tempDir } from "./lib/env.mjs";
import { lists, open, shows, until } from "./lib/page.mjs";
import { later } from "./lib/proc.mjs";

const TOKEN = "correct-horse-battery-staple-0123456789";
const ALLOWED = [/Failed to load resource/, /net::ERR_/];

/** A bridge that wants the token, with one run. */
async function guarded(t) {
  const dir = tempDir("access");
  const token = join(dir, "token");
  writeFileSync(token, `${TOKEN}\n`, { mode: 0o600 });
  const id = await record(dir, "secret", "echo classified");
  const bridge = await serve({ dir, extra: ["--token-file", token] });
  later(t, () => bridge.stop());
  return { bridge, id };
}

const form = (page) => page.getByRole("form", { name: "Sign in" });

async function signIn(page, token = TOKEN) {
  await form(page).getByLabel("Token").fill(token);
  await form(page).getByRole("button", { name: "Sign in" }).click();
}

/** All that scripts of the page, or a link, could give away. */
const kept = async (page) =>
  (await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href, document.cookie, document.documentElement.outerHTML, [...document.querySelectorAll("input")].map((input) => input.value)]))) +
  JSON.stringify(await page.evaluate(() => performance.getEntriesByType("resource").map((entry) => entry.name)));

test("access: a wrong token is refused in words, the right one opens everything at once, signing out closes it", async (t) => {
  const { bridge, id } = await guarded(t);
  const page = await open(t, bridge.url, { allow: ALLOWED });
  await form(page).waitFor();
  assert.equal(await page.locator("[data-run-id]").count(), 0);
  assert.equal(await form(page).getByLabel("Token").getAttribute("type"), "password");
  const posts = [];
  page.on("request", (request) => request.method() === "POST" && posts.push(request));
  await signIn(page, "not-the-token-at-all");
  await shows(page, ".sign-in__wrong", /\S/);
  assert.equal(await form(page).getByLabel("Token").inputValue(), "", "what was typed is gone");
  await signIn(page);
  // Long before the next try is due.
  await lists(page, [id]);
  assert.equal(await form(page).count(), 0);
  assert.equal(posts.length, 2);
  assert.equal(posts[1].headers()["x-runboard"], "1");
  assert.ok(new URL(posts[1].url()).pathname === "/api/session");
  assert.ok(!(await kept(page)).includes(TOKEN), "the token is nowhere in the page");
  await page.reload();
  await lists(page, [id]);
  await page.getByRole("button", { name: "Sign out" }).click();
  await form(page).waitFor();
  assert.equal(await page.locator("[data-run-id]").count(), 0, "nothing of what was read stays");
  assert.equal((await page.context().cookies()).length, 0);
});

test("access: a session that ends asks for the token again, and the open run goes on where it was", async (t) => {
  const { bridge, id } = await guarded(t);
  const page = await open(t, `${bridge.url}?view=run&source=local&run=${id}&tab=logs`, { allow: ALLOWED });
  await signIn(page);
  await shows(page, ".log", "classified");
  await page.context().clearCookies();
  await bridge.kill();
  const again = await bridge.again();
  later(t, () => again.stop());
  await form(page).waitFor();
  await shows(page, "nav.strip", /signed out|STALE|down/);
  await signIn(page);
  await until(page, () => document.querySelector("nav.strip [data-source-state=live]"));
  await shows(page, ".log", "classified");
  assert.equal(await form(page).count(), 0);
});

test("access: where nobody signs in, nothing asks about it", async (t) => {
  const dir = tempDir("open");
  const id = await record(dir, "open", "echo x");
  const bridge = await serve({ dir });
  later(t, () => bridge.stop());
  const asked = [];
  const page = await open(t, "about:blank", { wait: false });
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await page.goto(bridge.url);
  await lists(page, [id]);
  assert.ok(!asked.includes("/api/session"));
  assert.equal(await page.getByRole("button", { name: "Sign out" }).count(), 0);
});
