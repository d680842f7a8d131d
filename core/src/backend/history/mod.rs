//! Run histories as JSON lines (`runs.jsonl`).
