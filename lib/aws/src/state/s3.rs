//! S3.

use std::collections::BTreeSet;

use async_trait::async_trait;
use aws_config::Region;
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use groundplan_engine::Error;
use groundplan_engine::model::FormatError;
use groundplan_engine::provider::ErrorClass;
use groundplan_engine::store::{CompareAndSwapStore, Objects, StoredText};

use super::error::Attempt;
use super::{Connection, StateLocation};
use crate::error::Error as CallError;
use crate::handler::required;

/// The maximum number of objects that one request deletes.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html>
const DELETES: usize = 1000;

pub(super) struct Bucket {
    pub(super) connection: std::sync::Arc<Connection>,
}

/// Returns the region of the bucket. S3 returns it to every caller, in addition to any other response.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html>
pub(super) async fn region(client: &Client, location: &StateLocation) -> Result<Region, Error> {
    let place = location.to_string();
    let attempt = Attempt { doing: "find the bucket of", place: &place, location };
    let found = match client.head_bucket().bucket(&location.bucket).send().await {
        Ok(found) => found.bucket_region,
        Err(error) => {
            let header = error.raw_response().and_then(|response| response.headers().get("x-amz-bucket-region"));
            let region = header.map(str::to_owned);
            let status = error.raw_response().map(|response| response.status().as_u16());
            match (region, status) {
                // An answer to HEAD has no body that could say so.
                (_, Some(404)) => {
                    let missing = format!("the bucket `{}` does not exist", location.bucket);
                    return Err(attempt.failed(CallError::new(ErrorClass::NotFound, missing).with_code("NoSuchBucket")));
                }
                (Some(region), _) => Some(region),
                (None, _) => return Err(attempt.failed(error)),
            }
        }
    };
    // Emulators may say nothing.
    Ok(found.map(Region::new).or_else(|| client.config().region().cloned()).unwrap_or(Region::from_static("us-east-1")))
}

/// An object and what it is to be.
struct Put<'a> {
    key: &'a str,
    text: String,
    condition: Condition<'a>,
}

enum Condition<'a> {
    Always,
    /// There is none.
    Absent,
    /// It has this ETag.
    Is(&'a str),
}

impl Bucket {
    fn location(&self) -> &StateLocation {
        &self.connection.location
    }

    async fn client(&self) -> Result<&Client, Error> {
        Ok(&self.connection.clients().await?.s3)
    }

    fn place_of(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.location().bucket)
    }

    /// The text and the ETag of an object.
    async fn read_object(&self, key: &str) -> Result<Option<(String, String)>, Error> {
        let place = self.place_of(key);
        let attempt = Attempt { doing: "read", place: &place, location: self.location() };
        let sent = self.client().await?.get_object().bucket(&self.location().bucket).key(key).send().await;
        let object = match sent.map_err(CallError::from) {
            Err(error) if error.code() == "NoSuchKey" => return Ok(None),
            sent => sent.map_err(|error| attempt.failed(error))?,
        };
        let body = object.body.collect().await;
        let body = body.map_err(|error| attempt.failed(CallError::new(ErrorClass::Transient, error.to_string())))?;
        let text = String::from_utf8(body.to_vec());
        let text = text.map_err(|_| {
            Error::Format(FormatError::Corrupt { place: place.clone(), reason: "it is not UTF-8 text".into() })
        })?;
        Ok(Some((text, required(object.e_tag, "ETag").map_err(|error| attempt.failed(error))?)))
    }

    /// Writes an object and returns its ETag; `None` if the condition failed.
    async fn write_object(&self, Put { key, text, condition }: Put<'_>) -> Result<Option<String>, Error> {
        let place = self.place_of(key);
        let attempt = Attempt { doing: "write", place: &place, location: self.location() };
        let put = self.client().await?.put_object().bucket(&self.location().bucket).key(key);
        let put = put.content_type("application/json").body(ByteStream::from(text.into_bytes()));
        let put = match condition {
            Condition::Always => put,
            Condition::Absent => put.if_none_match("*"),
            Condition::Is(etag) => put.if_match(etag),
        };
        match put.send().await.map_err(CallError::from) {
            Ok(object) => required(object.e_tag, "ETag").map(Some).map_err(|error| attempt.failed(error)),
            Err(error) if is_refused(&error) => Ok(None),
            Err(error) => Err(attempt.failed(error)),
        }
    }

    /// All keys below a prefix; with a delimiter the first part of each alone.
    async fn keys(&self, prefix: &str, delimiter: Option<&str>) -> Result<Vec<String>, Error> {
        let place = self.place_of(prefix);
        let attempt = Attempt { doing: "list", place: &place, location: self.location() };
        let list = self.client().await?.list_objects_v2().bucket(&self.location().bucket).prefix(prefix);
        let mut pages = list.set_delimiter(delimiter.map(str::to_owned)).into_paginator().send();
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| attempt.failed(error))?;
            match delimiter {
                None => keys.extend(page.contents.into_iter().flatten().filter_map(|object| object.key)),
                Some(_) => keys.extend(page.common_prefixes.into_iter().flatten().filter_map(|found| found.prefix)),
            }
        }
        Ok(keys)
    }
}

