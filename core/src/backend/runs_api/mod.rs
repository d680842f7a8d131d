//! The Runs API: what any backend may implement, and what the bridge speaks (docs/runs-api.yaml).

pub mod wire;
