//! End-to-end, compile-fail and snapshot tests; see `tests/`.
