//! Locks in a DynamoDB table: an item each, whose `LockID` is the bucket and the key that the lock
//! has without a table, and whose `Info` is its record.
//!
//! The table that Terraform locks with does as well: its items have other names.

use std::sync::Arc;

use async_trait::async_trait;
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use groundplan_engine::Error;
use groundplan_engine::store::{CompareAndSwapStore, StoredText};

use super::error::Attempt;
use super::{Connection, StateLocation};
use crate::error::Error as CallError;

const KEY: &str = "LockID";
const RECORD: &str = "Info";

pub(super) struct Table {
    pub(super) connection: Arc<Connection>,
    pub(super) table: String,
}

impl Table {
    fn location(&self) -> &StateLocation {
        &self.connection.location
    }

    async fn client(&self) -> Result<&Client, Error> {
        Ok(&self.connection.clients().await?.dynamodb)
    }

    fn id(&self, app: &str) -> String {
        format!("{}/{}", self.location().bucket, self.location().lock_key(app))
    }

    fn failed(&self, doing: &'static str, app: &str, error: impl Into<CallError>) -> Error {
        let place = format!("the lock `{}` in the DynamoDB table `{}`", self.id(app), self.table);
        Attempt { doing, place: &place, location: self.location() }.failed(error)
    }
}

/// Returns whether the condition of a request failed.
fn is_refused(error: &CallError) -> bool {
    error.code() == "ConditionalCheckFailedException"
}

/// A record is its own version: no two of a lock are alike.
#[async_trait]
impl CompareAndSwapStore for Table {
    async fn read(&self, name: &str) -> Result<Option<StoredText>, Error> {
        let get = self.client().await?.get_item().table_name(&self.table).consistent_read(true);
        let sent = get.key(KEY, AttributeValue::S(self.id(name))).send().await;
        let item = sent.map_err(|error| self.failed("read", name, error))?.item;
        Ok(item.map(|mut item| {
            // An item without a record is damaged, and read as what it is.
            let text = match item.remove(RECORD) {
                Some(AttributeValue::S(text)) => text,
                _ => String::new(),
            };
            StoredText { version: text.clone(), text }
        }))
    }

    async fn write(&self, name: &str, text: &str, over: Option<&str>) -> Result<Option<String>, Error> {
        let put = self.client().await?.put_item().table_name(&self.table);
        let put = put.item(KEY, AttributeValue::S(self.id(name))).item(RECORD, AttributeValue::S(text.to_owned()));
        let put = match over {
            None => put.condition_expression("attribute_not_exists(LockID)"),
            Some(over) => put
                .condition_expression("Info = :over")
                .expression_attribute_values(":over", AttributeValue::S(over.to_owned())),
        };
        match put.send().await.map_err(CallError::from) {
            Ok(_) => Ok(Some(text.to_owned())),
            Err(error) if is_refused(&error) => Ok(None),
            Err(error) => Err(self.failed("write", name, error)),
        }
    }

    async fn delete(&self, name: &str, version: &str) -> Result<bool, Error> {
        let delete = self.client().await?.delete_item().table_name(&self.table);
        let delete = delete
            .key(KEY, AttributeValue::S(self.id(name)))
            .condition_expression("Info = :version")
            .expression_attribute_values(":version", AttributeValue::S(version.to_owned()));
        match delete.send().await.map_err(CallError::from) {
            Ok(_) => Ok(true),
            Err(error) if is_refused(&error) => Ok(false),
            Err(error) => Err(self.failed("delete", name, error)),
        }
    }
}
