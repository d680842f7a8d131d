// What the tests are given by `cargo xtask test`, and what they do without it.
import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const here = dirname(dirname(fileURLToPath(import.meta.url)));
export const root = resolve(here, "../..");
/** The built app, the bridge and the browser under test. */
export const dist = resolve(process.env.DIST ?? join(root, "dist"));
export const bridge = resolve(process.env.BRIDGE ?? join(root, "target/release/runboard-bridge"));
export const chrome = process.env.CHROME ?? "chromium";
export const isFull = process.env.E2E_FULL === "1";
/** Pictures, and whatever else a person wants to look at after a run. */
export const out = join(here, "out");

const modules = process.env.RUNBOARD_NODE_MODULES ?? join(root, "node_modules");
const require = createRequire(join(modules, "index.js"));
export const { chromium } = require("playwright-core");
export const axePath = require.resolve("axe-core/axe.min.js");

/** The environment of what the tests start: a recorder above us must not take their runs for steps of its own. */
export function cleanEnv() {
  const env = { ...process.env };
  for (const name of ["RUNBOARD_RUN", "RUNBOARD_ECHO", "RUNBOARD_DIR", "NODE_OPTIONS", "NODE_TEST_CONTEXT"]) delete env[name];
  return env;
}

/** A folder that goes when the process ends; what was killed outright may write to it for a moment longer. */
export function tempDir(name) {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), `runboard-e2e-${name}-`)));
  process.once("exit", () => rmSync(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 }));
  return dir;
}

export function outDir() {
  mkdirSync(out, { recursive: true });
  return out;
}

/** How long something that must happen may take before the test gives up. No test asserts a time. */
export const PATIENCE = Number(process.env.E2E_PATIENCE ?? 120_000);
