//! `AWS::ECS::ClusterCapacityProviderAssociations`

use groundplan_engine::provider::{Accepted, Deletion};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::cluster::{put_providers, readiness};
use super::{CapacityProviderStrategyItem, cluster};
use crate::error::{Error, Result};
use crate::handler::{self, Changes, Context, Found, Handler, Known, accepted};
use crate::mirror::{Mirror, as_declared};

/// The capacity providers of a cluster that declares none itself.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct ClusterCapacityProviderAssociations {
    capacity_providers: Option<Vec<String>>,
    cluster: String,
    default_capacity_provider_strategy: Vec<CapacityProviderStrategyItem>,
}

impl Handler for ClusterCapacityProviderAssociations {
    const TYPE: &'static str = "AWS::ECS::ClusterCapacityProviderAssociations";

    async fn create(&self, cx: &Context) -> Result<Accepted> {
        self.put(cx, &self.cluster).await?;
        Ok(accepted(&self.cluster, json!({"Cluster": self.cluster})))
    }

    async fn update(changes: &Changes<'_, Self>, cx: &Context, id: &str) -> Result<()> {
        let changed = changes.after_create(|it| &it.capacity_providers).is_some()
            || changes.after_create(|it| &it.default_capacity_provider_strategy).is_some();
        if changed { changes.new.put(cx, id).await } else { Ok(()) }
    }

    /// A cluster without capacity providers has no associations.
    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let live = cluster(cx, &known.id).await?;
        let readiness = readiness(&live);
        let providers = live.capacity_providers.unwrap_or_default();
        let strategy: Vec<_> = Mirror::of(live.default_capacity_provider_strategy.unwrap_or_default());
        if providers.is_empty() && strategy.is_empty() {
            return Err(Error::not_found(format!("a capacity provider of the cluster {}", known.id)));
        }
        let last = &known.last;
        let properties = Self {
            capacity_providers: handler::as_declared(&last.capacity_providers, providers),
            cluster: known.id.clone(),
            default_capacity_provider_strategy: as_declared(&last.default_capacity_provider_strategy, strategy),
        };
        Ok(Found::ready(properties, json!({"Cluster": known.id})).is(readiness))
    }

    /// The call succeeds where there is nothing to take away, so that is looked for first. It is refused while a
    /// service uses one of the capacity providers.
    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        Self::read(cx, known).await?;
        put_providers(cx, &known.id, None, None).await?;
        Ok(Deletion::Pending)
    }

    fn identifier(&self, _cx: &Context) -> Option<String> {
        Some(self.cluster.clone())
    }

    /// The services that run on a capacity provider.
    async fn holders(cx: &Context, known: &Known<Self>) -> Result<Vec<String>> {
        let listed = cx.ecs.list_services().cluster(&known.id).max_results(10).send().await?;
        let arns = listed.service_arns.unwrap_or_default();
        if arns.is_empty() {
            return Ok(Vec::new());
        }
        // As many as one call describes (API_DescribeServices).
        let described = cx.ecs.describe_services().cluster(&known.id).set_services(Some(arns)).send().await?;
        let services = described.services.unwrap_or_default();
        let using = services.iter().filter(|service| !service.capacity_provider_strategy().is_empty());
        Ok(using.filter_map(|service| Some(format!("service {}", service.service_name()?))).collect())
    }
}

impl ClusterCapacityProviderAssociations {
    async fn put(&self, cx: &Context, cluster: &str) -> Result<()> {
        let strategy = Some(self.default_capacity_provider_strategy.clone());
        put_providers(cx, cluster, self.capacity_providers.clone(), strategy).await
    }
}
