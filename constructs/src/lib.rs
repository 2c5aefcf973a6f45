//! Constructs by topic: network, data, identity, storage, observability.
