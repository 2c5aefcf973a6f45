//! `AWS::CertificateManager::*`.

mod certificate;
mod validation;

pub(crate) use certificate::Certificate;
pub(crate) use validation::WrittenRecords;
