//! The real stacks: account, checkout, platform.
