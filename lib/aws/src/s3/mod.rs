//! `AWS::S3::*`.

mod bucket;
mod bucket_policy;
mod cors;
mod encryption;
mod lifecycle;

pub(crate) use bucket::Bucket;
pub(crate) use bucket_policy::BucketPolicy;
