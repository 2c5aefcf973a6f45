//! `AWS::CertificateManager::*`.

mod certificate;
mod validation;

pub(crate) use certificate::Certificate;
