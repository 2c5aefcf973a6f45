//! A cache, a table, and the secrets of the shop.

use groundplan::network::SecurityGroup;
use groundplan::observability::{LogGroup, Retention};
use groundplan::resources::dynamodb::Table;
use groundplan::resources::dynamodb::table::{
    AttributeDefinition, AttributeDefinitionArgs, GlobalSecondaryIndex, GlobalSecondaryIndexArgs, KeySchema,
    KeySchemaArgs, PointInTimeRecoverySpecification, Projection, SseSpecification, StreamSpecification,
    TimeToLiveSpecification,
};
use groundplan::resources::elasticache::replication_group::{
    CloudWatchLogsDestinationDetails, DestinationDetails, LogDeliveryConfigurationRequest,
    LogDeliveryConfigurationRequestArgs,
};
use groundplan::resources::elasticache::{
    ParameterGroup, ParameterGroupArgs, ReplicationGroup, SubnetGroup, SubnetGroupArgs,
};
use groundplan::resources::secretsmanager::{self, secret::GenerateSecretString};
use groundplan::{Handle, Scope, Secret};

use crate::Shared;

pub(crate) struct Data {
    pub(crate) cache: Handle<ReplicationGroup>,
    pub(crate) token: Handle<secretsmanager::Secret>,
    pub(crate) table: Handle<Table>,
    pub(crate) key: Handle<secretsmanager::Secret>,
}

pub(crate) fn data(stack: &Scope, shared: &Shared) -> Data {
    let token = GenerateSecretString::new().password_length(64).exclude_punctuation(true);
    let token = secretsmanager::Secret::new().description("Token of the cache").generate_secret_string(token);
    let token = stack.add("cache-token", token);
    let cache = cache(stack, shared, &token);
    stack.export("cache", cache.primary_end_point_address());
    let key = secretsmanager::Secret::new().description("Signs the API's tokens").secret_string(Secret::generated(48));
    let key = stack.add("signing-key", key);
    Data { cache, token, table: table(stack), key }
}

fn cache(stack: &Scope, shared: &Shared, token: &Handle<secretsmanager::Secret>) -> Handle<ReplicationGroup> {
    let group = stack.add("cache-group", SecurityGroup::new(&shared.vpc, "Cache").no_outbound());
    let subnets = SubnetGroupArgs { description: "Private subnets", subnet_ids: shared.vpc.private_subnets() };
    let subnets = stack.add("cache-subnets", SubnetGroup::new(subnets));
    let parameters = ParameterGroupArgs { cache_parameter_group_family: "redis7", description: "Cache of the shop" };
    let parameters = ParameterGroup::new(parameters).properties([("maxmemory-policy", "allkeys-lru")]);
    let parameters = stack.add("cache-parameters", parameters);
    let slow_log = stack.add("cache-log", LogGroup::new(Retention::Week).name("/shop/cache"));
    let slow_log = CloudWatchLogsDestinationDetails::new(&slow_log);
    let cache = ReplicationGroup::new("Queue and cache of the shop")
        .engine("redis")
        .engine_version("7.1")
        .cache_node_type("cache.t4g.small")
        .num_cache_clusters(2)
        .automatic_failover_enabled(true)
        .multi_az_enabled(true)
        .at_rest_encryption_enabled(true)
        .transit_encryption_enabled(true)
        .transit_encryption_mode("required")
        .auth_token(Secret::from_secrets_manager(token.id(), None))
        .cache_subnet_group_name(&subnets)
        .cache_parameter_group_name(&parameters)
        .security_group_ids([group.id()])
        .snapshot_retention_limit(7)
        .snapshot_window("03:00-04:00")
        .preferred_maintenance_window("sun:05:00-sun:06:00")
        .log_delivery_configurations([LogDeliveryConfigurationRequest::new(LogDeliveryConfigurationRequestArgs {
            destination_type: "cloudwatch-logs",
            destination_details: DestinationDetails::new().cloud_watch_logs_details(slow_log),
            log_format: "json",
            log_type: "slow-log",
        })]);
    stack.add("cache", cache)
}

fn table(stack: &Scope) -> Handle<Table> {
    let key = |name, kind| KeySchema::new(KeySchemaArgs { attribute_name: name, key_type: kind });
    let text = |name| AttributeDefinition::new(AttributeDefinitionArgs { attribute_name: name, attribute_type: "S" });
    let by_tenant = GlobalSecondaryIndexArgs {
        index_name: "by-tenant",
        key_schema: [key("tenant", "HASH")],
        projection: Projection::new().projection_type("ALL"),
    };
    let table = Table::new([key("pk", "HASH"), key("sk", "RANGE")])
        .attribute_definitions(["pk", "sk", "tenant"].map(text))
        .global_secondary_indexes([GlobalSecondaryIndex::new(by_tenant)])
        .billing_mode("PAY_PER_REQUEST")
        .point_in_time_recovery_specification(
            PointInTimeRecoverySpecification::new().point_in_time_recovery_enabled(true),
        )
        .time_to_live_specification(TimeToLiveSpecification::new(true).attribute_name("expires"))
        .sse_specification(SseSpecification::new(true).sse_type("KMS"))
        .stream_specification(StreamSpecification::new("NEW_AND_OLD_IMAGES"));
    stack.add("table", table)
}
