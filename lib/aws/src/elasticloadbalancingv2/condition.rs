//! Conditions of rules.

use aws_sdk_elasticloadbalancingv2::types::{
    HostHeaderConditionConfig, HttpHeaderConditionConfig, HttpRequestMethodConditionConfig, PathPatternConditionConfig,
    QueryStringConditionConfig, QueryStringKeyValuePair, RuleCondition as Live, SourceIpConditionConfig,
};
use serde::{Deserialize, Serialize};

/// One part of a request and the values that it may have.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct RuleCondition {
    field: Option<String>,
    host_header_config: Option<Patterns>,
    http_header_config: Option<Header>,
    http_request_method_config: Option<Values>,
    path_pattern_config: Option<Patterns>,
    query_string_config: Option<Query>,
    regex_values: Option<Vec<String>>,
    source_ip_config: Option<Values>,
    values: Option<Vec<String>>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Patterns {
    regex_values: Option<Vec<String>>,
    values: Option<Vec<String>>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Header {
    http_header_name: Option<String>,
    regex_values: Option<Vec<String>>,
    values: Option<Vec<String>>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Values {
    values: Option<Vec<String>>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Query {
    values: Option<Vec<Pair>>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Pair {
    key: Option<String>,
    value: Option<String>,
}

impl RuleCondition {
    /// As requests take it.
    pub(super) fn to_sdk(&self) -> Live {
        let host = self.host_header_config.as_ref().map(|it| {
            let config = HostHeaderConditionConfig::builder().set_values(it.values.clone());
            config.set_regex_values(it.regex_values.clone()).build()
        });
        let path = self.path_pattern_config.as_ref().map(|it| {
            let config = PathPatternConditionConfig::builder().set_values(it.values.clone());
            config.set_regex_values(it.regex_values.clone()).build()
        });
        let header = self.http_header_config.as_ref().map(|it| {
            let config = HttpHeaderConditionConfig::builder().set_values(it.values.clone());
            config.set_http_header_name(it.http_header_name.clone()).set_regex_values(it.regex_values.clone()).build()
        });
        let methods = self.http_request_method_config.as_ref();
        let methods =
            methods.map(|it| HttpRequestMethodConditionConfig::builder().set_values(it.values.clone()).build());
        let sources = self.source_ip_config.as_ref();
        let sources = sources.map(|it| SourceIpConditionConfig::builder().set_values(it.values.clone()).build());
        let query = self.query_string_config.as_ref().map(|it| {
            let pair = |pair: &Pair| {
                let both = QueryStringKeyValuePair::builder().set_key(pair.key.clone());
                both.set_value(pair.value.clone()).build()
            };
            let pairs = it.values.as_ref().map(|pairs| pairs.iter().map(pair).collect());
            QueryStringConditionConfig::builder().set_values(pairs).build()
        });
        Live::builder()
            .set_field(self.field.clone())
            .set_values(self.values.clone())
            .set_regex_values(self.regex_values.clone())
            .set_host_header_config(host)
            .set_path_pattern_config(path)
            .set_http_header_config(header)
            .set_http_request_method_config(methods)
            .set_source_ip_config(sources)
            .set_query_string_config(query)
            .build()
    }

    /// Converts the condition that AWS returned.
    pub(super) fn of(live: Live) -> Self {
        let some = |values: Option<Vec<String>>| values.filter(|values| !values.is_empty());
        Self {
            field: live.field,
            host_header_config: live
                .host_header_config
                .map(|it| Patterns { regex_values: some(it.regex_values), values: some(it.values) }),
            http_header_config: live.http_header_config.map(|it| Header {
                http_header_name: it.http_header_name,
                regex_values: some(it.regex_values),
                values: some(it.values),
            }),
            http_request_method_config: live.http_request_method_config.map(|it| Values { values: it.values }),
            path_pattern_config: live
                .path_pattern_config
                .map(|it| Patterns { regex_values: some(it.regex_values), values: some(it.values) }),
            query_string_config: live.query_string_config.map(|it| Query {
                values: it
                    .values
                    .map(|pairs| pairs.into_iter().map(|pair| Pair { key: pair.key, value: pair.value }).collect()),
            }),
            regex_values: some(live.regex_values),
            source_ip_config: live.source_ip_config.map(|it| Values { values: it.values }),
            values: some(live.values),
        }
    }
}
