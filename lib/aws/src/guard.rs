//! Refuses requests that change something while the provider reads.
//!
//! A plan, a refresh and drift detection change nothing. That does not rely on the handlers: each client has an
//! interceptor that knows whether the call it is part of only reads.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeSerializationInterceptorContextRef;
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

tokio::task_local! {
    static READING: ();
}

/// Runs `call`, of which every request that changes something is refused.
pub(crate) async fn reading<T>(call: impl Future<Output = T>) -> T {
    READING.scope((), call).await
}

/// The prefixes of operations without an effect, in all APIs of AWS.
const READS: [&str; 9] = ["BatchGet", "Describe", "Get", "Head", "List", "Lookup", "Query", "Scan", "Search"];

/// Returns whether an operation may change something.
pub(crate) fn is_mutating(operation: &str) -> bool {
    !READS.iter().any(|prefix| operation.starts_with(prefix))
}

/// The interceptor of every client.
#[derive(Debug)]
pub(crate) struct Guard;

impl Intercept for Guard {
    fn name(&self) -> &'static str {
        "Guard"
    }

    fn read_before_serialization(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let operation = config.load::<Metadata>().map_or("an unnamed operation", Metadata::name);
        if READING.try_with(|()| ()).is_ok() && is_mutating(operation) {
            return Err(format!(
                "{operation} would change something, and this call only reads; this is a bug of the handler"
            )
            .into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use groundplan_engine::Provider;
    use serde_json::json;

    use super::*;
    use crate::native_types;
    use crate::replay::{Answer, aws, config, create, existing};

    #[tokio::test]
    async fn a_call_that_only_reads_can_change_nothing() {
        let (config, log) = config(Answer::empty);
        let clients = crate::config::Regions::new(config).clients("eu-central-1");
        let refused = reading(clients.ec2.create_vpc().send()).await.unwrap_err();
        assert!(format!("{refused:?}").contains("CreateVpc would change something"), "{refused:?}");
        assert_eq!(log.all().len(), 0);
        reading(clients.ec2.describe_vpcs().send()).await.unwrap();
        clients.ec2.create_vpc().send().await.unwrap();
        assert_eq!(log.all().len(), 2);
    }

    /// Checks with empty answers, and so up to the first read. The conformance test makes each of these calls with full
    /// answers, through the same guard, and fails if one is refused.
    #[tokio::test(start_paused = true)]
    async fn no_handler_changes_anything_where_it_reads_looks_or_finds() {
        for type_name in native_types() {
            // Identifiers have one to four parts.
            for id in ["a", "a|b", "a|b|c", "a|b|c|d"] {
                let (aws, _) = aws(Answer::empty);
                let resource = existing(type_name, id, json!({}));
                let answers = [
                    format!("{:?}", aws.read(&resource).await),
                    format!("{:?}", aws.status(&resource).await),
                    format!("{:?}", aws.find(&create(type_name, json!({}))).await),
                ];
                for answer in answers {
                    assert!(!answer.contains("would change something"), "{type_name} {id}: {answer}");
                }
            }
        }
    }

    #[test]
    fn operations_that_only_read_are_told_by_their_names() {
        for reads in ["DescribeVpcs", "GetRole", "HeadBucket", "ListTagsForResource", "BatchGetItem"] {
            assert!(!is_mutating(reads), "{reads}");
        }
        for writes in ["CreateVpc", "ChangeResourceRecordSets", "PutBucketPolicy", "SetSubnets", "RestoreSecret"] {
            assert!(is_mutating(writes), "{writes}");
        }
    }
}
