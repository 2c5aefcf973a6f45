//! `AWS::EC2::SubnetRouteTableAssociation`

use aws_sdk_ec2::types::{RouteTableAssociation, RouteTableAssociationStateCode};
use groundplan_engine::provider::{Accepted, Deletion};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{filter, state};
use crate::error::{Error, OrNone, Result};
use crate::handler::{Changes, Context, Found, Handler, Known, Readiness, accepted, required};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct SubnetRouteTableAssociation {
    route_table_id: String,
    subnet_id: String,
}

impl Handler for SubnetRouteTableAssociation {
    const TYPE: &'static str = "AWS::EC2::SubnetRouteTableAssociation";

    async fn create(&self, cx: &Context) -> Result<Accepted> {
        let call = cx.ec2.associate_route_table().route_table_id(&self.route_table_id).subnet_id(&self.subnet_id);
        let id = required(call.send().await?.association_id, "associationId")?;
        Ok(accepted(&id, json!({"Id": id})))
    }

    /// Moves the subnet to another table in one call: it is never without routes.
    /// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ReplaceRouteTableAssociation.html>
    async fn exchange(changes: &Changes<'_, Self>, cx: &Context, id: &str) -> Result<Option<String>> {
        let Some(table) = changes.after_create(|association| &association.route_table_id) else { return Ok(None) };
        let call = cx.ec2.replace_route_table_association().association_id(id).route_table_id(table);
        match call.send().await.or_none_of("InvalidAssociationID.NotFound")? {
            Some(replaced) => required(replaced.new_association_id, "newAssociationId").map(Some),
            // An earlier attempt, whose answer was lost, has given it another identifier.
            None => match &changes.new.find(cx).await?[..] {
                [moved] => Ok(Some(moved.clone())),
                _ => Err(Error::not_found(id)),
            },
        }
    }

    async fn update(_: &Changes<'_, Self>, _: &Context, _: &str) -> Result<()> {
        Ok(())
    }

    async fn read(cx: &Context, known: &Known<Self>) -> Result<Found<Self>> {
        let found = associations(cx, "association.route-table-association-id", &known.id).await?;
        let found = found.into_iter().find(|it| it.route_table_association_id() == Some(&known.id));
        let association = found.ok_or_else(|| Error::not_found(&known.id))?;
        let state = state(association.association_state().and_then(|state| state.state()));
        // A region that reports no state has associated at once.
        let readiness = if state == "unknown" { Readiness::Ready } else { Readiness::when(state, "associated") };
        let properties = Self {
            route_table_id: association.route_table_id.unwrap_or_default(),
            subnet_id: association.subnet_id.unwrap_or_default(),
        };
        Ok(Found::ready(properties, json!({"Id": known.id})).is(readiness))
    }

    async fn delete(cx: &Context, known: &Known<Self>) -> Result<Deletion> {
        cx.ec2.disassociate_route_table().association_id(&known.id).send().await?;
        Ok(Deletion::Gone)
    }

    async fn find(&self, cx: &Context) -> Result<Vec<String>> {
        let found = associations(cx, "association.subnet-id", &self.subnet_id).await?;
        let ours = found.into_iter().filter(|association| {
            association.subnet_id() == Some(&self.subnet_id)
                && association.route_table_id() == Some(&self.route_table_id)
        });
        Ok(ours.filter_map(|association| association.route_table_association_id).collect())
    }
}

/// The associations of the route tables that have one with this property; those that are over
/// left out.
async fn associations(cx: &Context, name: &str, value: &str) -> Result<Vec<RouteTableAssociation>> {
    let described = cx.ec2.describe_route_tables().filters(filter((name, value))).send().await?;
    let tables = described.route_tables.unwrap_or_default().into_iter();
    let all = tables.flat_map(|table| table.associations.unwrap_or_default());
    let is_over = |association: &RouteTableAssociation| {
        let state = association.association_state().and_then(|state| state.state());
        state == Some(&RouteTableAssociationStateCode::Disassociated)
    };
    Ok(all.filter(|association| !is_over(association)).collect())
}
