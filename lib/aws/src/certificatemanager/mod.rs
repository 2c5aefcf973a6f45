//! `AWS::CertificateManager::*`.

mod certificate;
#[cfg(test)]
mod replay_tests;
mod validation;

pub(crate) use certificate::Certificate;
