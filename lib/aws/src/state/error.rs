//! Advice for errors of S3 and DynamoDB.

use groundplan_engine::Error;
use groundplan_engine::provider::{ErrorClass, ProviderError};
use groundplan_engine::store::StoreError;

use super::StateLocation;

/// The attempted operation, for messages.
#[derive(Clone, Copy)]
pub(super) struct Attempt<'a> {
    pub(super) doing: &'static str,
    /// The object, or the item of a table.
    pub(super) place: &'a str,
    pub(super) location: &'a StateLocation,
}

impl Attempt<'_> {
    /// The error of the store, with what to do about it where that is known.
    pub(super) fn failed(self, source: impl Into<crate::error::Error>) -> Error {
        let source: ProviderError = source.into().into();
        let fix = self.fix(&source);
        Error::Store(StoreError::Request {
            doing: self.doing,
            place: self.place.to_owned(),
            source: Box::new(source),
            fix,
        })
    }

    fn fix(self, error: &ProviderError) -> Option<String> {
        let StateLocation { bucket, region, lock_table, .. } = self.location;
        let in_table = error.operation.as_ref().is_some_and(|operation| operation.starts_with("dynamodb:"));
        let table = lock_table.as_deref().unwrap_or_default();
        let code = error.code.as_deref().unwrap_or_default();
        Some(match code {
            "NoSuchBucket" => match region {
                Some(region) => {
                    format!("create it with `aws s3 mb s3://{bucket} --region {region}`, or name another one")
                }
                None => format!("create it with `aws s3 mb s3://{bucket}`, or name another one"),
            },
            "ResourceNotFoundException" if in_table => format!(
                "create the table in the bucket's region with `aws dynamodb create-table --table-name {table} \
                 --attribute-definitions AttributeName=LockID,AttributeType=S \
                 --key-schema AttributeName=LockID,KeyType=HASH --billing-mode PAY_PER_REQUEST`, or name another one \
                 in `lock_table`"
            ),
            "ValidationException" if in_table => {
                format!("the partition key of the table `{table}` has to be the string `LockID`, and its only key")
            }
            "PermanentRedirect" | "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException" => {
                "the bucket is in another region: correct `region` in the URL of the state, or leave it out".to_owned()
            }
            "ExpiredToken" | "ExpiredTokenException" | "RequestExpired" => {
                "get new credentials and run it again, which continues where it stopped".to_owned()
            }
            "NotImplemented" => {
                "the service there is not S3 or does not support conditional writes; keep the state elsewhere"
                    .to_owned()
            }
            _ if code.starts_with("AccessDenied") && in_table => {
                format!("allow `dynamodb:GetItem`, `PutItem` and `DeleteItem` on the table `{table}`")
            }
            _ if code.starts_with("AccessDenied") || (code.is_empty() && error.class == ErrorClass::Denied) => format!(
                "allow `s3:ListBucket` on `{bucket}`, and `s3:GetObject`, `s3:PutObject` and `s3:DeleteObject` on \
                 `{bucket}/{}`",
                self.location.key("*")
            ),
            _ => return None,
        })
    }
}
