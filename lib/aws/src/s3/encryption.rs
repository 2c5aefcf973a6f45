//! The encryption of a bucket's objects.

use aws_sdk_s3::types;
use serde::{Deserialize, Serialize};

use crate::error::Result;
use crate::kms;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct BucketEncryption {
    server_side_encryption_configuration: Vec<EncryptionRule>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct EncryptionRule {
    bucket_key_enabled: Option<bool>,
    server_side_encryption_by_default: Option<EncryptionByDefault>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EncryptionByDefault {
    #[serde(rename = "KMSMasterKeyID")]
    kms_master_key_id: Option<String>,
    #[serde(rename = "SSEAlgorithm")]
    sse_algorithm: String,
}

impl BucketEncryption {
    pub(super) fn to_s3(&self) -> Result<types::ServerSideEncryptionConfiguration> {
        let rules = self.server_side_encryption_configuration.iter().map(EncryptionRule::to_s3);
        let rules = rules.collect::<Result<_>>()?;
        Ok(types::ServerSideEncryptionConfiguration::builder().set_rules(Some(rules)).build()?)
    }

    /// The rules as they are, with keys named as in the declaration.
    pub(super) fn of(rules: Vec<types::ServerSideEncryptionRule>, declared: Option<&Self>) -> Self {
        let declared = declared.map(|it| it.server_side_encryption_configuration.as_slice()).unwrap_or_default();
        let rules = rules.into_iter().enumerate();
        let rules = rules.map(|(position, rule)| EncryptionRule::of(rule, declared.get(position)));
        Self { server_side_encryption_configuration: rules.collect() }
    }
}

impl EncryptionRule {
    fn to_s3(&self) -> Result<types::ServerSideEncryptionRule> {
        let default = self.server_side_encryption_by_default.as_ref().map(|default| {
            types::ServerSideEncryptionByDefault::builder()
                .sse_algorithm(default.sse_algorithm.as_str().into())
                .set_kms_master_key_id(default.kms_master_key_id.clone())
                .build()
        });
        Ok(types::ServerSideEncryptionRule::builder()
            .set_bucket_key_enabled(self.bucket_key_enabled)
            .set_apply_server_side_encryption_by_default(default.transpose()?)
            .build())
    }

    fn of(rule: types::ServerSideEncryptionRule, declared: Option<&Self>) -> Self {
        let declared = declared.and_then(|rule| rule.server_side_encryption_by_default.as_ref());
        let declared_key = declared.and_then(|default| default.kms_master_key_id.as_deref());
        Self {
            bucket_key_enabled: rule.bucket_key_enabled,
            server_side_encryption_by_default: rule.apply_server_side_encryption_by_default.map(|default| {
                EncryptionByDefault {
                    kms_master_key_id: kms::as_declared(declared_key, default.kms_master_key_id),
                    sse_algorithm: default.sse_algorithm.as_str().to_owned(),
                }
            }),
        }
    }
}
