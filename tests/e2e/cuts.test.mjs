// The stream of a live log, cut again and again at random bytes: every line arrives exactly once, in order.
import assert from "node:assert/strict";
import { test } from "node:test";
import { live, logTexts, serve } from "./lib/bridge.mjs";
import { isFull } from "./lib/env.mjs";
import { PATIENCE, download, open, until } from "./lib/page.mjs";
import { later } from "./lib/proc.mjs";
import { chance, proxy } from "./lib/web.mjs";

const CUTS = 10;
const CHUNK = 2_000;
const SEEDS = isFull ? [1, 2, 3, 4, 5, 6] : [Number(process.env.E2E_SEED ?? 1)];

/** Lines that the bridge sent, by connection: those of whole events only, which are all that the page can take in. */
function sentLines(connections) {
  const seen = new Set();
  let resent = 0;
  for (const bytes of connections.values()) {
    const events = Buffer.concat(bytes).toString().split("\n\n").slice(0, -1);
    for (const event of events.filter((event) => event.startsWith("event: log\n"))) {
      const { first, lines } = JSON.parse(event.slice(event.indexOf("data: ") + 6));
      lines.forEach((_, index) => {
        if (seen.has(first + index)) resent += 1;
        seen.add(first + index);
      });
    }
  }
  return { seen: seen.size, resent };
}

for (const seed of SEEDS) {
  test(`cuts: ${CUTS} cuts of a live log lose and double nothing (seed ${seed})`, async (t) => {
    const random = chance(seed);
    const bridge = await serve();
    later(t, () => bridge.stop());
    const front = await proxy(bridge);
    later(t, () => front.stop());
    const run = await live(bridge.dir, "printer");
    later(t, () => run.end());

    const isRun = (path) => path.includes("topic=run%3A") || path.includes("topic=run:");
    const connections = new Map();
    front.onBytes = (entry, bytes) => {
      if (isRun(entry.path)) connections.set(entry, [...(connections.get(entry) ?? []), Buffer.from(bytes)]);
    };
    const how = () => ["reset", "half", "end"][Math.floor(random() * 3)];
    front.plan = (path) => (isRun(path) && front.cuts.length < CUTS ? { after: 1 + Math.floor(random() * 120_000), how: how() } : null);

    const page = await open(t, "about:blank", { allow: [/net::ERR_/, /Failed to load resource/], wait: false });
    // The page waits longer after each failure; its clock is moved on, so that the test need not.
    await page.clock.install();
    await page.goto(`${front.url}?view=run&run=${run.id}&source=local&tab=logs`);
    let printed = 0;
    let healed = 0;
    const arrived = async () => {
      const text = await page.evaluate(() => document.querySelector(".log select option[value=out]")?.textContent ?? "");
      return Number(text.replace(/\D/g, "") || 0);
    };
    for (let end = Date.now() + PATIENCE; front.cuts.length < CUTS || printed === 0 || (await arrived()) < printed; ) {
      if (Date.now() > end) throw new Error(`${await arrived()} of ${printed} lines after ${front.cuts.length} cuts`);
      if (healed < front.cuts.length) {
        healed = front.cuts.length;
        // What is printed now, nobody hears.
        run.say(`i=0; while [ $i -lt 100 ]; do i=$((i+1)); echo unheard ${healed} $i; done`);
        printed += 100;
        await bridge.until(`runs/${run.id}/logs?tail=1`, ({ total }) => total === printed);
        await page.clock.fastForward(31_000);
      } else if ((await arrived()) >= printed) {
        run.say(`i=0; while [ $i -lt ${CHUNK} ]; do i=$((i+1)); echo line $i of chunk ${printed}; done`);
        printed += CHUNK;
      }
      await new Promise((done) => setTimeout(done, 20));
    }
    await run.end();
    await until(page, () => /succeeded/.test(document.title));
    await page.goto(`${page.url().split("#")[0]}#L1-L${printed}`);
    const saved = await download(page, () => page.getByRole("button", { name: "Save lines" }).click());
    const texts = logTexts(bridge.dir, run.id);
    assert.equal(texts.length, printed);
    assert.deepEqual(saved.bytes.toString().split("\n").slice(0, -1), texts);
    assert.ok(front.cuts.length >= CUTS);
    const { resent } = sentLines(connections);
    t.diagnostic(`${printed} lines over ${connections.size} connections, cut by ${front.cuts.join(" ")}; ${resent} lines were sent again in whole events`);
  });
}
