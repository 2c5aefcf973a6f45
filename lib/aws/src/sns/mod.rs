//! `AWS::SNS::*`.

#[cfg(test)]
mod replay_tests;
mod topic;

pub(crate) use topic::Topic;
