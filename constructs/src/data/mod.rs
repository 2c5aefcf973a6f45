//! Data stores: databases and buckets.

mod bucket;
mod postgres;

pub use bucket::{Bucket, BucketHandle, BucketRef};
pub use postgres::{
    BackupWindow, InstanceClass, PostgresDatabase, PostgresDatabaseHandle, PostgresVersion, QueryLogging,
};
