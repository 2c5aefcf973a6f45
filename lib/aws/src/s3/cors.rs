//! Rules by which other sites may use a bucket's objects.

use aws_sdk_s3::types;
use serde::{Deserialize, Serialize};

use crate::error::Result;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct CorsConfiguration {
    cors_rules: Vec<CorsRule>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct CorsRule {
    allowed_headers: Option<Vec<String>>,
    allowed_methods: Vec<String>,
    allowed_origins: Vec<String>,
    exposed_headers: Option<Vec<String>>,
    id: Option<String>,
    max_age: Option<i32>,
}

impl CorsConfiguration {
    pub(super) fn to_s3(&self) -> Result<types::CorsConfiguration> {
        let rules = self.cors_rules.iter().map(CorsRule::to_s3).collect::<Result<_>>()?;
        Ok(types::CorsConfiguration::builder().set_cors_rules(Some(rules)).build()?)
    }

    pub(super) fn of(rules: Vec<types::CorsRule>) -> Self {
        Self { cors_rules: rules.into_iter().map(CorsRule::of).collect() }
    }
}

impl CorsRule {
    fn to_s3(&self) -> Result<types::CorsRule> {
        let rule = types::CorsRule::builder()
            .set_allowed_headers(self.allowed_headers.clone())
            .set_allowed_methods(Some(self.allowed_methods.clone()))
            .set_allowed_origins(Some(self.allowed_origins.clone()))
            .set_expose_headers(self.exposed_headers.clone())
            .set_id(self.id.clone())
            .set_max_age_seconds(self.max_age);
        Ok(rule.build()?)
    }

    fn of(rule: types::CorsRule) -> Self {
        Self {
            allowed_headers: rule.allowed_headers,
            allowed_methods: rule.allowed_methods,
            allowed_origins: rule.allowed_origins,
            exposed_headers: rule.expose_headers,
            id: rule.id,
            max_age: rule.max_age_seconds,
        }
    }
}
