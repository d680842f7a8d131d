// A client of Dagster's websocket that does nothing but read.
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import process from "node:process";
import { root } from "../../e2e/lib/env.mjs";

// Node 20 has no WebSocket of its own; Playwright brings one along.
const require = createRequire(import.meta.url);
const modules = resolve(process.env.RUNBOARD_NODE_MODULES ?? join(root, "node_modules"));
const { ws: WebSocket } = require(join(modules, "playwright-core/lib/utilsBundle.js"));

/** Reads `count` events of a run by the adapter's own subscription, in the old protocol `graphql-ws`; gives the milliseconds from connecting on. */
export function readAll(url, document, run, count) {
  const start = performance.now();
  return new Promise((done, fail) => {
    const socket = new WebSocket(`${url.replace("http", "ws")}/graphql`, "graphql-ws");
    let events = 0;
    socket.onerror = (error) => fail(error.error ?? error);
    socket.onopen = () => socket.send('{"type":"connection_init","payload":{}}');
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(data);
      if (frame.type === "connection_ack") {
        socket.send(JSON.stringify({ id: "1", type: "start", payload: { query: document, variables: { r: run, c: null } } }));
        return;
      }
      const news = frame.payload?.data?.pipelineRunLogs;
      if (!news?.events) return fail(new Error(`the subscription was answered with ${String(data).slice(0, 500)}`));
      events += news.events.length;
      if (events < count) return;
      done(performance.now() - start);
      socket.close();
    };
  });
}
