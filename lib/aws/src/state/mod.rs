//! State in S3, with its lock there or in a DynamoDB table.
//!
//! [`ObjectStore`] defines the objects, and keeps two runs apart; this module makes the requests to S3 and DynamoDB.
//! The bucket has to exist, and needs no special settings:
//!
//! - S3 is strongly consistent, in lists, too
//!   (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel>), and supports conditional
//!   writes (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html>). Versioning is not
//!   needed: nothing of the log is ever overwritten, and earlier states are kept.
//! - The lock is deleted conditionally, which S3 has supported since 2025
//!   (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html>).
//! - Encryption at rest, and its key, are the bucket's default.
//! - The credentials need `s3:ListBucket` on the bucket, and `s3:GetObject`, `s3:PutObject` and
//!   `s3:DeleteObject` below the prefix; with a table, `dynamodb:GetItem`, `dynamodb:PutItem` and
//!   `dynamodb:DeleteItem` on it.
//!
//! The SDK repeats requests that fail without an answer, or for lack of capacity. All requests here may be repeated:
//! [`ObjectStore`] determines whether the first one had its effect.

mod dynamodb;
mod error;
mod s3;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use aws_config::Region;
use aws_config::retry::RetryConfig;
use aws_sdk_s3::config::retry::{ClassifyRetry, RetryAction};
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use groundplan_engine::Error;
use groundplan_engine::store::{CompareAndSwapStore, ObjectStore};
use tokio::sync::OnceCell;

use crate::Config;
use crate::credentials::ANY_REGION;
use dynamodb::Table;
use s3::Bucket;

/// The maximum number of attempts of a request.
const ATTEMPTS: u32 = 5;

/// The location of state in S3, and of its locks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateLocation {
    /// The bucket.
    pub bucket: String,
    /// The prefix of the names of all objects, without a `/` at either end. It may be empty.
    pub prefix: String,
    /// The bucket's region, and the table's. By default, S3 is queried for it.
    pub region: Option<String>,
    /// The DynamoDB table with the locks, in the region of the bucket. Its partition key is the
    /// string `LockID`, as in the tables that Terraform uses. Without it, the locks are in S3.
    pub lock_table: Option<String>,
}

/// `s3://BUCKET/PREFIX`
impl fmt::Display for StateLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}", self.bucket)?;
        if self.prefix.is_empty() { Ok(()) } else { write!(f, "/{}", self.prefix) }
    }
}

impl StateLocation {
    /// The key of the object with this name.
    fn key(&self, name: &str) -> String {
        if self.prefix.is_empty() { name.to_owned() } else { format!("{}/{name}", self.prefix) }
    }

    /// The key of the lock of an app.
    fn lock_key(&self, app: &str) -> String {
        self.key(&format!("{app}/lock.json"))
    }
}

/// The access to S3.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "a store has one of it")]
pub enum Reach {
    /// As [`Config::from_environment`] says.
    Aws,
    /// An emulator at this URL, as [`Config::emulator`] says.
    Emulator(String),
    /// In a way of the caller's own.
    Config(Config),
}

/// Returns the store of `app` at `location`. Makes no request before it is used.
///
/// ```no_run
/// use groundplan_aws::{Reach, StateLocation, state_store};
/// use groundplan_engine::StateStore;
///
/// # async fn example() -> Result<(), groundplan_engine::Error> {
/// let location =
///     StateLocation { bucket: "acme-state".into(), prefix: "infra".into(), region: None, lock_table: None };
/// let store = state_store(Reach::Aws, location, "checkout-prod");
/// println!("{:?}", store.load().await?);
/// # Ok(())
/// # }
/// ```
pub fn state_store(reach: Reach, location: StateLocation, app: &str) -> ObjectStore {
    crate::registry::state_meanings();
    let in_table = location.lock_table.clone();
    let connection = Arc::new(Connection { reach, location, clients: OnceCell::new() });
    let bucket = Arc::new(Bucket { connection: connection.clone() });
    let cells: Arc<dyn CompareAndSwapStore> = match in_table {
        Some(table) => Arc::new(Table { connection, table }),
        None => bucket.clone(),
    };
    ObjectStore::new(bucket, cells, app)
}

/// The clients, made with the first request.
struct Connection {
    reach: Reach,
    location: StateLocation,
    clients: OnceCell<Clients>,
}

struct Clients {
    s3: aws_sdk_s3::Client,
    dynamodb: aws_sdk_dynamodb::Client,
}

impl Connection {
    async fn clients(&self) -> Result<&Clients, Error> {
        self.clients.get_or_try_init(|| self.connect()).await
    }

    async fn connect(&self) -> Result<Clients, Error> {
        let config = match &self.reach {
            Reach::Aws => Config::from_environment().await,
            Reach::Emulator(url) => Config::emulator(url).await,
            Reach::Config(config) => config.clone(),
        };
        let near = config.region().unwrap_or(Region::from_static(ANY_REGION));
        let region = match &self.location.region {
            Some(region) => Region::new(region.clone()),
            None => s3::region(&client(&config, near), &self.location).await?,
        };
        let dynamodb =
            aws_sdk_dynamodb::config::Builder::from(&config.in_region(region.clone())).retry_config(retries()).build();
        Ok(Clients { s3: client(&config, region), dynamodb: aws_sdk_dynamodb::Client::from_conf(dynamodb) })
    }
}

fn client(config: &Config, region: Region) -> aws_sdk_s3::Client {
    let config = config.in_region(region);
    // An emulator has no host name for each bucket.
    let emulated = config.endpoint_url().is_some();
    let s3 = aws_sdk_s3::config::Builder::from(&config)
        .force_path_style(emulated)
        .retry_config(retries())
        .retry_classifier(Conflicts);
    aws_sdk_s3::Client::from_conf(s3.build())
}

fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(ATTEMPTS)
}

/// Two conditional writes of one object at once: S3 answers 409 to one of them, which has to be sent again.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html>
#[derive(Debug)]
struct Conflicts;

impl ClassifyRetry for Conflicts {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        match context.response() {
            Some(response) if response.status().as_u16() == 409 => RetryAction::transient_error(),
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "conflicts of conditional writes"
    }
}