/// Returns whether the condition of a request failed. The condition that an object is unchanged also fails if the
/// object no longer exists.
fn is_refused(error: &CallError) -> bool {
    matches!(error.code(), "PreconditionFailed" | "NoSuchKey")
}

#[async_trait]
impl Objects for Bucket {
    fn place(&self) -> String {
        self.location().to_string()
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, Error> {
        let root = self.location().key("");
        let keys = self.keys(&self.location().key(prefix), None).await?;
        Ok(keys.iter().filter_map(|key| key.strip_prefix(&root)).map(str::to_owned).collect())
    }

    async fn directories(&self) -> Result<Vec<String>, Error> {
        let root = self.location().key("");
        let found = self.keys(&root, Some("/")).await?;
        let names: BTreeSet<_> = found.iter().filter_map(|key| key.strip_prefix(&root)?.strip_suffix('/')).collect();
        Ok(names.into_iter().map(str::to_owned).collect())
    }

    async fn get(&self, name: &str) -> Result<Option<String>, Error> {
        Ok(self.read_object(&self.location().key(name)).await?.map(|(text, _)| text))
    }

    async fn create(&self, name: &str, text: String) -> Result<bool, Error> {
        let key = self.location().key(name);
        Ok(self.write_object(Put { key: &key, text, condition: Condition::Absent }).await?.is_some())
    }

    async fn put(&self, name: &str, text: String) -> Result<(), Error> {
        let key = self.location().key(name);
        self.write_object(Put { key: &key, text, condition: Condition::Always }).await.map(drop)
    }

    async fn delete(&self, names: Vec<String>) -> Result<(), Error> {
        let place = self.place_of(&self.location().key(""));
        let attempt = Attempt { doing: "delete objects in", place: &place, location: self.location() };
        for names in names.chunks(DELETES) {
            let object = |name: &String| ObjectIdentifier::builder().key(self.location().key(name)).build();
            let objects: Vec<_> =
                names.iter().map(object).collect::<Result<_, _>>().map_err(|error| attempt.failed(error))?;
            let delete = Delete::builder().quiet(true).set_objects(Some(objects)).build();
            let delete = delete.map_err(|error| attempt.failed(error))?;
            let request = self.client().await?.delete_objects().bucket(&self.location().bucket).delete(delete);
            let answer = request.send().await.map_err(|error| attempt.failed(error))?;
            if let Some(failed) = answer.errors().first() {
                let message = format!("{}: {}", failed.key().unwrap_or("?"), failed.message().unwrap_or_default());
                let error = CallError::new(ErrorClass::Invalid, message);
                return Err(attempt.failed(error.with_code(failed.code().unwrap_or_default())));
            }
        }
        Ok(())
    }
}

/// The locks, each an object `APP/lock.json`. The ETag identifies its content, and no two records of a lock are equal.
#[async_trait]
impl CompareAndSwapStore for Bucket {
    async fn read(&self, name: &str) -> Result<Option<StoredText>, Error> {
        let object = self.read_object(&self.location().lock_key(name)).await?;
        Ok(object.map(|(text, version)| StoredText { text, version }))
    }

    async fn write(&self, name: &str, text: &str, over: Option<&str>) -> Result<Option<String>, Error> {
        let key = self.location().lock_key(name);
        let condition = over.map_or(Condition::Absent, Condition::Is);
        self.write_object(Put { key: &key, text: text.to_owned(), condition }).await
    }

    async fn delete(&self, name: &str, version: &str) -> Result<bool, Error> {
        let key = self.location().lock_key(name);
        let place = self.place_of(&key);
        let attempt = Attempt { doing: "delete", place: &place, location: self.location() };
        let delete = self.client().await?.delete_object().bucket(&self.location().bucket).key(&key).if_match(version);
        match delete.send().await.map_err(CallError::from) {
            Ok(_) => Ok(true),
            Err(error) if is_refused(&error) => Ok(false),
            Err(error) => Err(attempt.failed(error)),
        }
    }
}
